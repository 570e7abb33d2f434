"""Tries again what failed for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tools.lib.registry.errors import TemporaryError

T = TypeVar("T")

_PAUSES = (0.25, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before each further attempt, if the registry does not say how long to wait."""
_CONNECT_PAUSES = _PAUSES[:2]
"""The same when no connection was made: a host that refuses seldom changes its mind."""
_LONGEST = 300.0
"""Seconds to wait at most, whatever the registry says."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often to try again, and how to wait. Tests give another `pause`."""

    pause: Callable[[float], None] = time.sleep
    notice: Callable[[str], None] = lambda _: None
    """Called with one line before each wait."""

    def call(self, function: Callable[[int], T]) -> T:
        """Calls `function` with the number of the attempt until it succeeds.

        Raises:
            TemporaryError: the last attempt's, once there were enough.
        """
        attempt = 0
        while True:
            try:
                return function(attempt)
            except TemporaryError as error:
                pauses = _PAUSES if error.connected else _CONNECT_PAUSES
                if attempt >= len(pauses):
                    raise
                wait = error.retry_after
                seconds = pauses[attempt] if wait is None else min(wait, _LONGEST)
                self.notice(f"{error.message}; trying again in {seconds:g} s")
                self.pause(seconds)
                attempt += 1


def parse_retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds to wait by a Retry-After header (RFC 9110, 10.2.3); None if it says nothing."""
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())
