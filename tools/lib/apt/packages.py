"""Packages as an index lists them (deb-control(5))."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import LockedPackage, PackageKey, Sha256, package_key
from tools.lib.debian.names import (
    DebianArchitecture,
    PackageName,
    Version,
    parse_architecture,
    parse_package_name,
    parse_version,
)
from tools.lib.debian.relations import Alternatives, Relation, parse_dependencies, parse_relations

# The suite of packages that are already in the base image.
BASE_IMAGE = "base image"
RELATION_FIELDS = ("Pre-Depends", "Depends", "Conflicts", "Breaks", "Provides")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SIZE = re.compile(r"[0-9]{1,18}")
# From the most important on (Debian Policy 2.5).
_PRIORITIES = ("required", "important", "standard", "optional", "extra")


@dataclass(frozen=True, slots=True)
class IndexPackage:
    """One version of a package for one architecture, and where its file is.

    Attributes:
        name: the package's name.
        version: the package's version.
        architecture: Debian's name of it, or `all`.
        url: of the file.
        sha256: of the file.
        size: of the file, in bytes; None if the manifest that pins the file does not say.
        suite: the suite that lists the package, for messages.
        automatic: False for suites that apt does not install from by itself, such as backports.
        priority: 0 for required, and so on; the number of priorities if it has none.
        depends: Pre-Depends and Depends.
        conflicts: Conflicts and Breaks.
        provides: Provides, by name.
        relations: the text of these fields, by their names.
    """

    name: PackageName
    version: Version
    architecture: DebianArchitecture
    url: str
    sha256: Sha256
    size: int | None
    suite: str
    automatic: bool
    priority: int
    depends: tuple[Alternatives, ...]
    conflicts: tuple[Relation, ...]
    provides: Mapping[PackageName, tuple[Relation, ...]]
    relations: Mapping[str, str]

    @property
    def is_installed(self) -> bool:
        """Whether the package is already in the base image."""
        return self.suite == BASE_IMAGE

    @property
    def key(self) -> PackageKey:
        """The key of the package in a lock."""
        return package_key(self.name, self.version, self.architecture)

    def satisfies(self, relation: Relation) -> bool:
        """Whether the package is, or provides, what `relation` asks for."""
        if self.name == relation.name and relation.allows_version(self.version):
            return True
        provided = self.provides.get(relation.name, ())
        return any(relation.allows_version(each.version) for each in provided)


def parse_package(
    fields: Mapping[str, str], *, url: str, suite: str, automatic: bool
) -> IndexPackage:
    """Reads a package from a paragraph of an index.

    Args:
        fields: the fields of the paragraph, by lower-case names.
        url: of the package's file.
        suite: as in `IndexPackage`.
        automatic: as in `IndexPackage`.

    Raises:
        ToolError: a field is missing or invalid.
    """
    where = f"{suite}: {fields.get('package', ''):.80} {fields.get('version', ''):.80}"
    # The name and the version become parts of file and target names.
    name = parse_package_name(fields.get("package", ""), where)
    version = parse_version(fields.get("version", ""), where)
    sha256 = fields.get("sha256", "").lower()
    if not _SHA256.fullmatch(sha256):
        raise ToolError(f"{where}: missing or invalid SHA256")
    if not _SIZE.fullmatch(fields.get("size", "")):
        raise ToolError(f"{where}: missing or invalid Size")
    return _package(
        name=name,
        version=version,
        architecture=parse_architecture(fields.get("architecture", ""), where),
        url=url,
        sha256=Sha256(sha256),
        size=int(fields["size"]),
        suite=suite,
        automatic=automatic,
        priority=fields.get("priority", ""),
        relations=_relation_texts(fields),
    )


def locked_package(locked: LockedPackage) -> IndexPackage:
    """A package of a lock, whether or not an index still lists it."""
    return _package(
        name=locked.name,
        version=locked.version,
        architecture=locked.architecture,
        url=locked.url,
        sha256=locked.sha256,
        size=locked.size,
        suite="locked",
        automatic=True,
        priority="",
        relations=locked.relations,
    )


def installed_package(fields: Mapping[str, str]) -> IndexPackage:
    """A package of the base image, from the paragraph of its status file.

    Raises:
        ToolError: a field is missing or invalid.
    """
    where = f"{BASE_IMAGE}: {fields.get('package', ''):.80}"
    return _package(
        name=parse_package_name(fields.get("package", ""), where),
        version=parse_version(fields.get("version", ""), where),
        architecture=parse_architecture(fields.get("architecture", ""), where),
        url="",
        sha256=Sha256(""),
        size=None,
        suite=BASE_IMAGE,
        automatic=True,
        priority=fields.get("priority", ""),
        relations=_relation_texts(fields),
    )


def pinned_package(
    name: PackageName,
    version: Version,
    architecture: DebianArchitecture,
    *,
    url: str,
    sha256: Sha256,
    size: int | None,
) -> IndexPackage:
    """A package file that a manifest pins by its hash. Nothing more is known of it."""
    return _package(
        name=name,
        version=version,
        architecture=architecture,
        url=url,
        sha256=sha256,
        size=size,
        suite="files",
        automatic=True,
        priority="",
        relations={},
    )


def _relation_texts(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields about other packages, each in one line with single spaces."""
    return {
        name: " ".join(fields[name.lower()].split())
        for name in RELATION_FIELDS
        if fields.get(name.lower())
    }


def _package(
    *,
    name: PackageName,
    version: Version,
    architecture: DebianArchitecture,
    url: str,
    sha256: Sha256,
    size: int | None,
    suite: str,
    automatic: bool,
    priority: str,
    relations: Mapping[str, str],
) -> IndexPackage:
    where = f"{suite}: {name} {version}"

    def dependencies(field: str) -> tuple[Alternatives, ...]:
        return parse_dependencies(relations.get(field, ""), f"{where}: {field}")

    def others(field: str) -> tuple[Relation, ...]:
        return parse_relations(relations.get(field, ""), f"{where}: {field}")

    provides: dict[PackageName, list[Relation]] = {}
    for relation in others("Provides"):
        provides.setdefault(relation.name, []).append(relation)
    return IndexPackage(
        name=name,
        version=version,
        architecture=architecture,
        url=url,
        sha256=sha256,
        size=size,
        suite=suite,
        automatic=automatic,
        priority=_PRIORITIES.index(priority) if priority in _PRIORITIES else len(_PRIORITIES),
        depends=dependencies("Pre-Depends") + dependencies("Depends"),
        conflicts=others("Conflicts") + others("Breaks"),
        provides={name: tuple(relations) for name, relations in provides.items()},
        relations=relations,
    )
