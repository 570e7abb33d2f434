"""Writes how images differ as JSON. docs/diff.md describes the format."""

from __future__ import annotations

from collections.abc import Iterable

from tools.lib.data.json_values import Json
from tools.lib.diff.result import (
    CommitDiff,
    FieldChange,
    FileChange,
    ImageDiff,
    LayerChange,
    SetDiff,
)
from tools.lib.diff.view import FileState
from tools.lib.oci.descriptor import Platform
from tools.lib.part.part_json import encode_xattrs

VERSION = 1


def diff_to_json(diff: SetDiff) -> Json:
    """The document."""
    return {
        "version": VERSION,
        "equal": diff.is_equal,
        "old": {"name": diff.old_name, "digest": diff.old_digest},
        "new": {"name": diff.new_name, "digest": diff.new_digest},
        "index": _fields(diff.index),
        "only_old": _platforms(diff.only_old),
        "only_new": _platforms(diff.only_new),
        "equal_images": _platforms(diff.equal_images),
        "images": [_image(each) for each in diff.images],
    }


def commit_diff_to_json(diff: CommitDiff) -> Json:
    """The document about all images of a commit."""
    return {
        "version": VERSION,
        "equal": diff.is_equal,
        "commit": diff.commit,
        "only_old": list(diff.only_old),
        "only_new": list(diff.only_new),
        "equal_images": list(diff.equal),
        "diffs": [diff_to_json(each) for each in diff.diffs],
    }


def _platforms(platforms: Iterable[Platform]) -> list[str]:
    return [str(each) for each in platforms]


def _image(image: ImageDiff) -> Json:
    layers, sizes = image.layers, image.sizes
    return {
        "platform": str(image.platform),
        "old_digest": image.old_digest,
        "new_digest": image.new_digest,
        "packages": [
            {
                "name": each.name,
                "architecture": each.architecture,
                "old": each.old,
                "new": each.new,
            }
            for each in image.packages
        ],
        "files": [_file(each) for each in image.files],
        "config": _fields(image.config),
        "manifest": _fields(image.manifest),
        "layers": {
            "old": layers.old_count,
            "new": layers.new_count,
            "only_old": [_layer(each) for each in layers.only_old],
            "only_new": [_layer(each) for each in layers.only_new],
            "reordered": layers.reordered,
        },
        "sizes": {
            "compressed": {"old": sizes.old_compressed, "new": sizes.new_compressed},
            "unpacked": {
                "old": sizes.old_unpacked,
                "new": sizes.new_unpacked,
                "change": sizes.unpacked_change,
            },
        },
        "unread_layers": image.unread,
    }


def _file(file: FileChange) -> Json:
    return {
        "path": file.path,
        "package": file.package,
        "old": None if file.old is None else _state(file.old),
        "new": None if file.new is None else _state(file.new),
        "differs": list(file.fields),
    }


def _state(state: FileState) -> Json:
    fields: Json = {
        "type": state.type,
        "mode": f"{state.mode:04o}",
        "uid": state.uid,
        "gid": state.gid,
        "mtime": state.mtime,
    }
    if state.type == "file":
        fields |= {"size": state.size, "sha256": state.sha256}
    if state.link:
        fields["link"] = state.link
    if state.hardlink:
        fields["hardlink"] = state.hardlink
    if state.type in ("char", "block"):
        fields["device"] = list(state.device)
    if state.xattrs:
        fields["xattrs"] = encode_xattrs(state.xattrs)
    return fields


def _fields(fields: Iterable[FieldChange]) -> list[Json]:
    """A side that lacks the value has no `old` or `new`: the value may be null."""
    return [
        {
            "path": list(each.path),
            **({"old": each.old[0]} if each.old else {}),
            **({"new": each.new[0]} if each.new else {}),
        }
        for each in fields
    ]


def _layer(layer: LayerChange) -> Json:
    return {
        "number": layer.number,
        "digest": layer.digest,
        "media_type": layer.media_type,
        "size": layer.size,
    }
