"""Images to compare, wherever they are: their documents, and layers that are read when needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from tools.lib.cli.errors import ToolError
from tools.lib.diff.layer_content import LayerContent
from tools.lib.oci.descriptor import Descriptor, Digest, Platform
from tools.lib.oci.image import Image


class Cost(IntEnum):
    """What it takes to read a layer's content."""

    METADATA = 0
    FILE = 1
    DOWNLOAD = 2


@dataclass(frozen=True, slots=True)
class LayerSource:
    """A layer, and a function that reads its content. Several threads may call it."""

    descriptor: Descriptor
    cost: Cost
    read: Callable[[], LayerContent]


@dataclass(frozen=True, slots=True)
class ComparedImage:
    """An image for one platform; `layers` are those of its manifest, bottom to top."""

    image: Image
    layers: tuple[LayerSource, ...]

    @property
    def digest(self) -> Digest:
        """That of the manifest."""
        return self.image.descriptor().digest

    @property
    def platform(self) -> Platform:
        """What the image runs on."""
        return self.image.platform


@dataclass(frozen=True, slots=True)
class ImageSet:
    """An image or an index of images.

    Attributes:
        name: as the user wrote it.
        digest: of the manifest or index.
        index: the index as a document; None for a single image.
        images: all images.
    """

    name: str
    digest: Digest
    index: bytes | None
    images: tuple[ComparedImage, ...]


_Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """The images of two sets by their platforms."""

    both: tuple[tuple[ComparedImage, ComparedImage], ...]
    only_old: tuple[ComparedImage, ...]
    only_new: tuple[ComparedImage, ...]


def pair_images(old: ImageSet, new: ImageSet, wanted: Platform | None = None) -> Pairs:
    """Finds which images to compare: those for one platform.

    A single image is compared with the one of an index that is for its platform. Two single images
    are compared whatever their platforms.

    Args:
        old: a set.
        new: a set.
        wanted: leaves out images for other platforms.

    Raises:
        ToolError: there is nothing to compare.
    """
    if wanted is None and old.index is None and new.index is None:
        return Pairs(((old.images[0], new.images[0]),), (), ())
    olds, news = _by_platform(old, wanted), _by_platform(new, wanted)
    for images, name in ((olds, old.name), (news, new.name)):
        if wanted is not None and not images:
            raise ToolError(f"{name}: no image for {wanted}", "omit --platform to see all")
    only_old = [key for key in olds if key not in news]
    only_new = [key for key in news if key not in olds]
    if (old.index is None) != (new.index is None):
        single, other = (old, new) if old.index is None else (new, old)
        if not olds.keys() & news.keys():
            platform = single.images[0].platform
            raise ToolError(f"{other.name}: no image for {platform}, the platform of {single.name}")
        only_old, only_new = [], []
    return Pairs(
        tuple((olds[key], news[key]) for key in olds if key in news),
        tuple(olds[key] for key in only_old),
        tuple(news[key] for key in only_new),
    )


def _by_platform(
    images: ImageSet, wanted: Platform | None
) -> dict[tuple[object, ...], ComparedImage]:
    """The images by platform; of several for one platform, by their order too."""
    found: dict[_Key, ComparedImage] = {}
    for each in images.images:
        if wanted is not None and not each.platform.fits(wanted):
            continue
        platform = each.platform.normalized()
        key = (str(platform), platform.os_version, platform.os_features)
        number = 0
        while (*key, number) in found:
            number += 1
        found[*key, number] = each
    return found
