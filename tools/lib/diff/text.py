"""Writes how images differ as text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from tools.lib.diff.result import CommitDiff, ImageDiff, SetDiff
from tools.lib.diff.words import (
    count,
    describe_field,
    describe_file,
    describe_layer,
    describe_package,
    files_by_package,
    history_and_rest,
    printable,
    size_lines,
    unread_note,
)


def render_text(diff: SetDiff) -> str:
    """The differences; one line if there are none."""
    return "".join(f"{line}\n" for line in _lines(diff))


def render_commit_text(diff: CommitDiff) -> str:
    """The differences of all images, one after the other, and how many are equal."""
    texts = [render_text(each) for each in diff.diffs]
    lines = [
        *(f"- {printable(label)}" for label in diff.only_old),
        *(f"+ {printable(label)}" for label in diff.only_new),
        f"{count(len(diff.equal), 'image')} equal to {printable(diff.commit)}",
    ]
    return "\n".join([*texts, "".join(f"{line}\n" for line in lines)])


def _lines(diff: SetDiff) -> Iterator[str]:
    if diff.is_equal:
        yield f"equal: {printable(diff.old_name)} and {printable(diff.new_name)}"
        return
    yield f"--- {printable(diff.old_name)} {diff.old_digest}"
    yield f"+++ {printable(diff.new_name)} {diff.new_digest}"
    for field in diff.index:
        mark, text = describe_field(field)
        yield f"{mark} index {text}"
    for platform in diff.only_old:
        yield f"- image for {printable(str(platform))}"
    for platform in diff.only_new:
        yield f"+ image for {printable(str(platform))}"
    if diff.equal_images:
        yield f"equal: {', '.join(printable(str(each)) for each in diff.equal_images)}"
    for image in diff.images:
        yield ""
        yield from _image_lines(image)


def _image_lines(image: ImageDiff) -> Iterator[str]:
    yield f"{printable(str(image.platform))}: {image.old_digest} -> {image.new_digest}"
    if image.packages:
        yield "  packages:"
        for package in image.packages:
            mark, text = describe_package(package)
            yield f"    {mark} {text}"
    yield from _file_lines(image)
    history, config = history_and_rest(image)
    if image.config:
        yield "  config:"
        for mark, text in map(describe_field, config):
            yield f"    {mark} {text}"
        if history:
            yield f"    ~ history: {count(history, 'value')}"
    if image.manifest:
        yield "  manifest:"
        for mark, text in map(describe_field, image.manifest):
            yield f"    {mark} {text}"
    layers = image.layers
    yield f"  layers: {layers.old_count} -> {layers.new_count}"
    for layer in layers.only_old:
        yield f"    - {describe_layer(layer)}"
    for layer in layers.only_new:
        yield f"    + {describe_layer(layer)}"
    if layers.reordered:
        yield "    ~ order"
    yield "  size:"
    for line in size_lines(image):
        yield f"    {line}"
    if note := unread_note(image):
        yield f"  note: {note}"


def _file_lines(image: ImageDiff) -> Iterator[str]:
    times = sum(file.is_time_only for file in image.files)
    if not image.files:
        return
    yield "  files:"
    for package, files in files_by_package(image):
        yield f"    {printable(package)}:"
        for mark, path, text in map(describe_file, files):
            yield f"      {mark} {path}{text and f': {text}'}"
    if times:
        yield f"    {count(times, 'path')} with another time only"
