"""Writes how images differ as Markdown, for the comment of a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tools.lib.diff.result import CommitDiff, ImageDiff, SetDiff
from tools.lib.diff.words import (
    count,
    describe_field,
    describe_file,
    describe_layer,
    describe_package,
    files_by_package,
    history_and_rest,
    size_lines,
    unread_note,
)

_MAX_LINES = 200
"""Lines of a list. GitHub's comments have at most 65,536 characters."""


def render_markdown(diff: SetDiff) -> str:
    """The differences; one line if there are none."""
    return "".join(f"{line}\n" for line in _lines(diff))


def render_commit_markdown(diff: CommitDiff) -> str:
    """The differences of all images; those that several have in common only once."""
    return "".join(f"{line}\n" for line in _commit_lines(diff))


def _lines(diff: SetDiff) -> Iterator[str]:
    yield f"### {_code(diff.new_name)}"
    yield ""
    if diff.is_equal:
        yield f"Equal to {_code(diff.old_name)}."
        return
    yield f"Compared with {_code(diff.old_name)}."
    yield ""
    yield from _index_lines(diff)
    for image in diff.images:
        yield f"#### {_code(str(image.platform))}"
        yield ""
        yield from _package_lines(image)
        for line in size_lines(image):
            yield f"- {line}"
        if note := unread_note(image):
            yield f"- {note}"
        yield ""
        yield from _layer_lines(image)
        yield from _content_lines(image)


def _commit_lines(diff: CommitDiff) -> Iterator[str]:
    yield f"### Images compared with {_code(diff.commit)}"
    yield ""
    yield from _list(("-", label) for label in diff.only_old)
    yield from _list(("+", label) for label in diff.only_new)
    yield f"{count(len(diff.equal), 'image')} or indexes are equal, {len(diff.diffs)} differ."
    yield ""
    images = [(each, image) for each in diff.diffs for image in each.images]
    if images:
        yield "| image | platform | compressed | unpacked |"
        yield "| --- | --- | --- | --- |"
    bodies: dict[str, list[str]] = {}
    for each, image in images:
        sizes = (line.partition(": ")[2] for line in size_lines(image))
        cells = (_cell(each.new_name), _cell(str(image.platform)), *sizes)
        yield f"| {' | '.join(cells)} |"
        body = "\n".join([*_package_lines(image), *_content_lines(image)])
        bodies.setdefault(body, []).append(f"{each.new_name} {image.platform}")
    yield ""
    for each in diff.diffs:
        yield from _index_lines(each)
    for body, names in bodies.items():
        others = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield f"#### {_code(names[0])}{others}"
        yield ""
        yield body or "Only layers differ."


def _index_lines(diff: SetDiff) -> Iterator[str]:
    yield from _list(map(describe_field, diff.index), "index ")
    yield from _list(("-", f"image for {platform}") for platform in diff.only_old)
    yield from _list(("+", f"image for {platform}") for platform in diff.only_new)


def _package_lines(image: ImageDiff) -> Iterator[str]:
    if not image.packages:
        return
    yield "| | package | old | new |"
    yield "| --- | --- | --- | --- |"
    for package in image.packages:
        mark, _ = describe_package(package)
        name = f"{package.name} ({package.architecture})"
        yield _row(mark, name, package.old or "", package.new or "")
    yield ""


def _layer_lines(image: ImageDiff) -> Iterator[str]:
    layers = image.layers
    yield from _details(
        f"layers: {layers.old_count} -> {layers.new_count}",
        [
            *(("-", describe_layer(layer)) for layer in layers.only_old),
            *(("+", describe_layer(layer)) for layer in layers.only_new),
            *([("~", "order")] if layers.reordered else []),
        ],
    )


def _content_lines(image: ImageDiff) -> Iterator[str]:
    """The documents and the files."""
    history, config = history_and_rest(image)
    fields = [*map(describe_field, (*config, *image.manifest))]
    if history:
        fields.append(("~", f"history: {count(history, 'value')}"))
    yield from _details("config and manifest", fields)
    for owner, files in files_by_package(image):
        described = map(describe_file, files)
        lines = [(mark, f"{path}{text and f': {text}'}") for mark, path, text in described]
        yield from _details(f"{owner}: {count(len(files), 'file')}", lines)
    if times := sum(file.is_time_only for file in image.files):
        yield f"{count(times, 'path')} with another time only."
        yield ""


def _details(title: str, lines: list[tuple[str, str]]) -> Iterator[str]:
    """A list that is folded, as a block of code in which marks have colours."""
    if not lines:
        return
    yield f"<details><summary>{_html(title)}</summary>"
    yield ""
    shown = [f"{'!' if mark == '~' else mark} {text}" for mark, text in lines[:_MAX_LINES]]
    fence = _fence("\n".join(shown), 3)
    yield f"{fence}diff"
    yield from shown
    if len(lines) > _MAX_LINES:
        yield f"# and {len(lines) - _MAX_LINES} more"
    yield fence
    yield ""
    yield "</details>"
    yield ""


def _list(items: Iterable[tuple[str, str]], prefix: str = "") -> Iterator[str]:
    shown = [f"- {mark} {_code(prefix + text)}" for mark, text in items]
    yield from shown
    if shown:
        yield ""


def _code(text: str) -> str:
    """A span of code: what is in it has no meaning to Markdown."""
    fence = _fence(text, 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(_cell(each) if each else '' for each in cells)} |"


def _cell(text: str) -> str:
    # In a table a bar ends the cell, even in a span of code.
    return _code(text).replace("|", "\\|")


def _fence(text: str, least: int) -> str:
    """More backticks than follow each other in the text."""
    longest = max((len(each) for each in re.findall("`+", text)), default=0)
    return "`" * max(least, longest + 1)


def _html(text: str) -> str:
    return re.sub("[^A-Za-z0-9 .,:+>_-]", lambda match: f"&#{ord(match[0])};", text)
