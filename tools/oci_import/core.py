"""Finds the one image that an OCI image layout from elsewhere is asked for.

Lenient in form: indexes without schemaVersion, nested indexes, one image under several tags,
Docker's media types. Strict in content: every document is checked against its digest.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tools.lib.cli.errors import ToolError
from tools.lib.oci.documents import (
    INDEX,
    MANIFEST,
    Descriptor,
    Digest,
    Image,
    Platform,
    digest_of,
    parse_image,
    parse_index,
    parse_manifest,
    parse_platform,
)

Read = Callable[[Digest], bytes]
"""Reads a blob of the layout whole; only documents are asked for."""

# More than any index of one image has: what is beyond is made to keep readers busy.
_MAX_DOCUMENTS = 1000


def find_image(index: bytes, read: Read, where: str, platform: str) -> Image:
    """The image of a layout.

    Args:
        index: bytes of `index.json`.
        read: reads a document by its digest.
        where: names the layout in errors.
        platform: `os/architecture[/variant]`, or "" if there is but one image.
    """
    if platform and not re.fullmatch(r"[^/\s]+/[^/\s]+(/[^/\s]+)?", platform):
        raise ToolError(f"--platform {platform!r:.80}: not os/architecture[/variant]")
    found = _manifests(index, read, where)
    if not found:
        raise ToolError(f"{where}: a base without a manifest: its index.json names no image")
    images = {
        digest: (descriptor, _platform(descriptor, read, where))
        for digest, descriptor in found.items()
    }
    # What is attached to an image (provenance, SBOM) is listed beside it as of no platform.
    images = {key: item for key, item in images.items() if item[1].os != "unknown"} or images
    fitting = [item for item in images.values() if not platform or _fits(item[1], platform)]
    if len(fitting) != 1:
        there = ", ".join(sorted(str(item[1]) for item in images.values())[:20])
        if platform:
            what = f"{len(fitting) or 'no'} images for {platform}"
            raise ToolError(f"{where}: {what}; there are: {there}")
        hint = (
            "make a layout of one of them: skopeo copy --override-arch ARCHITECTURE oci:... oci:..."
        )
        raise ToolError(f"{where}: {len(images)} images, one is needed: {there}", hint)
    return _image(fitting[0][0], read, where)


def _manifests(index: bytes, read: Read, where: str) -> dict[Digest, Descriptor]:
    """The image manifests below an index, each once, as each index is read once."""
    found: dict[Digest, Descriptor] = {}
    read_already: set[Digest] = set()
    pending = [(index, f"{where}/index.json")]
    while pending:
        data, place = pending.pop()
        for descriptor in parse_index(data, place):
            if descriptor.media_type == MANIFEST:
                found.setdefault(descriptor.digest, descriptor)
            elif descriptor.media_type == INDEX and descriptor.digest not in read_already:
                read_already.add(descriptor.digest)
                nested = _document(descriptor, read, where)
                pending.append((nested, f"{where}: index {descriptor.digest}"))
        if len(found) + len(read_already) > _MAX_DOCUMENTS:
            raise ToolError(f"{place}: more than {_MAX_DOCUMENTS} images, which is no base")
    return found


def _document(descriptor: Descriptor, read: Read, where: str) -> bytes:
    data = read(descriptor.digest)
    if len(data) != descriptor.size or digest_of(data) != descriptor.digest:
        raise ToolError(
            f"{where}: blob {descriptor.digest} is damaged: its bytes have another digest or size",
            "fetch the image again",
        )
    return data


def _platform(descriptor: Descriptor, read: Read, where: str) -> Platform:
    """The platform that the index tells, else that of the config."""
    if told := descriptor.other.get("platform"):
        return parse_platform(told, f"{where}: {descriptor.digest}: platform")
    return _image(descriptor, read, where).platform


def _image(descriptor: Descriptor, read: Read, where: str) -> Image:
    manifest_data = _document(descriptor, read, where)
    manifest_where = f"{where}: manifest {descriptor.digest}"
    manifest = parse_manifest(manifest_data, manifest_where)
    config_data = _document(manifest.config, read, where)
    config_where = f"{where}: config {manifest.config.digest}"
    return parse_image(manifest_data, config_data, manifest_where, config_where)


def _fits(platform: Platform, asked: str) -> bool:
    """Whether an image is for the platform asked for; without a variant any variant is."""
    os, architecture, *variant = asked.split("/")
    if (platform.os, platform.architecture) != (os, architecture):
        return False
    wanted = platform._replace(variant=variant[0] if variant else None)
    return not variant or platform.normal() == wanted.normal()
