import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.oci.rfc3339 import parse_time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "inf",
        "2025-01-31",
        "2025-13-01T00:00:00Z",
        "2025-01-31T12:00:00",
        "2025-01-31 12:00:00Z",
        "0000-01-01T00:00:00Z",
        "9" * 5000,
    ],
)
def test_times_that_go_does_not_parse_are_invalid(text: str) -> None:
    with pytest.raises(ToolError, match=r"^here: invalid time"):
        parse_time(text, "here")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2025-01-01T01:00:00.5+01:00", 1735689600.5),
        ("1970-01-01t00:00:00z", 0),
        ("0001-01-01T00:00:00+23:59", -62135683140),
        ("9999-12-31T23:59:59-23:59", 253402387139),
    ],
)
def test_times_are_seconds_since_1970(text: str, seconds: float) -> None:
    assert parse_time(text, "here") == seconds
