import pytest

from tools.lib.archive.tar_header import has_checksum, parse
from tools.lib.archive.testing import BLOCK, GNU, header, with_checksum
from tools.lib.cli.errors import ToolError

V7 = bytes(8)


def test_all_fields_are_read() -> None:
    block = header(
        name=b"a/b",
        mode=0o4755,
        uid=1000,
        gid=1001,
        size=5,
        mtime=1_700_000_000,
        typeflag=b"3",
        link=b"c",
        major=1,
        minor=3,
    )
    parsed = parse(block)
    assert (parsed.name, parsed.link, parsed.typeflag) == (b"a/b", b"c", b"3")
    assert (parsed.mode, parsed.uid, parsed.gid) == (0o4755, 1000, 1001)
    assert (parsed.size, parsed.mtime, parsed.device) == (5, 1_700_000_000, (1, 3))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"0000644\0", 0o644),
        (b"   644 \0", 0o644),
        (b"000644 \0", 0o644),
        (b"00000644", 0o644),
        (b"644\0\0\0\0\0", 0o644),
        (bytes(8), 0),
        (b"\x80\0\0\0\0\0\x01\xa4", 0o644),
    ],
)
def test_numbers_that_all_readers_read_alike(field: bytes, value: int) -> None:
    assert parse(header(uid=field)).uid == value


@pytest.mark.parametrize(
    "field",
    [
        b"\x000000644",  # Python: 0; GNU tar and Go: 420
        b" \0\0\0\0\0\0\0",  # GNU tar: an error
        b" " * 8,
        b"644\x001234",  # Go: an error
        b"6 44\0\0\0\0",
        b"-000001\0",
        b"+000001\0",
        b"0_644\0\0\0",  # Python reads it
        b"0o644\0\0\0",
        b"0000648\0",
        b"\t644\0\0\0\0",  # GNU tar and Python read it
        b"\x90\0\0\0\0\0\x01\xa4",  # Go reads it
        b"\xc0\0\0\0\0\0\x01\xa4",
        b"\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x80\0\0\x01\0\0\0\0",  # 2^32
        b"\x80\0\0\0\xff\xff\xff\xff",  # 2^32 - 1, which is not an owner
    ],
)
def test_numbers_that_readers_read_differently(field: bytes) -> None:
    with pytest.raises(ToolError, match="uid"):
        parse(header(uid=field))


def test_sizes_fill_their_field_and_times_may_be_negative() -> None:
    assert parse(header(size=b"777777777777")).size == 8**12 - 1
    assert parse(header(mtime=b"\xff" * 11 + b"\xfe")).mtime == -2
    assert parse(header(size=b"\x80" + (1 << 40).to_bytes(11, "big"))).size == 1 << 40


@pytest.mark.parametrize("field", ["size", "mode", "gid", "major"])
def test_negative_numbers(field: str) -> None:
    length = {"size": 12}.get(field, 8)
    with pytest.raises(ToolError, match="negative"):
        parse(header(**{field: b"\xff" * length}))


@pytest.mark.parametrize("field", ["size", "mtime"])
def test_numbers_of_more_than_63_bits(field: str) -> None:
    with pytest.raises(ToolError, match="invalid"):
        parse(header(**{field: b"\x80" + (1 << 63).to_bytes(11, "big")}))


def test_a_prefix_precedes_the_name() -> None:
    parsed = parse(header(name=b"c", prefix=b"a/b"))
    assert (parsed.name, parsed.has_prefix) == (b"a/b/c", True)
    assert parse(header(name=b"n" * 100, prefix=b"p" * 155)).name == b"p" * 155 + b"/" + b"n" * 100


@pytest.mark.parametrize("magic", [GNU, V7])
def test_a_prefix_in_a_format_that_has_none(magic: bytes) -> None:
    with pytest.raises(ToolError, match="a name prefix or an access time"):
        parse(header(magic=magic, prefix=b"14000000000\0"))


@pytest.mark.parametrize(
    "magic", [b"ustar \x00\x00", b"ustar000", b"USTAR\x0000", b"pax\0\0\0\0\0"]
)
def test_unknown_magic(magic: bytes) -> None:
    with pytest.raises(ToolError, match="unknown magic"):
        parse(header(magic=magic))


def test_star_s_headers_have_a_shorter_prefix_and_times() -> None:
    times = b"14524177377 " * 2
    prefix = b"p".ljust(131, b"\0") + times
    assert parse(header(prefix=prefix, trailer=bytes(8) + b"tar\0")).format == "star"
    assert parse(header(prefix=prefix)).format == "star"
    with pytest.raises(ToolError, match="star"):
        parse(header(prefix=b"p" * 155, trailer=bytes(8) + b"tar\0"))
    with pytest.raises(ToolError, match="invalid access or change time"):
        parse(header(prefix=bytes(131) + b"x" * 24, trailer=bytes(8) + b"tar\0"))


def test_modes_may_have_the_bits_of_the_type_but_of_no_other() -> None:
    assert parse(header(mode=0o100755)).mode == 0o755
    assert parse(header(mode=0o40755, typeflag=b"5")).mode == 0o755
    with pytest.raises(ToolError, match="contradicts the type"):
        parse(header(mode=0o40755))
    with pytest.raises(ToolError, match="contradicts the type"):
        parse(header(mode=b"\x80\0\0\0\0\x10\0\0"))


def test_device_numbers_that_linux_does_not_have() -> None:
    with pytest.raises(ToolError, match="device number 4096"):
        parse(header(typeflag=b"3", major=4096))
    with pytest.raises(ToolError, match="in a format that has none"):
        parse(header(typeflag=b"3", major=1, magic=V7))


def test_a_checksum_is_the_sum_of_all_bytes() -> None:
    assert has_checksum(header(name=b"\xff" * 100))
    assert not has_checksum(b"x" * BLOCK)
    changed = bytearray(header())
    changed[0] += 1
    assert not has_checksum(bytes(changed))
    assert has_checksum(with_checksum(bytes(changed)))


def test_a_checksum_of_signed_bytes_as_old_writers_have_it() -> None:
    block = header(name=b"\xe9")
    signed = int(block[148:154], 8) - 256
    assert has_checksum(block[:148] + b"%06o\0 " % signed + block[156:])
