"""Packages, as the stanzas of an index describe them (deb-control(5))."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import PackageKey, Sha256, Version, package_key
from tools.lock.relations import (
    NAME,
    Clause,
    Relation,
    parse_clauses,
    parse_relations,
    version_of,
)

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SIZE = re.compile(r"[0-9]{1,18}")
# The worse, the later; Debian Policy 2.5.
_PRIORITIES = ("required", "important", "standard", "optional", "extra")


@dataclass(frozen=True, slots=True)
class Package:
    """One version of a package for one architecture, and where its file is."""

    name: str
    version: Version
    architecture: str
    url: str
    sha256: Sha256
    # Bytes; None if a manifest that names the file does not say.
    size: int | None
    # The suite it comes from, for messages.
    origin: str
    # False: of a suite that apt would not install from by itself (NotAutomatic), such as backports.
    automatic: bool = True
    priority: int = len(_PRIORITIES)
    depends: tuple[Clause, ...] = ()
    conflicts: tuple[Relation, ...] = ()
    provides: tuple[Relation, ...] = ()

    @property
    def key(self) -> PackageKey:
        return package_key(self.name, self.version, self.architecture)

    def satisfies(self, relation: Relation) -> bool:
        """Whether the package is, or provides, what `relation` asks for."""
        if self.name == relation.name and relation.admits(self.version):
            return True
        return any(
            item.name == relation.name and relation.admits(item.version) for item in self.provides
        )


def parse_stanza(text: str) -> dict[str, str]:
    """Fields of a deb822 stanza, by their names in lower case; lines of a folded one are kept."""
    fields: dict[str, str] = {}
    name = ""
    for line in text.split("\n"):
        if line[:1] in (" ", "\t"):
            if name:
                fields[name] += "\n" + line.strip()
        else:
            name, colon, value = line.partition(":")
            name = name.lower() if colon else ""
            if name:
                fields[name] = value.strip()
    return fields


def package_of(fields: Mapping[str, str], *, url: str, origin: str, automatic: bool) -> Package:
    """The package of an index's stanza; a ToolError names the field that is wrong."""
    where = f"{origin}: {fields.get('package', ''):.80} {fields.get('version', ''):.80}"
    # What stands in names of files and targets later on.
    if not NAME.fullmatch(fields.get("package", "")):
        raise ToolError(f"{where}: not a name of a package")
    sha256 = fields.get("sha256", "").lower()
    if not _SHA256.fullmatch(sha256):
        raise ToolError(f"{where}: the index has no SHA256 of it")
    if not _SIZE.fullmatch(fields.get("size", "")):
        raise ToolError(f"{where}: the index has no Size of it")
    priority = fields.get("priority", "")

    def text(name: str) -> str:
        return fields.get(name, "").replace("\n", " ")

    return Package(
        name=fields["package"],
        version=version_of(fields.get("version", ""), where),
        architecture=fields.get("architecture", ""),
        url=url,
        sha256=Sha256(sha256),
        size=int(fields["size"]),
        origin=origin,
        automatic=automatic,
        priority=_PRIORITIES.index(priority) if priority in _PRIORITIES else len(_PRIORITIES),
        depends=parse_clauses(text("pre-depends"), f"{where}: Pre-Depends")
        + parse_clauses(text("depends"), f"{where}: Depends"),
        conflicts=parse_relations(text("conflicts"), f"{where}: Conflicts")
        + parse_relations(text("breaks"), f"{where}: Breaks"),
        provides=parse_relations(text("provides"), f"{where}: Provides"),
    )
