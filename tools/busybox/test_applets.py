import pytest

from tools.busybox.applets import find_applets
from tools.lib.cli.errors import ToolError

NAMES = ["[", "[[", "busybox", "cat", "ls", "sh", "sha256sum", "zcat"]


def table(names: list[str]) -> bytes:
    """The table as a C compiler writes it: a NUL after each name, and that of the string."""
    return b"".join(name.encode() + b"\0" for name in names) + b"\0"


@pytest.mark.parametrize("before", [b"", b"\0", b" ", b"text", b"[\0[[\0"])
@pytest.mark.parametrize("after", [b"", b"\0\0", b"/var/log/wtmp\0"])
def test_the_table_is_found_whatever_surrounds_it(before: bytes, after: bytes) -> None:
    assert find_applets(b"\x7fELF" + before + table(NAMES) + after) == NAMES


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(table(["cat", "ls", "sh"]), id="no test command"),
        pytest.param(table(["[", "[[", "cat", "ls"]), id="no shell"),
        pytest.param(table([*NAMES[:2], *reversed(NAMES[2:])]), id="not sorted"),
        pytest.param(table([*NAMES, "zcat"]), id="duplicate name"),
        pytest.param(table([*NAMES[:2], "c/d", *NAMES[3:]]), id="slash in a name"),
        pytest.param(table([*NAMES, "zz\n"]), id="line feed in a name"),
        pytest.param(table(NAMES)[:-1], id="no end"),
    ],
)
def test_a_binary_without_a_table_is_an_error(data: bytes) -> None:
    with pytest.raises(ToolError, match="no table of applets"):
        find_applets(data)


def test_two_tables_are_an_error() -> None:
    with pytest.raises(ToolError, match="several tables of applets"):
        find_applets(table(NAMES) + table([*NAMES, "zz"]))
