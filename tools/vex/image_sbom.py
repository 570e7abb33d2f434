"""Reads from an image's SBOM in SPDX what VEX statements are about."""

from __future__ import annotations

from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    Json,
    parse_object,
    require_list,
    require_object,
    require_string,
)

_BUILT_FROM = "built package from: "


@dataclass(frozen=True, slots=True)
class ImagePackage:
    """A package of the image: its source package, and its package URL without qualifiers, by which
    all scanners name it alike."""

    source: str
    purl: str


@dataclass(frozen=True, slots=True)
class ImageContent:
    """An image: the hex SHA-256 of its manifest, its Debian packages, its paths without leading
    slash."""

    name: str
    digest: str
    packages: tuple[ImagePackage, ...]
    paths: tuple[str, ...]


def parse_sbom(data: bytes, where: str) -> ImageContent:
    """Reads a document of the tool `sbom`.

    Raises:
        ToolError: it is another document.
    """
    fields = parse_object(data, where)
    packages = [
        require_object(each, f"{where}: packages[{index}]")
        for index, each in enumerate(require_list(fields.get("packages"), f"{where}: packages"))
    ]
    images = [each for each in packages if each.get("primaryPackagePurpose") == "CONTAINER"]
    if len(images) != 1:
        raise ToolError(f"{where}: not the SBOM of an image")
    files = require_list(fields.get("files"), f"{where}: files")
    return ImageContent(
        name=require_string(images[0].get("name"), f"{where}: name").rpartition("/")[2],
        digest=require_string(images[0].get("versionInfo"), f"{where}: versionInfo").removeprefix(
            "sha256:"
        ),
        packages=tuple(
            ImagePackage(_source(package), purl)
            for package in packages
            for purl in _purls(package, where)
            if purl.startswith("pkg:deb/")
        ),
        paths=tuple(
            require_string(
                require_object(each, f"{where}: files").get("fileName"), f"{where}: fileName"
            ).removeprefix("./")
            for each in files
        ),
    )


def _source(package: Json) -> str:
    """The source package, which has the package's own name if the document does not say."""
    info = str(package.get("sourceInfo", ""))
    if info.startswith(_BUILT_FROM):
        return info.removeprefix(_BUILT_FROM).partition(" ")[0]
    return str(package.get("name", ""))


def _purls(package: Json, where: str) -> list[str]:
    references = require_list(package.get("externalRefs", []), f"{where}: externalRefs")
    return [
        str(reference.get("referenceLocator", "")).partition("?")[0]
        for reference in (require_object(each, f"{where}: externalRefs") for each in references)
        if reference.get("referenceType") == "purl"
    ]
