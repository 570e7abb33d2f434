import pytest

from tools.lib.archive.tar_pax import check_global, parse
from tools.lib.archive.testing import record
from tools.lib.cli.errors import ToolError


def test_keywords_that_describe_an_entry() -> None:
    parsed = parse(
        record(b"path", b"a\xff")
        + record(b"linkpath", b"b=c\n")
        + record(b"size", b"9223372036854775807")
        + record(b"uid", b"4294967294")
        + record(b"gid", b"0")
        + record(b"mtime", b"1700000000.999999999")
        + record(b"atime", b"-5.5")
        + record(b"SCHILY.xattr.security.capability", b"\1\0=\n\xff")
        + record(b"VENDOR.anything", b"")
    )
    assert (parsed.path, parsed.link, parsed.size) == (b"a\xff", b"b=c\n", 2**63 - 1)
    assert (parsed.uid, parsed.gid, parsed.mtime) == (4294967294, 0, 1_700_000_000)
    assert parsed.xattrs == {"security.capability": b"\1\0=\n\xff"}
    assert parsed.count == 9


def test_what_is_not_there_is_none() -> None:
    parsed = parse(record(b"comment", b"x"))
    assert (parsed.path, parsed.link, parsed.size, parsed.uid, parsed.mtime) == (None,) * 5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x" * 512,
        b"8 size=1\n",
        b"11 size=1\n",
        b"99999 size=1\n",
        b"9 size=1\n\0\0",
        b"010 size=1\n",
        b"+10 size=1\n",
        b"10  size=1\n",
        b"9 size=1 ",
        b"7 size\n",
        b"5 =1\n",
        b"12 a\0b=1234\n",
        b"9" * 5000,
    ],
)
def test_malformed_records(data: bytes) -> None:
    with pytest.raises(ToolError, match=r"malformed record|empty"):
        parse(data)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        (b"path", b""),
        (b"path", b"a\0b"),
        (b"linkpath", b"\0"),
        (b"uname", b"a\0"),
        (b"size", b"-1"),
        (b"size", b"1_0"),
        (b"size", b" 1"),
        (b"size", b"01"),
        (b"size", b"9223372036854775808"),
        (b"size", b"9" * 5000),
        (b"uid", b"4294967295"),
        (b"gid", b"+1"),
        (b"mtime", b"inf"),
        (b"mtime", b"nan"),
        (b"mtime", b"1e9"),
        (b"mtime", b"1."),
        (b"ctime", b"yesterday"),
        (b"SCHILY.xattr.", b"x"),
        (b"SCHILY.xattr.user.a%3Db", b"x"),
        (b"SCHILY.xattr.user.a", b""),
        (b"SCHILY.xattr.user.a", b"x" * 65537),
        (b"SCHILY.realsize", b"5"),
        (b"GNU.volume.label", b"x"),
    ],
)
def test_values_that_readers_read_differently(keyword: bytes, value: bytes) -> None:
    with pytest.raises(ToolError):
        parse(record(keyword, value))


def test_a_keyword_twice() -> None:
    with pytest.raises(ToolError, match="duplicate keyword path"):
        parse(record(b"path", b"a") + record(b"path", b"b"))


def test_pieces_of_sparse_files_come_in_pairs() -> None:
    offset, length = (record(b"GNU.sparse." + name, b"5") for name in (b"offset", b"numbytes"))
    assert parse(offset + length + offset + length).pairs == (5, 5, 5, 5)
    for data in (length, offset + offset):
        with pytest.raises(ToolError, match="out of order"):
            parse(data)
    with pytest.raises(ToolError, match="ambiguous"):
        parse(offset + length + record(b"comment", b"27 GNU.sparse.offset=9\n"))


def test_the_name_of_a_sparse_file_is_its_last_name() -> None:
    path, name = record(b"path", b"a"), record(b"GNU.sparse.name", b"b")
    assert parse(path + name).sparse == {"name": b"b"}
    with pytest.raises(ToolError, match=r"a path after GNU\.sparse\.name"):
        parse(name + path)


def test_a_global_header_has_nothing_but_a_comment() -> None:
    comment = record(b"comment", b"6f1805e5e5d2a3d7a8e4d4d7e8fd2a3d7a8e4d4d")
    check_global(comment)
    for data in (record(b"path", b"a"), record(b"mtime", b"5"), comment + comment, b""):
        with pytest.raises(ToolError):
            check_global(data)
