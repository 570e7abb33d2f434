"""Relations between packages and the order of versions (deb-version(7), Debian Policy 7.1)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from debian.debian_support import NativeVersion

from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import Version

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]{0,199}")
# Of text with single spaces: with runs of them a hostile one could take for ever.
_RELATION = re.compile(
    rf"""(?P<name>{NAME.pattern})
    (?: :(?P<qualifier>[a-z0-9-]+))?
    (?: [ ]?\([ ]?(?P<operator><<|<=|=|>=|>>|<|>)[ ]?(?P<version>[^\s()]+)[ ]?\))?
    (?: [ ]?\[(?P<architectures>[^\[\]]*)\])?""",
    re.VERBOSE,
)
# Bounded, as int() refuses more than 4300 digits.
_VERSION = re.compile(
    r"(?:[0-9]{1,10}:[0-9A-Za-z][0-9A-Za-z.+~:-]{0,199}|[0-9A-Za-z][0-9A-Za-z.+~-]{0,199})"
)
# dpkg still reads the two that deb-control(5) calls deprecated as these.
_OPERATORS = {"<": "<=", ">": ">="}


class Relation(NamedTuple):
    """One alternative of a dependency, or what a package provides or conflicts with."""

    name: str
    qualifier: str | None = None
    operator: str | None = None
    version: Version | None = None

    def __str__(self) -> str:
        name = f"{self.name}:{self.qualifier}" if self.qualifier else self.name
        return f"{name} ({self.operator} {self.version})" if self.operator else name

    def fits(self, architecture: str) -> bool:
        """Whether the qualifier allows a package that is installed for `architecture`."""
        return self.qualifier in (None, "any", "native", architecture)

    def admits(self, version: Version | None) -> bool:
        """Whether `version` is within the bounds; None is a Provides without a version."""
        if self.operator is None or self.version is None:
            return True
        if version is None:
            return False
        order = compare(version, self.version)
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


# Alternatives: any one of them is enough.
Clause = tuple[Relation, ...]


class Root(NamedTuple):
    """A package that a manifest asks for, with the architectures it is wanted on."""

    relation: Relation
    architectures: frozenset[str]
    negated: bool

    def wanted_on(self, architecture: str) -> bool:
        return not self.architectures or (architecture in self.architectures) != self.negated


def version_of(text: str, where: str) -> Version:
    """Checks a version; `where` names it in the error."""
    if not _VERSION.fullmatch(text):
        raise ToolError(f"{where}: {text!r:.80} is not a version of a Debian package")
    return Version(text)


@lru_cache(maxsize=1 << 16)
def compare(one: Version, other: Version) -> int:
    """Less than, equal to or more than 0 as `one` is before, equal to or after `other`."""
    if one == other:
        return 0
    left, right = NativeVersion(one), NativeVersion(other)
    return -1 if left < right else int(left > right)


def parse_clauses(text: str, where: str) -> tuple[Clause, ...]:
    """Parses a field such as Depends: clauses between commas, alternatives between bars."""
    return tuple(
        tuple(_parse(item, where)[0] for item in clause.split("|"))
        for clause in text.split(",")
        if clause.strip()
    )


def parse_relations(text: str, where: str) -> tuple[Relation, ...]:
    """Parses a field without alternatives, such as Provides or Conflicts."""
    return tuple(_parse(item, where)[0] for item in text.split(",") if item.strip())


def parse_root(text: str, where: str) -> Root:
    """A manifest's package: `name`, `name (= 1.2)`, `name [amd64 arm64]`, `name [!armhf]`."""
    relation, architectures = _parse(text, where)
    if relation.qualifier:
        raise ToolError(f"{where}: {text!r}: the architectures stand in brackets: name [amd64]")
    names = (architectures or "").split()
    negated = bool(names) and all(name.startswith("!") for name in names)
    if not negated and any(name.startswith("!") for name in names):
        raise ToolError(f"{where}: {text!r}: either all architectures have a ! or none")
    return Root(relation, frozenset(name.lstrip("!") for name in names), negated)


def _parse(text: str, where: str) -> tuple[Relation, str | None]:
    text = " ".join(text.split())
    match = _RELATION.fullmatch(text)
    if not match:
        raise ToolError(f"{where}: {text!r:.80} is not a relation between packages")
    operator = match["operator"]
    version = version_of(match["version"], where) if operator else None
    operator = _OPERATORS.get(operator, operator)
    return Relation(match["name"], match["qualifier"], operator, version), match["architectures"]
