"""Paths that two parts of an image have, as one error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.lib.cli.errors import ToolError
from tools.lib.part.part import Part

SAME_PACKAGE_HINT = (
    "lock them together: set `base` of apt.install to the base image, "
    "or put the packages into one install"
)

_OTHER_FILES_HINT = (
    "leave one of them out of the image, or give both the same `exclude` and `include`"
)


def is_same_package(first: Part, second: Part) -> bool:
    """Whether two parts are versions of one package."""
    return (
        first.package is not None
        and second.package is not None
        and first.package.name == second.package.name
    )


@dataclass(slots=True)
class _Collision:
    """Two parts with paths in common; `in_base`: the first is in a layer below."""

    first: Part
    in_base: bool
    second: Part
    paths: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        below = ", in a layer below" if self.in_base else ""
        if is_same_package(self.first, self.second) and self.second.package:
            other = f"and {self.second.package.version}"
            if self.first.owner == self.second.owner:
                other = f"and again with other files, in {self.second.label}"
            return f"{self.first.owner}{below} {other}"
        more = f" and {len(self.paths) - 1} more" if len(self.paths) > 1 else ""
        return (
            f"{self.paths[0]}{more}: duplicate entry: in {self.first.owner}{below} "
            f"and in {self.second.owner}"
        )


class Collisions:
    """Collects the paths that two parts have."""

    def __init__(self) -> None:
        self._by_parts: dict[tuple[int, int], _Collision] = {}

    def add(self, path: str, first: Part, in_base: bool, second: Part) -> None:
        """Adds a path of two parts; `in_base`: the first is in a layer below."""
        found = self._by_parts.setdefault(
            (id(first), id(second)), _Collision(first, in_base, second)
        )
        found.paths.append(path)

    def check(self) -> None:
        """Raises an error with all collisions, if there are any.

        Raises:
            ToolError: it names the packages that are there in two versions, else paths and owners.
        """
        found = list(self._by_parts.values())
        packages = [each for each in found if is_same_package(each.first, each.second)]
        if packages:
            listed = "; ".join(map(str, packages))
            versions = any(each.first.owner != each.second.owner for each in packages)
            hint = SAME_PACKAGE_HINT if versions else _OTHER_FILES_HINT
            raise ToolError(f"packages that the image has twice: {listed}", hint)
        if found:
            raise ToolError("; ".join(map(str, found)), _exclude_hint(found))


def _exclude_hint(collisions: Sequence[_Collision]) -> str:
    for each in collisions:
        for part in (each.first, each.second):
            if part.package:
                name = part.package.name
                return f'`exclude` of apt.package(name = "{name}", ...) leaves out a path of it'
    return "exclude it from one of them"
