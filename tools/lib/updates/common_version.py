"""Chooses one version for all architectures of an image."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class CommonVersion(Generic[V]):
    """What all architectures can have.

    Attributes:
        version: the newest that all have; None if it is older than a locked one.
        held_back: the newest that only some have, if it is newer than both; else None.
        missing: the architectures that do not have `held_back`, sorted.
    """

    version: V | None
    held_back: V | None = None
    missing: tuple[str, ...] = ()


def choose_common_version(
    available: Mapping[str, Collection[V]], locked: Collection[V], order: Callable[[V], Any]
) -> CommonVersion[V]:
    """Chooses the newest version that all architectures have.

    Args:
        available: the versions that each architecture has.
        locked: the versions that are locked now.
        order: the sort key of a version.
    """
    oldest_allowed = max(locked, key=order)
    everywhere = set.intersection(*map(set, available.values()))
    version = max(everywhere, key=order, default=None)
    if version is not None and order(version) < order(oldest_allowed):
        version = None
    newest = max(set().union(*available.values()), key=order, default=oldest_allowed)
    if order(newest) <= order(oldest_allowed if version is None else version):
        return CommonVersion(version)
    missing = sorted(name for name, versions in available.items() if newest not in versions)
    return CommonVersion(version, newest, tuple(missing))


def held_back_note(what: str, version: str, missing: Collection[str]) -> str:
    """The line that says why a newer version is not locked.

    Args:
        what: has the version, such as `nodejs: node24`.
        version: the newer one.
        missing: the architectures that do not have it.
    """
    return f"{what}: {version} is held back: not yet available for {', '.join(missing)}"
