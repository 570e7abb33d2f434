"""Tar archives for tests, down to the bytes of each field.

archive(header(name=b"a", size=b"5"), b"hello") is a whole archive; fields may have any content, the
checksum is right.
"""

from __future__ import annotations

from collections.abc import Iterable

BLOCK = 512
END = bytes(2 * BLOCK)
USTAR = b"ustar\x0000"
GNU = b"ustar  \0"

_FIELDS = {
    "name": (0, 100),
    "mode": (100, 8),
    "uid": (108, 8),
    "gid": (116, 8),
    "size": (124, 12),
    "mtime": (136, 12),
    "typeflag": (156, 1),
    "link": (157, 100),
    "magic": (257, 8),
    "major": (329, 8),
    "minor": (337, 8),
    "prefix": (345, 155),
    "trailer": (500, 12),
}


def header(**fields: bytes | int) -> bytes:
    """A header block: an empty file `a` in the ustar format, but for the given fields.

    Numbers become octal digits, bytes are written as they are.
    """
    values: dict[str, bytes | int] = {"name": b"a", "mode": 0o644, "uid": 0, "gid": 0, "size": 0}
    values |= {"mtime": 0, "typeflag": b"0", "magic": USTAR, "major": 0, "minor": 0}
    block = bytearray(BLOCK)
    for name, value in (values | fields).items():
        offset, length = _FIELDS[name]
        data = value if isinstance(value, bytes) else b"%0*o\0" % (length - 1, value)
        assert len(data) <= length, name
        block[offset : offset + len(data)] = data
    return with_checksum(bytes(block))


def with_checksum(block: bytes) -> bytes:
    """A header block with the checksum of its bytes."""
    bare = block[:148] + b" " * 8 + block[156:]
    return bare[:148] + b"%06o\0 " % sum(bare) + bare[156:]


def padded(data: bytes) -> bytes:
    """Data filled up to a whole block."""
    return data + bytes(-len(data) % BLOCK)


def archive(*pieces: bytes) -> bytes:
    """An archive of headers and data, each filled up to whole blocks, with its end."""
    return b"".join(map(padded, pieces)) + END


def record(keyword: bytes, value: bytes) -> bytes:
    """A record of a pax header."""
    length = len(keyword) + len(value) + 3
    length += len(str(length + len(str(length))))
    return b"%d %s=%s\n" % (length, keyword, value)


def pax(records: Iterable[tuple[bytes, bytes]] | bytes, typeflag: bytes = b"x") -> bytes:
    """A pax header with these records, or with this data."""
    data = records if isinstance(records, bytes) else b"".join(record(*each) for each in records)
    return header(name=b"PaxHeader", typeflag=typeflag, size=len(data)) + padded(data)


def long_text(typeflag: bytes, text: bytes) -> bytes:
    """A header of GNU's that has the next entry's name (`L`) or link (`K`)."""
    block = header(name=b"././@LongLink", typeflag=typeflag, size=len(text) + 1, magic=GNU)
    return block + padded(text + b"\0")


def sparse_1_0(name: bytes, pieces: Iterable[tuple[int, int]], size: int) -> bytes:
    """A sparse file in GNU's pax format 1.0, whose pieces are the bytes 1, 2, ..., repeated."""
    pairs = list(pieces)
    numbers = [len(pairs), *(number for pair in pairs for number in pair)]
    data = padded(b"".join(b"%d\n" % number for number in numbers))
    data += b"".join(bytes([1 + at % 255]) * length for at, (_, length) in enumerate(pairs))
    keywords = {b"major": b"1", b"minor": b"0", b"name": name, b"realsize": b"%d" % size}
    extended = pax((b"GNU.sparse." + key, value) for key, value in keywords.items())
    return extended + header(name=b"GNUSparseFile.0/x", size=len(data)) + padded(data)
