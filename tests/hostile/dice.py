"""Random choices of which most are usual."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

_UNUSUAL = 0.06

_T = TypeVar("_T")


def is_unusual(dice: random.Random) -> bool:
    return dice.random() < _UNUSUAL


def pick(dice: random.Random, usual: Sequence[_T], unusual: Sequence[_T]) -> _T:
    """Chooses what writers do, and once in a while what they do not."""
    return dice.choice(unusual if is_unusual(dice) else usual)
