"""How two images differ, as types. docs/diff.md describes the JSON that they become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.lib.diff.view import FileState
from tools.lib.oci.descriptor import Digest, Platform


@dataclass(frozen=True, slots=True)
class PackageChange:
    """A Debian package; a version is None where the image does not have the package."""

    name: str
    architecture: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class FileChange:
    """A path; a state is None where the image does not have the path.

    `package` is the name of the Debian package that owns it, in the new image if it is there, or
    "". `fields` are the names of what differs, if both images have the path: `type`, `mode`,
    `owner`, `size`, `content`, `link`, `hardlink` (other paths than before are the same file),
    `device`, `xattrs` and `mtime`, in this order.
    """

    path: str
    package: str
    old: FileState | None
    new: FileState | None
    fields: tuple[str, ...] = ()

    @property
    def is_time_only(self) -> bool:
        """Whether nothing but the time of modification differs."""
        return self.fields == ("mtime",)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A value in a document, by its keys; `old` and `new` are empty where it is missing."""

    path: tuple[str, ...]
    old: Sequence[object]
    new: Sequence[object]


@dataclass(frozen=True, slots=True)
class LayerChange:
    """A layer that only one of the images has; `number` is its place, from 1 for the lowest."""

    number: int
    digest: Digest
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers of both images: how many, and those that only one has."""

    old_count: int
    new_count: int
    only_old: tuple[LayerChange, ...]
    only_new: tuple[LayerChange, ...]
    reordered: bool
    """Whether the layers that both have are in another order."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of both images. The unpacked sizes are None where shared layers were not read."""

    old_compressed: int
    new_compressed: int
    old_unpacked: int | None
    new_unpacked: int | None
    unpacked_change: int
    """By how much the new image is larger."""


@dataclass(frozen=True, slots=True)
class ImageDiff:
    """How two images for one platform differ.

    `unread` counts the layers that both have and that were not read although they might show that
    an added path replaces another.
    """

    platform: Platform
    old_digest: Digest
    new_digest: Digest
    packages: tuple[PackageChange, ...]
    files: tuple[FileChange, ...]
    config: tuple[FieldChange, ...]
    manifest: tuple[FieldChange, ...]
    layers: Layers
    sizes: Sizes
    unread: int = 0


@dataclass(frozen=True, slots=True)
class SetDiff:
    """How two images or indexes differ. Equal images of indexes are not in `images`."""

    old_name: str
    new_name: str
    old_digest: Digest
    new_digest: Digest
    index: tuple[FieldChange, ...]
    only_old: tuple[Platform, ...]
    only_new: tuple[Platform, ...]
    images: tuple[ImageDiff, ...]
    equal_images: tuple[Platform, ...]
    is_equal: bool


@dataclass(frozen=True, slots=True)
class CommitDiff:
    """How the images of targets differ from those of a commit. All but `diffs` are labels."""

    commit: str
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    equal: tuple[str, ...]
    diffs: tuple[SetDiff, ...]

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.only_old or self.only_new or self.diffs)
