"""Reads OCI image layouts (image-spec 1.1, image-layout.md).

Lenient in form, as layouts come from many tools: indexes without schemaVersion, nested indexes, an
image under several names, Docker's media types, blobs that are symlinks. Strict in content: every
document is verified by its digest and size, and all that is read is bounded.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import read_document
from tools.lib.oci.descriptor import INDEX, MANIFEST, Descriptor, Digest, Platform, digest_of
from tools.lib.oci.image import Image, parse_image
from tools.lib.oci.manifest import NotAnImageError, parse_index, parse_manifest

_MAX_MANIFESTS = 1000
"""Manifests and indexes that a layout's index may refer to, those of nested indexes included."""
_MAX_BYTES = 32 << 20
"""Size of all documents that are read to select an image."""


def blob_path(layout: str, digest: Digest) -> str:
    """The path of a blob in a layout."""
    return f"{layout}/blobs/sha256/{digest.removeprefix('sha256:')}"


def find_blob(layouts: Iterable[str], digest: Digest) -> str | None:
    """The path of a blob in the first of several layouts that has it, unverified."""
    paths = (blob_path(layout, digest) for layout in layouts)
    return next((path for path in paths if os.path.lexists(path)), None)


def verified_chunks(path: str, blob: Descriptor) -> Iterator[bytes]:
    """The content of a blob in chunks; to read all of them verifies it.

    Raises:
        ToolError: not a regular file, or its size or digest is not that of `blob`. The last chunk
            is not yielded then.
    """
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):  # a pipe would block
        raise ToolError(f"{path}: not a regular file")
    if status.st_size != blob.size:
        raise _corrupt(path, f"{status.st_size} bytes instead of {blob.size}")
    sha256 = hashlib.sha256()
    chunk = b""
    with open(path, "rb") as source:
        while following := source.read(1 << 20):
            if chunk:
                yield chunk
            sha256.update(following)
            chunk = following
    if sha256.hexdigest() != blob.digest.removeprefix("sha256:"):
        raise _corrupt(path, f"its sha256 is {sha256.hexdigest()}")
    if chunk:
        yield chunk


def verify_blob(path: str, blob: Descriptor) -> None:
    """Verifies the size and the digest of a blob; see `verified_chunks`."""
    for _ in verified_chunks(path, blob):
        pass


def _corrupt(path: str, what: str) -> ToolError:
    return ToolError(f"{path}: corrupt blob: {what}", "download or build the image again")


def read_images(layout: str) -> dict[Digest, Image]:
    """All images of a layout by the digests of their manifests, in the order of its indexes."""
    reader = _Reader(layout, layout)
    return reader.images(reader.manifests())


def select_image(layout: str, wanted: Platform | None, name: str = "") -> Image:
    """The only image of a layout, or its only image for a platform.

    Args:
        layout: the directory.
        wanted: the platform; None if the layout has one image. Without a variant it fits any.
        name: names the layout in errors, by default the directory.

    Raises:
        ToolError: no image or several fit, or the directory is not a valid layout.
    """
    name = name or layout
    reader = _Reader(layout, name)
    manifests = reader.manifests()
    if not manifests:
        raise ToolError(f"{name}: the layout has no image: its index.json lists no manifest")
    # Images that the index says are for another platform are not read.
    possible = [each for each in manifests if wanted is None or _may_fit(each, wanted)]
    images = reader.images(possible)
    fitting = [each for each in images.values() if wanted is None or each.platform.fits(wanted)]
    if len(fitting) == 1:
        return fitting[0]
    listed = _list_platforms(manifests, possible, images)
    if wanted is None:
        raise ToolError(f"{name}: the layout has several images", f"select a platform: {listed}")
    count = "several images" if fitting else "no image"
    raise ToolError(f"{name}: {count} for {wanted}", f"the layout has {listed}")


def select_base(layout: str, target: Platform, name: str = "") -> Image:
    """The image of a layout to build upon for a target platform.

    A layout with one image is that image, whatever its platform. Of several, it is the one that
    containerd runs on the platform; the first one if several suit equally well.

    Args:
        layout: the directory.
        target: the platform.
        name: names the layout in errors, by default the directory.

    Raises:
        ToolError: no image suits, or the directory is not a valid layout.
    """
    name = name or layout
    reader = _Reader(layout, name)
    manifests = reader.manifests()
    if len(manifests) < 2:
        return select_image(layout, None, name)
    possible = [each for each in manifests if _may_fit(each, target)]
    images = reader.images(possible)
    # Many configs leave out the variant that the index tells.
    platforms = {
        each.digest: each.platform
        if each.platform and each.platform.variant
        else images[each.digest].platform
        for each in possible
        if each.digest in images
    }
    ranks = {digest: platform.rank(target) for digest, platform in platforms.items()}
    ranked = [(rank, digest) for digest, rank in ranks.items() if rank is not None]
    if ranked:
        return images[min(ranked, key=lambda each: each[0])[1]]
    listed = _list_platforms(manifests, possible, images)
    raise ToolError(
        f"{name}: no image for the target platform, {target}: it has {listed}",
        "build for one of them with --platforms, such as @distroless//rules/platforms:linux_amd64",
    )


