"""Which images will soon get no more updates, or get none any more."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from tools.lib.lifecycle.lifecycle import Lifecycle

NEAR = datetime.timedelta(days=180)


def near_end(lifecycle: Lifecycle, today: datetime.date) -> list[str]:
    """A line for each image whose end of life is near or past, the earliest first.

    Architectures without long-term support are one line for each release of Debian.
    """
    return [text for _, text in sorted(_ends(lifecycle, today))]


def _ends(lifecycle: Lifecycle, today: datetime.date) -> Iterator[tuple[datetime.date, str]]:
    for support in lifecycle.all():
        if today + NEAR >= support.end_of_life:
            yield support.end_of_life, f"{support.image}: {_when(support.end_of_life, today)}"
    for name, distribution in lifecycle.distributions.items():
        long_term, last = distribution.long_term_architectures, distribution.support_ends
        if long_term is not None and today + NEAR >= last:
            names = ", ".join(sorted(long_term))
            yield last, f"{name}, but for {names}: {_when(last, today)}"


def _when(last: datetime.date, today: datetime.date) -> str:
    days = abs((last - today).days)
    count = f"{days} day{'' if days == 1 else 's'}"
    return (
        f"end of life was {last}, {count} ago"
        if last < today
        else f"end of life is {last}, in {count}"
    )
