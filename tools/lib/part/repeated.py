"""Packages that an image is given twice, by two sets or by its base. They count once."""

from __future__ import annotations

from collections.abc import Sequence

from tools.lib.part.part import Part


def without_repeated(parts: Sequence[Part]) -> list[Part]:
    """The parts of all layers, bottom to top, without those that are repeated."""
    return [part for part, again in zip(parts, are_repeated(parts), strict=True) if not again]


def are_repeated(parts: Sequence[Part], base_parts: Sequence[Part] = ()) -> list[bool]:
    """Whether the package of each part is the same as an earlier one's, file by file.

    Args:
        parts: in the order of the layers.
        base_parts: what the layers below are made of.
    """
    seen: dict[str, list[Part]] = {}

    def is_repeated(part: Part) -> bool:
        if not part.package:
            return False
        same_name = seen.setdefault(part.package.name, [])
        again = any(_is_same(part, other) for other in same_name)
        if not again:
            same_name.append(part)
        return again

    for part in base_parts:
        is_repeated(part)
    return [is_repeated(part) for part in parts]


def _is_same(part: Part, other: Part) -> bool:
    return (part.package, part.entries, part.directories) == (
        other.package,
        other.entries,
        other.directories,
    )
