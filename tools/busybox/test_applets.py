import pytest

from tools.busybox.applets import applets
from tools.lib.cli.errors import ToolError

NAMES = ["[", "[[", "busybox", "cat", "ls", "sh", "sha256sum", "zcat"]


def table(names: list[str]) -> bytes:
    """As C's compiler writes it: a NUL after each, and that of the whole text."""
    return b"".join(name.encode() + b"\0" for name in names) + b"\0"


@pytest.mark.parametrize("before", [b"", b"\0", b" ", b"text", b"[\0[[\0"])
@pytest.mark.parametrize("after", [b"", b"\0\0", b"/var/log/wtmp\0"])
def test_the_table_is_found_whatever_stands_around_it(before: bytes, after: bytes) -> None:
    assert applets(b"\x7fELF" + before + table(NAMES) + after) == NAMES


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(table(["cat", "ls", "sh"]), id="no shell's own names"),
        pytest.param(table(["[", "[[", "cat", "ls"]), id="no shell"),
        pytest.param(table([*NAMES[:2], *reversed(NAMES[2:])]), id="no order"),
        pytest.param(table([*NAMES, "zcat"]), id="a name twice"),
        pytest.param(table([*NAMES[:2], "c/d", *NAMES[3:]]), id="a path"),
        pytest.param(table([*NAMES, "zz\n"]), id="no name"),
        pytest.param(table(NAMES)[:-1], id="no end"),
    ],
)
def test_what_is_no_table_is_told(data: bytes) -> None:
    with pytest.raises(ToolError, match="it has no tables of busybox's programs"):
        applets(data)


def test_one_of_two_tables_is_not_chosen() -> None:
    with pytest.raises(ToolError, match="it has 2 tables"):
        applets(table(NAMES) + table([*NAMES, "zz"]))
