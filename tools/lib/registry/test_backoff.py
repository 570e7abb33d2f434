from datetime import UTC, datetime

import pytest

from tools.lib.registry.backoff import Backoff, parse_retry_after
from tools.lib.registry.errors import RegistryError, TemporaryError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("7", 7.0),
        ("Thu, 01 Jan 2026 00:00:30 GMT", 30.0),
        ("Thu, 01 Jan 2025 00:00:00 GMT", 0.0),
        ("soon", None),
        (None, None),
    ],
)
def test_retry_after(value: str | None, expected: float | None) -> None:
    assert parse_retry_after(value, NOW) == expected


def test_waits_longer_each_time_and_gives_up() -> None:
    pauses: list[float] = []

    def fail(_: int) -> None:
        raise TemporaryError("busy")

    with pytest.raises(TemporaryError, match="busy"):
        Backoff(pauses.append).call(fail)
    assert pauses == [0.25, 1.0, 2.0, 4.0, 8.0, 16.0]


def test_the_registry_says_how_long_to_wait_up_to_a_limit() -> None:
    pauses: list[float] = []

    def fail(attempt: int) -> str:
        if attempt < 2:
            raise TemporaryError("busy", retry_after=(3.0, 1e9)[attempt])
        return "done"

    assert Backoff(pauses.append).call(fail) == "done"
    assert pauses == [3.0, 300.0]


def test_other_errors_are_final() -> None:
    def fail(_: int) -> None:
        raise RegistryError("no")

    with pytest.raises(RegistryError, match="no"):
        Backoff(lambda _: pytest.fail("waited")).call(fail)
