"""Extended headers of tar archives. Source of the format: POSIX.1-2017, pax(1)."""

from __future__ import annotations

from collections.abc import Mapping

from tools.lib.cli.errors import ToolError

Records = dict[bytes, bytes]
"""Values by keyword."""

_XATTR = b"SCHILY.xattr."  # star's, which GNU tar has too


def parse(data: bytes) -> Records:
    """Reads a header's data, records `<length> <keyword>=<value>\\n`; a ToolError if it is none."""
    records: Records = {}
    while data:
        digits, _, _ = data.partition(b" ")
        length = int(digits) if digits.isdigit() and len(digits) < 8 else 0
        keyword, equals, value = data[len(digits) + 1 : length].partition(b"=")
        if not equals or not value.endswith(b"\n") or length > len(data):
            raise ToolError("damaged: a pax header that is no list of keywords")
        if keyword in (b"GNU.sparse.offset", b"GNU.sparse.numbytes"):
            # Version 0.0 repeats them; 0.1 has the same numbers in one list.
            known = records.get(b"GNU.sparse.map")
            keyword, value = b"GNU.sparse.map", (known + b"," if known else b"") + value
            value = value.removesuffix(b"\n") + b"\n"
        records[keyword] = value[:-1]
        data = data[length:]
    return records


def decimal(records: Mapping[bytes, bytes], keyword: bytes, default: int, path: str) -> int:
    """The whole part of a number among `records`, else `default`; `path` is for errors."""
    if keyword not in records:
        return default
    whole, _, fraction = records[keyword].partition(b".")
    negative = whole.startswith(b"-")
    digits = whole[1:] if negative else whole
    if not digits.isdigit() or len(digits) > 19 or (fraction and not fraction.isdigit()):
        raise ToolError(f"{path}: {keyword.decode()} is {records[keyword]!r}")
    return -int(digits) if negative else int(digits)


def xattrs(records: Mapping[bytes, bytes]) -> dict[str, bytes]:
    """Extended attributes, by their names."""
    return {
        keyword.removeprefix(_XATTR).decode("utf-8", "surrogateescape"): value
        for keyword, value in records.items()
        if keyword.startswith(_XATTR)
    }
