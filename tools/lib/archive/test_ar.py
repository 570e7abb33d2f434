import io

import pytest

from tools.lib.archive import ar
from tools.lib.cli.errors import ToolError


def header(name: str, size: object) -> bytes:
    return f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{size:<10}`\n".encode()


def read(data: bytes) -> list[tuple[str, bytes]]:
    members = ar.members(io.BytesIO(data), len(data))
    return [(each.name, data[each.offset : each.offset + each.size]) for each in members]


def test_names_of_system_v_gnu_and_bsd() -> None:
    archive = (
        b"!<arch>\n"
        + (header("plain", 3) + b"one\n")
        + (header("gnu/", 2) + b"22")
        + (header("#1/12", 15) + b"a long name\x00333\n")
    )
    assert read(archive) == [("plain", b"one"), ("gnu", b"22"), ("a long name", b"333")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a .deb"),
        (b"!<arch>", "not a .deb"),
        (b"!<arch>\n" + header("a", 1), "truncated: 69 bytes announced, the file has 68"),
        (b"!<arch>\n" + header("a", -1), "ar header at byte 8: invalid size b'-1        '"),
        (b"!<arch>\n" + header("a", "1_0"), "invalid size"),
        (b"!<arch>\n" + header("#1/x", 0), "invalid size b'x'"),
        (b"!<arch>\n" + header("a", 0)[:-1], "damaged: no ar header at byte 8"),
        (b"!<arch>\n" + b"x" * 60, "damaged: no ar header at byte 8"),
    ],
)
def test_damaged_archives(data: bytes, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        read(data)
    assert message in str(caught.value)
