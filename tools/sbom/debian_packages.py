"""Describes the Debian packages of an image by their control paragraphs."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.debian.deb822 import parse_paragraph
from tools.lib.debian.dpkg_status import InstalledPackage
from tools.lib.debian.relations import parse_dependencies, parse_relations
from tools.sbom.bom import SourcePackage, Supplier

_SOURCE = re.compile(r"(\S+)(?:\s+\((.+)\))?")
# Debian's fields do not tell persons from teams.
_TEAM = re.compile(
    r"(?i)\b(team|maintainers?|group|packagers|packaging|developers|project|qa|foundation)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DebianPackage:
    """What a control paragraph says. `depends` has the alternatives of each dependency, by name;
    `provides` the names of virtual packages."""

    name: str
    version: str
    architecture: str
    source: SourcePackage | None
    supplier: Supplier | None
    description: str
    homepage: str
    depends: tuple[tuple[str, ...], ...]
    provides: tuple[str, ...]


def read_package(package: InstalledPackage) -> DebianPackage:
    """Reads a paragraph of dpkg's database.

    Raises:
        ToolError: it is malformed, or has no version.
    """
    where = f"control paragraph of {package.name}"
    fields = parse_paragraph(package.paragraph.decode("utf-8", "replace"), where)
    if not fields.get("version"):
        raise ToolError(f"{where}: missing field Version")
    source = _SOURCE.fullmatch(fields.get("source", ""))
    needed = ", ".join(filter(None, (fields.get("pre-depends"), fields.get("depends"))))
    return DebianPackage(
        name=package.name,
        version=fields["version"],
        architecture=package.architecture,
        source=SourcePackage(source[1], source[2] or "") if source else None,
        supplier=parse_supplier(fields.get("maintainer", "")),
        description=fields.get("description", "").partition("\n")[0],
        homepage=fields.get("homepage", ""),
        depends=tuple(
            tuple(relation.name for relation in alternatives)
            for alternatives in parse_dependencies(needed, f"{where}: Depends")
        ),
        provides=tuple(
            relation.name
            for relation in parse_relations(fields.get("provides", ""), f"{where}: Provides")
        ),
    )


def parse_supplier(maintainer: str) -> Supplier | None:
    """Reads a name with an address, as in `Maintainer`; None if it is empty."""
    name, address = email.utils.parseaddr(maintainer)
    name = name or address
    if not name:
        return None
    is_team = _TEAM.search(name) or "@lists." in address or "@packages." in address
    return Supplier("Organization" if is_team else "Person", name, address)


def dependencies(packages: Iterable[DebianPackage]) -> Mapping[str, tuple[str, ...]]:
    """The packages of the image that each of them depends on, by name.

    Of alternatives, the first one that the image has counts; dependencies that it leaves unmet are
    left out.
    """
    packages = list(packages)
    providers: dict[str, set[str]] = {}
    for package in packages:
        for name in package.provides:
            providers.setdefault(name, set()).add(package.name)
    for package in packages:
        providers[package.name] = {package.name}
    found: dict[str, tuple[str, ...]] = {}
    for package in packages:
        needed: set[str] = set()
        for alternatives in package.depends:
            needed |= next((providers[name] for name in alternatives if name in providers), set())
        found[package.name] = tuple(sorted(needed - {package.name}))
    return found
