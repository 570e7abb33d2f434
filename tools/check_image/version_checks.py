"""The check of versions: the base may be of another release than the packages on it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from tools.check_image.findings import Finding
from tools.lib.archive.tar_entry import path_bytes
from tools.lib.debian.deb822 import parse_paragraph
from tools.lib.debian.dpkg_status import STATUS_DIRECTORY
from tools.lib.debian.names import PackageName, Version
from tools.lib.debian.package import BinaryPackage
from tools.lib.debian.relations import (
    Alternatives,
    Relation,
    compare_versions,
    parse_dependencies,
    parse_relations,
)
from tools.lib.rootfs.image import ImageView


def check_versions(image: ImageView) -> Iterator[Finding]:
    """Packages whose dependencies have versions that do not fit.

    A dependency that the image does not have is not a finding: sets may leave out dependencies on
    purpose.
    """
    packages = {part.package.name: part.package for part in image.parts if part.package}
    fields = {name: _fields(image, name) for name in packages}
    provided = {
        relation.name
        for name in packages
        for relation in parse_relations(fields[name].get("provides", ""), f"{name}: Provides")
    }
    # By the name of the package that does not fit, the first bound that is the furthest away.
    unfit: dict[str, tuple[Relation, BinaryPackage]] = {}
    for package in packages.values():
        for dependency in _dependencies(fields[package.name], package.name):
            relation = _unfit(dependency, packages, provided)
            if relation and _is_further(relation, unfit.get(relation.name)):
                unfit[relation.name] = relation, package
    for name, (relation, package) in unfit.items():
        yield Finding(
            check="version",
            path=f"{STATUS_DIRECTORY}/{package.name}",
            subject=name,
            owner=str(package),
            fault=f"needs {relation}, but the image has {packages[name]}",
            hint="the image's base must be the one that the packages are locked for, `base` of "
            "`apt.install`, or one of the same release",
        )


def _fields(image: ImageView, name: str) -> dict[str, str]:
    path = f"{STATUS_DIRECTORY}/{name}"
    text = image.text(path)
    if text is None:
        return {}
    return parse_paragraph(path_bytes(text).decode("utf-8", "replace"), path)


def _dependencies(fields: dict[str, str], name: str) -> Iterator[Alternatives]:
    return chain.from_iterable(
        parse_dependencies(fields.get(field, ""), f"{name}: {field}")
        for field in ("pre-depends", "depends")
    )


def _unfit(
    dependency: Alternatives, packages: dict[str, BinaryPackage], provided: set[PackageName]
) -> Relation | None:
    """The first alternative that the image has in a version that does not fit, if no other fits."""
    unfit = None
    for relation in dependency:
        if relation.name in provided:
            return None
        package = packages.get(relation.name)
        if package and relation.allows_version(Version(package.version)):
            return None
        if package and unfit is None:
            unfit = relation
    return unfit


def _is_further(relation: Relation, other: tuple[Relation, BinaryPackage] | None) -> bool:
    if other is None or relation.version is None or other[0].version is None:
        return other is None
    return compare_versions(relation.version, other[0].version) > 0
