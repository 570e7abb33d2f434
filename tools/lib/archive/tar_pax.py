"""Parses pax extended headers of tar archives, strictly.

Sources of the format: POSIX.1-2017, pax(1), "pax Extended Header"; star(1) for SCHILY.*; GNU tar's
manual, "Storing Sparse Files", for GNU.sparse.*.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tools.lib.archive.limits import MAX_OWNER, MAX_XATTR_NAME, MAX_XATTR_VALUE
from tools.lib.cli.errors import ToolError

_XATTR = b"SCHILY.xattr."
_SPARSE = b"GNU.sparse."
# Format 0.0 has this pair of keywords for each piece of a file.
_SPARSE_PAIR = (b"GNU.sparse.offset", b"GNU.sparse.numbytes")

_LENGTH = re.compile(rb"[1-9][0-9]{0,6} (?=[!-<>-~\x80-\xff])")
_DECIMAL = re.compile(rb"0|[1-9][0-9]{0,18}")
_TIME = re.compile(rb"(-?[0-9]{1,18})(\.[0-9]+)?")
_MAX_DECIMAL = (1 << 63) - 1

# Extensions that make another file of an entry for some readers only.
_REFUSED = (
    b"GNU.dumpdir",
    b"GNU.volume.",
    b"SCHILY.realsize",
    b"SCHILY.offset",
    b"SCHILY.filetype",
    b"SCHILY.devmajor",
    b"SCHILY.devminor",
)
# What a global header may have. Runtimes ignore global headers, GNU tar and Python apply them.
_GLOBAL = (b"comment",)


@dataclass(frozen=True, slots=True)
class PaxHeader:
    """What an extended header says about the next entry; None where it says nothing.

    `xattrs` are names to raw values. `sparse` has the values of GNU.sparse.* by the rest of the
    keyword; `pairs` are offsets and lengths, in turn, of the pieces of a sparse file in format 0.0.
    `count` is the number of records.
    """

    path: bytes | None
    link: bytes | None
    size: int | None
    uid: int | None
    gid: int | None
    mtime: int | None
    xattrs: Mapping[str, bytes]
    sparse: Mapping[str, bytes]
    pairs: tuple[int, ...]
    count: int


NO_PAX = PaxHeader(None, None, None, None, None, None, {}, {}, (), 0)


def parse(data: bytes) -> PaxHeader:
    """Parses the data of a header of type `x`.

    Raises:
        ToolError: it is malformed, or readers of the format disagree about it.
    """
    values: dict[bytes, bytes] = {}
    xattrs: dict[str, bytes] = {}
    sparse: dict[str, bytes] = {}
    pairs: list[int] = []
    for keyword, value in _records(data):
        if keyword in _SPARSE_PAIR:
            if keyword != _SPARSE_PAIR[len(pairs) % 2]:
                raise ToolError("the map of a sparse file is out of order")
            pairs.append(decimal(value, keyword))
            continue
        if keyword in values:
            raise ToolError(f"duplicate keyword {_shown(keyword)}")
        if keyword.startswith(_REFUSED):
            raise ToolError(f"unsupported keyword {_shown(keyword)}")
        if keyword == b"path" and "name" in sparse:
            raise ToolError("a path after GNU.sparse.name")  # of two, Python takes the last
        values[keyword] = value
        if keyword.startswith(_XATTR):
            xattrs[_xattr_name(keyword)] = _xattr_value(keyword, value)
        elif keyword.startswith(_SPARSE):
            if not value:
                raise ToolError(f"empty {_shown(keyword)}")
            sparse[keyword[len(_SPARSE) :].decode("ascii", "replace")] = value
    if pairs and data.count(_SPARSE) != len(pairs) + len(sparse):
        # Python finds the pairs by a search through the whole header, values included.
        raise ToolError("the map of a sparse file is ambiguous")
    for keyword in (b"uname", b"gname"):
        _text(values, keyword)
    for keyword in (b"atime", b"ctime"):
        _value(values, keyword, _seconds)
    return PaxHeader(
        _text(values, b"path"),
        _text(values, b"linkpath"),
        _value(values, b"size", decimal),
        _value(values, b"uid", _owner),
        _value(values, b"gid", _owner),
        _value(values, b"mtime", _seconds),
        xattrs,
        sparse,
        tuple(pairs),
        len(values) + len(pairs),
    )


def check_global(data: bytes) -> None:
    """Checks the data of a header of type `g`: it may hold a comment, as git-archive(1) writes.

    Raises:
        ToolError: it is malformed, or changes what follows for some readers only.
    """
    seen: set[bytes] = set()
    for keyword, _ in _records(data):
        if keyword not in _GLOBAL or keyword in seen:
            raise ToolError(
                f"unsupported keyword {_shown(keyword)}",
                "container runtimes ignore global headers: write it for each entry",
            )
        seen.add(keyword)


def decimal(value: bytes, keyword: bytes) -> int:
    """A number of 0 to 2^63-1 in decimal digits."""
    if _DECIMAL.fullmatch(value) and (parsed := int(value)) <= _MAX_DECIMAL:
        return parsed
    raise ToolError(f"invalid {_shown(keyword)} {value[:80]!r}")


def _records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keywords and values of records `<length> <keyword>=<value>\\n`."""
    at = 0
    while at < len(data):
        start = _LENGTH.match(data, at)
        if start is None:
            raise ToolError("malformed record")
        end = at + int(start[0])
        keyword, equals, value = data[start.end() : end - 1].partition(b"=")
        if not equals or data[end - 1 : end] != b"\n" or b"\0" in keyword:
            raise ToolError("malformed record")
        yield keyword, value
        at = end
    if not data:
        raise ToolError("empty")


def _text(values: Mapping[bytes, bytes], keyword: bytes) -> bytes | None:
    value = values.get(keyword)
    if value is not None and (not value or b"\0" in value):
        raise ToolError(f"invalid {_shown(keyword)} {value[:80]!r}")
    return value


def _value(
    values: Mapping[bytes, bytes], keyword: bytes, parse: Callable[[bytes, bytes], int]
) -> int | None:
    return parse(values[keyword], keyword) if keyword in values else None


def _owner(value: bytes, keyword: bytes) -> int:
    owner = decimal(value, keyword)
    if owner > MAX_OWNER:
        raise ToolError(f"{keyword.decode()} {owner} is larger than {MAX_OWNER}")
    return owner


def _seconds(value: bytes, keyword: bytes) -> int:
    """The whole part of a time, with the sign; seconds since 1970."""
    if match := _TIME.fullmatch(value):
        return int(match[1])
    raise ToolError(f"invalid {_shown(keyword)} {value[:80]!r}")


def _xattr_name(keyword: bytes) -> str:
    name = keyword[len(_XATTR) :]
    # GNU tar decodes %3D and %25, Go does not.
    if not name or len(name) > MAX_XATTR_NAME or b"%" in name:
        raise ToolError(f"invalid name of an extended attribute {_shown(name)}")
    return name.decode("utf-8", "surrogateescape")


def _xattr_value(keyword: bytes, value: bytes) -> bytes:
    # Go drops attributes without a value.
    if not 0 < len(value) <= MAX_XATTR_VALUE:
        raise ToolError(f"{_shown(keyword)} has {len(value)} bytes")
    return value


def _shown(keyword: bytes) -> str:
    return keyword[:80].decode("utf-8", "replace")
