"""Compares images: packages, files, documents, layers, sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tools.lib.cli.parallel import in_parallel
from tools.lib.data.json_values import parse_object
from tools.lib.diff.documents import compare_documents
from tools.lib.diff.images import ComparedImage, Cost, ImageSet, LayerSource, pair_images
from tools.lib.diff.layer_content import LayerContent
from tools.lib.diff.result import (
    FieldChange,
    FileChange,
    ImageDiff,
    LayerChange,
    Layers,
    PackageChange,
    SetDiff,
    Sizes,
)
from tools.lib.diff.view import FileState, View, stands_alone, view_layers
from tools.lib.oci.descriptor import Digest, Platform

_DIFF_IDS = {("rootfs", "diff_ids")}
_NOT_IN_MANIFEST = {("config",), ("layers",)}
_NOT_IN_INDEX = {("manifests",)}


def compare_sets(
    old: ImageSet, new: ImageSet, *, platform: Platform | None = None, all_layers: bool = False
) -> SetDiff:
    """Compares two images or indexes.

    Args:
        old: an image or index.
        new: an image or index.
        platform: compares only images for it.
        all_layers: whether to download the layers that both have, where that may matter.

    Raises:
        ToolError: a layer cannot be read, or there is nothing to compare.
    """
    pairs = pair_images(old, new, platform)
    index: tuple[FieldChange, ...] = ()
    if old.index is not None and new.index is not None:
        index = compare_documents(
            parse_object(old.index, old.name),
            parse_object(new.index, new.name),
            without=_NOT_IN_INDEX,
        )
    is_equal = not (pairs.only_old or pairs.only_new)
    is_equal &= all(a.digest == b.digest for a, b in pairs.both)
    if platform is None and (old.index is None) == (new.index is None):
        is_equal = old.digest == new.digest
    return SetDiff(
        old_name=old.name,
        new_name=new.name,
        old_digest=old.digest,
        new_digest=new.digest,
        index=index,
        only_old=tuple(each.platform for each in pairs.only_old),
        only_new=tuple(each.platform for each in pairs.only_new),
        images=tuple(
            compare_images(a, b, all_layers=all_layers)
            for a, b in pairs.both
            if a.digest != b.digest
        ),
        equal_images=tuple(a.platform for a, b in pairs.both if a.digest == b.digest),
        is_equal=is_equal,
    )


def compare_images(
    old: ComparedImage, new: ComparedImage, *, all_layers: bool = False
) -> ImageDiff:
    """Compares two images; see `compare_sets`."""
    views = _read_views(old, new, all_layers=all_layers)
    files = tuple(_compare_files(views.old, views.new))
    old_size, new_size = views.old.size, views.new.size
    return ImageDiff(
        platform=new.platform,
        old_digest=old.digest,
        new_digest=new.digest,
        packages=tuple(_compare_packages(views.old.packages, views.new.packages)),
        files=files,
        config=compare_documents(
            parse_object(old.image.config_data, old.image.where),
            parse_object(new.image.config_data, new.image.where),
            without=() if _digests(old) == _digests(new) else _DIFF_IDS,
        ),
        manifest=compare_documents(
            parse_object(old.image.manifest_data, old.image.where),
            parse_object(new.image.manifest_data, new.image.where),
            without=_NOT_IN_MANIFEST,
        ),
        layers=_compare_layers(old.layers, new.layers),
        sizes=Sizes(
            old_compressed=sum(each.descriptor.size for each in old.layers),
            new_compressed=sum(each.descriptor.size for each in new.layers),
            old_unpacked=old_size if views.complete else None,
            new_unpacked=new_size if views.complete else None,
            unpacked_change=new_size - old_size,
        ),
        unread=views.unread,
    )


@dataclass(frozen=True, slots=True)
class _Views:
    """What both images have, or what the layers that were read have if not `complete`."""

    old: View
    new: View
    complete: bool
    unread: int = 0


def _read_views(old: ComparedImage, new: ComparedImage, *, all_layers: bool) -> _Views:
    """Reads as few layers as possible.

    Layers that both images have are read if that costs next to nothing, or if the other layers
    depend on them. Where a path is added or removed, they tell whether it replaces another.
    """
    layers = [*old.layers, *new.layers]
    shared = {each.descriptor.digest for each in old.layers}
    shared &= {each.descriptor.digest for each in new.layers}
    read: dict[Digest, LayerContent] = {}
    if not all_layers and any(each.cost > Cost.METADATA for each in layers):
        _read(read, [each for each in layers if each.descriptor.digest not in shared])
        if all(stands_alone(each) for each in read.values()):
            views = _view(old, new, read)
            is_reordered = _compare_layers(old.layers, new.layers).reordered
            if not shared or (not is_reordered and _have_same_paths(views.old, views.new)):
                return views
            # Nothing depends on the shared layers but how the changes are called.
            if not is_reordered and any(each.cost == Cost.DOWNLOAD for each in layers):
                return replace(views, unread=len(shared))
    _read(read, layers)
    return _view(old, new, read)


def _view(old: ComparedImage, new: ComparedImage, read: Mapping[Digest, LayerContent]) -> _Views:
    def view(image: ComparedImage) -> View:
        digests = (each.descriptor.digest for each in image.layers)
        return view_layers([read[digest] for digest in digests if digest in read])

    complete = all(each.descriptor.digest in read for each in (*old.layers, *new.layers))
    return _Views(view(old), view(new), complete)


def _have_same_paths(old: View, new: View) -> bool:
    return old.files.keys() == new.files.keys() and all(
        state.implied == new.files[path].implied for path, state in old.files.items()
    )


def _read(read: dict[Digest, LayerContent], layers: Sequence[LayerSource]) -> None:
    """Adds the contents of layers, each read once, the largest first."""
    wanted = {each.descriptor.digest: each for each in layers}
    todo = [each for digest, each in wanted.items() if digest not in read]
    todo.sort(key=lambda each: each.descriptor.size, reverse=True)
    contents = in_parallel(lambda each: each.read(), todo)
    read.update(zip((each.descriptor.digest for each in todo), contents, strict=True))


def _compare_packages(
    old: Mapping[tuple[str, str], str], new: Mapping[tuple[str, str], str]
) -> list[PackageChange]:
    return [
        PackageChange(*key, old.get(key), new.get(key))
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    ]


def _compare_files(old: View, new: View) -> list[FileChange]:
    changes = []
    common = sorted(old.files.keys() & new.files.keys())
    old_links, new_links = _first_names(old, common), _first_names(new, common)
    for path in sorted({*old.files, *new.files}):
        before, after = old.files.get(path), new.files.get(path)
        fields: tuple[str, ...] = ()
        if before and after:
            is_relinked = old_links.get(path, path) != new_links.get(path, path)
            fields = _differing_fields(before, after, is_relinked)
            if not fields:
                continue
        owners = (new.owners, old.owners) if after else (old.owners,)
        package = next((owner[path] for owner in owners if path in owner), "")
        changes.append(FileChange(path, package, before, after, fields))
    return changes


def _first_names(view: View, paths: Sequence[str]) -> dict[str, str]:
    """For files with several names among `paths`, the first one by each name."""
    first: dict[int, str] = {}
    return {
        path: first.setdefault(view.hardlinks[path], path)
        for path in paths
        if path in view.hardlinks
    }


def _differing_fields(old: FileState, new: FileState, is_relinked: bool) -> tuple[str, ...]:
    pairs = {
        "type": (old.type, new.type),
        "mode": (old.mode, new.mode),
        "owner": ((old.uid, old.gid), (new.uid, new.gid)),
        "size": (old.size, new.size),
        "content": (old.sha256, new.sha256),
        "link": (old.link, new.link),
        "hardlink": (False, is_relinked),
        "device": (old.device, new.device),
        "xattrs": (dict(old.xattrs), dict(new.xattrs)),
        "mtime": (old.mtime, new.mtime),
    }
    return tuple(name for name, (a, b) in pairs.items() if a != b)


def _compare_layers(old: Sequence[LayerSource], new: Sequence[LayerSource]) -> Layers:
    olds = [each.descriptor.digest for each in old]
    news = [each.descriptor.digest for each in new]
    old_set, new_set = frozenset(olds), frozenset(news)
    return Layers(
        old_count=len(old),
        new_count=len(new),
        only_old=_layers_without(old, new_set),
        only_new=_layers_without(new, old_set),
        reordered=[each for each in olds if each in new_set]
        != [each for each in news if each in old_set],
    )


def _digests(image: ComparedImage) -> list[Digest]:
    return [each.descriptor.digest for each in image.layers]


def _layers_without(
    layers: Sequence[LayerSource], others: frozenset[Digest]
) -> tuple[LayerChange, ...]:
    return tuple(
        LayerChange(number, layer.digest, layer.media_type, layer.size)
        for number, layer in enumerate((each.descriptor for each in layers), 1)
        if layer.digest not in others
    )
