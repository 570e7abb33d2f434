"""How values are shown to people. Names in images may contain anything; all is on one line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from tools.lib.diff.result import FieldChange, FileChange, ImageDiff, LayerChange, PackageChange
from tools.lib.diff.view import FileState

NO_PACKAGE = "in no package"
"""The heading of files that no package owns."""

_MAX_VALUE = 200


def printable(text: str) -> str:
    """The text with escapes for what a terminal would not print as it is."""
    text = text.encode("utf-8", "backslashreplace").decode()
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def size(number: int) -> str:
    """A number of bytes: `999 bytes`, `1.2 MB`."""
    if number < 1000:
        return f"{number} byte{'' if number == 1 else 's'}"
    value = float(number)
    for unit in ("kB", "MB"):
        value /= 1000
        if value < 999.95:
            return f"{value:.1f} {unit}"
    return f"{value / 1000:.1f} GB"


def change(number: int) -> str:
    """A number of bytes with its sign: `+12 bytes`."""
    return "no change" if number == 0 else f"{'+' if number > 0 else '-'}{size(abs(number))}"


def count(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def short(digest: str) -> str:
    """The start of a digest."""
    return digest[:19]


def describe_package(package: PackageChange) -> tuple[str, str]:
    """A mark (`+`, `-` or `~`), and name and versions."""
    name = f"{package.name} ({package.architecture})"
    if package.old is None:
        return "+", printable(f"{name} {package.new}")
    if package.new is None:
        return "-", printable(f"{name} {package.old}")
    return "~", printable(f"{name} {package.old} -> {package.new}")


def describe_file(file: FileChange) -> tuple[str, str, str]:
    """A mark, the path, and what it is or what differs."""
    path = printable(file.path)
    if file.old and file.new:
        differences = [_difference(field, file.old, file.new) for field in file.fields]
        return "~", path, ", ".join(each for each in differences if each)
    state = file.new or file.old
    assert state
    return "+" if file.new else "-", path, _state(state)


def _state(state: FileState) -> str:
    """What is at a path, with what is unusual about it."""
    words: list[str] = [] if state.type == "file" else [state.type]
    if state.link:
        words[-1] += f" to {printable(state.link)}"
    if state.hardlink:
        return f"hard link to {printable(state.hardlink)}"
    if state.type == "file":
        words.append(size(state.size))
    if state.mode != {"symlink": 0o777, "directory": 0o755}.get(state.type, 0o644):
        words.append(f"mode {state.mode:04o}")
    if (state.uid, state.gid) != (0, 0):
        words.append(f"owner {state.uid}:{state.gid}")
    if state.xattrs:
        words.append(f"xattrs {', '.join(printable(name) for name in sorted(state.xattrs))}")
    return ", ".join(words)


def _difference(field: str, old: FileState, new: FileState) -> str:
    match field:
        case "type":
            return f"{old.type} -> {new.type}"
        case "mode":
            return f"mode {old.mode:04o} -> {new.mode:04o}"
        case "owner":
            return f"owner {old.uid}:{old.gid} -> {new.uid}:{new.gid}"
        case "size":
            return f"size {old.size} -> {new.size}"
        case "link":
            return f"link {printable(old.link) or 'none'} -> {printable(new.link) or 'none'}"
        case "hardlink":
            return "hard links"
        case "device":
            return f"device {old.device} -> {new.device}"
        case "xattrs":
            names = sorted({*old.xattrs, *new.xattrs})
            differ = (name for name in names if old.xattrs.get(name) != new.xattrs.get(name))
            return f"xattrs {', '.join(map(printable, differ))}"
        case "mtime":
            return ""  # it says little next to another difference
    return field


def describe_field(field: FieldChange) -> tuple[str, str]:
    """A mark, and the keys and values."""
    name = printable(".".join(field.path))
    if not field.old:
        return "+", f"{name}: {_value(field.new)}"
    if not field.new:
        return "-", f"{name}: {_value(field.old)}"
    return "~", f"{name}: {_value(field.old)} -> {_value(field.new)}"


def _value(value: Sequence[object]) -> str:
    text = printable(json.dumps(value[0], ensure_ascii=False))
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}..."


def describe_layer(layer: LayerChange) -> str:
    """Its place, digest and size."""
    return f"{layer.number}: {short(layer.digest)} {size(layer.size)}"


def files_by_package(image: ImageDiff) -> Iterator[tuple[str, list[FileChange]]]:
    """The files that differ in more than their time, by package; those of none come last."""
    files = [each for each in image.files if not each.is_time_only]
    files.sort(key=lambda each: (not each.package, each.package))
    for package, group in groupby(files, key=lambda each: each.package):
        yield package or NO_PACKAGE, list(group)


def history_and_rest(image: ImageDiff) -> tuple[int, list[FieldChange]]:
    """How many values of the history differ, and the other values of the config."""
    rest = [each for each in image.config if each.path[0] != "history"]
    return len(image.config) - len(rest), rest


def size_lines(image: ImageDiff) -> list[str]:
    """The compressed and the unpacked sizes."""
    sizes = image.sizes
    lines = [
        f"compressed: {size(sizes.old_compressed)} -> {size(sizes.new_compressed)} "
        f"({change(sizes.new_compressed - sizes.old_compressed)})"
    ]
    if sizes.old_unpacked is None or sizes.new_unpacked is None:
        return [*lines, f"unpacked: {change(sizes.unpacked_change)}"]
    return [
        *lines,
        f"unpacked: {size(sizes.old_unpacked)} -> {size(sizes.new_unpacked)} "
        f"({change(sizes.unpacked_change)})",
    ]


def unread_note(image: ImageDiff) -> str:
    """What the reader must know about layers that were not downloaded, or ""."""
    if not image.unread:
        return ""
    return (
        f"{count(image.unread, 'layer')} that both have were not downloaded: an added or removed "
        "path may replace a path in them (--all-layers downloads them)"
    )