def _list_platforms(
    manifests: Sequence[Descriptor],
    possible: Sequence[Descriptor],
    images: Mapping[Digest, Image],
) -> str:
    """The platforms of a layout, for errors. `images` are those of `possible` that are images."""
    platforms = [
        str(images[each.digest].platform if each.digest in images else each.platform)
        for each in manifests
        if each.digest in images or each not in possible
    ]
    return ", ".join(platforms[:20]) + (", ..." if len(platforms) > 20 else "")


def _may_fit(manifest: Descriptor, wanted: Platform) -> bool:
    platform = manifest.platform
    return platform is None or (
        (platform.os, platform.architecture) == (wanted.os, wanted.architecture)
    )


class _Reader:
    """The documents of a layout.

    Args:
        layout: the directory.
        name: names the layout in errors.
    """

    def __init__(self, layout: str, name: str) -> None:
        self._layout = layout
        self._name = name
        self._left = _MAX_BYTES

    def manifests(self) -> list[Descriptor]:
        """The manifests of the layout's index and of nested indexes, each once.

        Media types other than those of images and indexes are left out, and so are attestations,
        which docker buildx stores next to images as manifests for the platform unknown/unknown.
        """
        found: dict[Digest, Descriptor] = {}
        indexes: set[Digest] = set()
        pending = [(self._index_json(), f"{self._name}: index.json")]
        while pending:
            data, where = pending.pop()
            nested = []
            for item in parse_index(data, where).manifests:
                if item.media_type == MANIFEST:
                    found.setdefault(item.digest, item)
                elif item.media_type == INDEX and item.digest not in indexes:
                    indexes.add(item.digest)
                    nested.append((self._document(item), f"{self._name}: index {item.digest}"))
                if len(found) + len(indexes) > _MAX_MANIFESTS:
                    raise ToolError(f"{where}: more than {_MAX_MANIFESTS} manifests and indexes")
            pending += reversed(nested)
        return [each for each in found.values() if not _is_attestation(each)]

    def images(self, manifests: Sequence[Descriptor]) -> dict[Digest, Image]:
        """The images of manifests; signatures and other artifacts among them are left out.

        Raises:
            ToolError: an image is invalid, or there are artifacts only.
        """
        images = {}
        artifacts = []
        for manifest in manifests:
            try:
                images[manifest.digest] = self._image(manifest)
            except NotAnImageError as error:
                artifacts.append(error)
        if artifacts and not images:
            raise artifacts[0]
        return images

    def _image(self, descriptor: Descriptor) -> Image:
        where = f"{self._name}: manifest {descriptor.digest}"
        data = self._document(descriptor)
        config = parse_manifest(data, where).config
        config_where = f"{self._name}: config {config.digest}"
        image = parse_image(data, self._document(config), where, config_where)
        listed = descriptor.platform
        if listed and not image.platform.fits(replace(listed, variant=None)):
            raise ToolError(
                f"{where}: the index lists it for {listed}, but its config is for {image.platform}"
            )
        return image

    def _index_json(self) -> bytes:
        path = f"{self._layout}/index.json"
        if not os.path.exists(path):
            hint = "a layout is a directory with index.json and blobs/, as made by `skopeo copy`"
            if os.path.exists(f"{self._layout}/manifest.json"):
                hint = "convert docker's format: skopeo copy docker-archive:... oci:..."
            raise ToolError(f"{self._name}: not an OCI image layout: it has no index.json", hint)
        return read_document(path)

    def _document(self, descriptor: Descriptor) -> bytes:
        path = blob_path(self._layout, descriptor.digest)
        if not os.path.isfile(path):
            raise ToolError(f"{self._name}: blob {descriptor.digest} is missing from the layout")
        data = read_document(path)
        self._left -= len(data)
        if self._left < 0:
            limit = _MAX_BYTES >> 20
            raise ToolError(f"{self._name}: more than {limit} MiB of manifests and configs")
        if (digest_of(data), len(data)) != (descriptor.digest, descriptor.size):
            raise ToolError(
                f"{self._name}: blob {descriptor.digest} is corrupt: its digest or size differs",
                "download or build the image again",
            )
        return data


def _is_attestation(descriptor: Descriptor) -> bool:
    return descriptor.platform is not None and descriptor.platform.os == "unknown"
