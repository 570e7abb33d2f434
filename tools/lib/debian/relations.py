"""Relations between packages, such as Depends (Debian Policy 7.1), and the order of versions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from debian.debian_support import NativeVersion

from tools.lib.cli.errors import ToolError
from tools.lib.debian.names import PACKAGE_NAME, PackageName, Version, parse_version

# Applied to text with single spaces: runs of spaces would make the search quadratic.
_RELATION = re.compile(
    rf"""(?P<name>{PACKAGE_NAME})
    (?: :(?P<qualifier>[a-z0-9-]+))?
    (?: [ ]?\([ ]?(?P<operator><<|<=|=|>=|>>|<|>)[ ]?(?P<version>[^\s()]+)[ ]?\))?
    (?: [ ]?\[(?P<architectures>[^\[\]]*)\])?""",
    re.VERBOSE,
)
# Far more than any package of Debian has in a field.
_MAX_RELATIONS = 10_000
# deb-control(5) calls these two deprecated; dpkg reads them so.
_DEPRECATED = {"<": "<=", ">": ">="}


@dataclass(frozen=True, slots=True)
class Relation:
    """A package name with optional bounds: an alternative of a dependency, a Provides, a Conflicts.

    Attributes:
        name: the package's name.
        qualifier: the architecture qualifier, such as `any`.
        operator: one of << <= = >= >>, with `version`; or None.
        version: the version to compare with.
    """

    name: PackageName
    qualifier: str | None = None
    operator: str | None = None
    version: Version | None = None

    def __str__(self) -> str:
        name = f"{self.name}:{self.qualifier}" if self.qualifier else self.name
        return f"{name} ({self.operator} {self.version})" if self.operator else name

    def allows_architecture(self, architecture: str) -> bool:
        """Whether the qualifier allows a package installed for `architecture`."""
        return self.qualifier in (None, "any", "native", architecture)

    def allows_version(self, version: Version | None) -> bool:
        """Whether `version` is within the bounds; None is that of a Provides without a version."""
        if self.operator is None or self.version is None:
            return True
        if version is None:
            return False
        order = compare_versions(version, self.version)
        match self.operator:
            case "<<":
                return order < 0
            case "<=":
                return order <= 0
            case ">=":
                return order >= 0
            case ">>":
                return order > 0
        return order == 0


# A dependency: any one of the alternatives satisfies it.
Alternatives = tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class RequestedPackage:
    """A package that a manifest lists.

    Attributes:
        relation: its name, and the bounds of its version.
        architectures: the architectures in brackets; empty: all.
        negated: whether the architectures are those to leave out.
        path: where the manifest lists it: `sets.app.packages[0]`.
    """

    relation: Relation
    architectures: frozenset[str]
    negated: bool
    path: str

    def applies_to(self, architecture: str) -> bool:
        """Whether the package is wanted on `architecture`."""
        return not self.architectures or (architecture in self.architectures) != self.negated


@lru_cache(maxsize=1 << 16)
def compare_versions(one: Version, other: Version) -> int:
    """Less than, equal to or more than 0 as `one` is before, equal to or after `other`."""
    if one == other:
        return 0
    left, right = NativeVersion(one), NativeVersion(other)
    return -1 if left < right else int(left > right)


def parse_dependencies(text: str, where: str) -> tuple[Alternatives, ...]:
    """Parses a field such as Depends: dependencies between commas, alternatives between bars.

    Args:
        text: the field's value.
        where: the package and field, for errors.

    Raises:
        ToolError: the value is malformed.
    """
    _check_count(text, where)
    return tuple(
        tuple(_parse(item, where)[0] for item in dependency.split("|"))
        for dependency in text.split(",")
        if dependency.strip()
    )


def parse_relations(text: str, where: str) -> tuple[Relation, ...]:
    """Parses a field without alternatives, such as Provides or Conflicts."""
    _check_count(text, where)
    return tuple(_parse(item, where)[0] for item in text.split(",") if item.strip())


def parse_requested_package(text: str, where: str, path: str) -> RequestedPackage:
    """Parses a package as manifests list it.

    Args:
        text: `name`, `name (= 1.2)`, `name [amd64 arm64]` or `name [!armhf]`.
        where: the manifest and the place in it, for errors.
        path: the path within the manifest.

    Raises:
        ToolError: the text is malformed.
    """
    relation, architectures = _parse(text, where)
    if relation.qualifier:
        raise ToolError(f"{where}: {text!r}: write architectures in brackets: name [amd64]")
    names = (architectures or "").split()
    negated = bool(names) and all(name.startswith("!") for name in names)
    if not negated and any(name.startswith("!") for name in names):
        raise ToolError(f"{where}: {text!r}: negate all architectures or none")
    return RequestedPackage(relation, frozenset(name.lstrip("!") for name in names), negated, path)


def _check_count(text: str, where: str) -> None:
    if text.count(",") + text.count("|") >= _MAX_RELATIONS:
        raise ToolError(f"{where}: more than {_MAX_RELATIONS} packages")


def _parse(text: str, where: str) -> tuple[Relation, str | None]:
    text = " ".join(text.split())
    match = _RELATION.fullmatch(text)
    if not match:
        raise ToolError(f"{where}: invalid package relation {text!r:.80}")
    operator = match["operator"]
    return (
        Relation(
            PackageName(match["name"]),
            match["qualifier"],
            _DEPRECATED.get(operator, operator),
            parse_version(match["version"], where) if operator else None,
        ),
        match["architectures"],
    )
