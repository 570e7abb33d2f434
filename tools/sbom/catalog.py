"""Lists what an image consists of, by the metadata of its parts. It touches no files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.debian.dpkg_status import STATUS_DIRECTORY, STATUS_FILE, parse_status
from tools.lib.part.inventory import Inventory
from tools.lib.part.part import Part
from tools.sbom.bom import NO_LICENSE, Component, License, ListedFile, OperatingSystem
from tools.sbom.debian_packages import DebianPackage, dependencies, read_package
from tools.sbom.image_files import ImageFiles
from tools.sbom.licenses import debian_license
from tools.sbom.purl import deb_url

_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
_OS_FIELD = re.compile(r"""(?m)^(ID|VERSION_ID|PRETTY_NAME)=["']?([^"'\n]*)["']?$""")


@dataclass(frozen=True, slots=True)
class Catalog:
    """What an image consists of; the fields are those of an ImageBom."""

    system: OperatingSystem | None
    components: tuple[Component, ...]
    files: tuple[ListedFile, ...]


def catalog_image(parts: Sequence[Part], inventories: Iterable[Inventory]) -> Catalog:
    """Lists the components and files of an image.

    Args:
        parts: of all layers, bottom to top.
        inventories: of these parts, in any order. Files of parts without one have no SHA-1.

    Raises:
        ToolError: dpkg's database is malformed.
    """
    files = ImageFiles(parts, inventories)
    system = _operating_system(files)
    components = [*_debian_components(files, system), *_software_components(files)]
    return Catalog(system, _with_unique_refs(components), tuple(files.others))


def _operating_system(files: ImageFiles) -> OperatingSystem | None:
    """What os-release(5) says."""
    fields = dict(_OS_FIELD.findall(files.text("etc/os-release")))
    if "ID" not in fields:
        return None
    version = fields.get("VERSION_ID", "")
    return OperatingSystem(fields["ID"], version, fields.get("PRETTY_NAME", ""))


def _debian_components(files: ImageFiles, system: OperatingSystem | None) -> Iterator[Component]:
    packages = _debian_packages(files)
    needed = dependencies(packages)
    for package in packages:
        yield Component(
            ref=_ref("deb", package.name),
            name=package.name,
            version=package.version,
            purls=(
                deb_url(
                    package.name, package.version, package.architecture, package.source, system
                ),
            ),
            supplier=package.supplier,
            license=_license(files.text(f"usr/share/doc/{package.name}/copyright")),
            origin=files.package_origin(package.name),
            source=package.source,
            description=package.description,
            homepage=package.homepage,
            files=tuple(files.packages.get(package.name, ())),
            dependencies=tuple(sorted(_ref("deb", name) for name in needed[package.name])),
        )


def _debian_packages(files: ImageFiles) -> list[DebianPackage]:
    """The packages in dpkg's database, sorted by name. Of a package that is in both of its forms,
    the paragraph in status.d counts."""
    overlay = files.view.overlay.entries
    registered = (path for path in overlay if path.startswith(f"{STATUS_DIRECTORY}/"))
    found: dict[str, DebianPackage] = {}
    for path in (STATUS_FILE, *sorted(registered, key=path_bytes)):
        text = files.view.text(path)
        if text is not None:
            for package in parse_status(path_bytes(text), path):
                found[package.name] = read_package(package)
    return [found[name] for name in sorted(found)]


def _license(text: str) -> License:
    return debian_license(text) if text else NO_LICENSE


def _software_components(files: ImageFiles) -> Iterator[Component]:
    for found in files.software:
        software = found.software
        yield Component(
            ref=_ref(software.kind, software.name),
            name=software.name,
            version=software.version,
            purls=software.purls,
            cpes=software.cpes,
            supplier=software.supplier,
            license=software.license,
            origin=found.origin,
            description=software.description,
            homepage=software.homepage,
            files=found.files,
        )


def _ref(kind: str, name: str) -> str:
    return f"{kind}-{_UNSAFE.sub('-', name)}"


def _with_unique_refs(components: Iterable[Component]) -> tuple[Component, ...]:
    """The components sorted by ref. A ref that is taken, as by another version of a package of npm,
    gets a number; Debian packages, which others depend on, come first and keep theirs."""
    taken: dict[str, int] = {}
    unique: list[Component] = []
    for component in components:
        number = taken[component.ref] = taken.get(component.ref, 0) + 1
        unique.append(
            component if number == 1 else replace(component, ref=f"{component.ref}--{number}")
        )
    return tuple(sorted(unique, key=lambda component: component.ref))
