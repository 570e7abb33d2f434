"""The lifecycle table of docs/releases.md."""

from __future__ import annotations

from collections.abc import Iterator

from tools.lib.cli.errors import ToolError
from tools.lib.lifecycle.lifecycle import Lifecycle, Support

BEGIN = "<!-- lifecycle: ./knife docs writes this table -->"
END = "<!-- end of lifecycle -->"


def lifecycle_table(lifecycle: Lifecycle) -> str:
    """The lines of the table: images with equal dates are in one row."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for support in lifecycle.all():
        rows.setdefault(_cells(support), []).append(f"`{support.image}`")
    lines = [
        "| images | runtime | its project's end of life | support ends | end of life |",
        "| --- | --- | --- | --- | --- |",
    ]
    for cells, images in rows.items():
        lines.append(f"| {' | '.join((', '.join(images), *cells))} |")
    lines += ["", *_architectures(lifecycle)]
    return "\n".join(lines).rstrip("\n") + "\n"


def replace_table(text: str, lifecycle: Lifecycle, where: str) -> str:
    """The text of a page with the current table between its two comments.

    Raises:
        ToolError: the page lacks the comments.
    """
    before, begin, rest = text.partition(f"{BEGIN}\n")
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ToolError(f"{where}: no lines {BEGIN!r} and {END!r}")
    return f"{before}{begin}\n{lifecycle_table(lifecycle)}\n{end}{after}"


def _cells(support: Support) -> tuple[str, ...]:
    runtime = support.runtime
    return (
        runtime.name if runtime else "",
        runtime.end_of_life.isoformat() if runtime else "",
        support.support_ends.isoformat(),
        support.end_of_life.isoformat(),
    )


def _architectures(lifecycle: Lifecycle) -> Iterator[str]:
    for distribution in lifecycle.distributions.values():
        if distribution.long_term_architectures is not None:
            names = ", ".join(sorted(distribution.long_term_architectures))
            yield (
                f"{distribution.name}: only {names} have long-term support. The end of life of its"
                f" images for other architectures is {distribution.support_ends}."
            )
