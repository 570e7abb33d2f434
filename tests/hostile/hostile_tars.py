"""Tars that cost much, or that programs read differently.

They are layers of images, and the files of packages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools.lib.archive.testing import (
    BLOCK,
    GNU,
    archive,
    header,
    long_text,
    padded,
    pax,
    record,
    sparse_1_0,
    with_checksum,
)

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Hostile:
    """An archive, made when it is needed, and a regular expression for its error."""

    make: Callable[[], bytes]
    message: str


def _small_records() -> bytes:
    data = b"".join(record(b"k%d" % number, b"") for number in range(60_000))
    return archive(*[pax(data) + header(name=b"%d" % number) for number in range(20)])


def _deep_directories() -> bytes:
    names = (b"%02d/" % number + b"a/" * 2044 for number in range(63))
    return archive(*(long_text(b"L", name) + header(magic=GNU) for name in names))


def _hole(size: int) -> bytes:
    return archive(sparse_1_0(b"hole", [(size, 0)], size))


def _old_sparse_map() -> bytes:
    pair = b"%011o\0%011o\0" % (0, 0)
    start = bytearray(header(typeflag=b"S", magic=GNU))
    start[386:482] = pair * 4
    start[482] = 1
    start[483:495] = b"%011o\0" % 0
    more = bytearray(padded(pair * 21))
    more[504] = 1
    return with_checksum(bytes(start)) + bytes(more) * 100_000


def _xattrs() -> Iterator[bytes]:
    values = b"".join(record(b"SCHILY.xattr.user.%d" % at, b"x" * 60_000) for at in range(17))
    for number in range(50):
        yield pax(values) + header(name=b"%d" % number)


def _long_names() -> Iterator[bytes]:
    for number in range(12_000):
        name = b"%05d/" % number + b"/".join([b"n" * 255] * 15)
        yield long_text(b"L", name) + header(magic=GNU)


TARS = {
    # Numbers that GNU tar, Go and Python read differently.
    "size_with_leading_nul": Hostile(
        lambda: archive(header(size=b"\x000000002000\0"), header(name=b"etc/evil")), "invalid size"
    ),
    "size_negative": Hostile(lambda: archive(header(size=b"\xff" * 12)), "negative size"),
    "size_of_go_alone": Hostile(
        lambda: archive(header(size=b"\x90" + bytes(10) + b"\5"), b"hello"), "invalid size"
    ),
    "size_of_2_to_the_63": Hostile(
        lambda: archive(header(size=b"\x80\0\0\0" + (1 << 63).to_bytes(8, "big"))), "invalid size"
    ),
    "size_of_2_to_the_62": Hostile(
        lambda: archive(header(size=b"\x80\0\0\0" + (1 << 62).to_bytes(8, "big"))), "bytes"
    ),
    "mode_in_base_256": Hostile(lambda: archive(header(mode=b"\x80" + b"\x7f" * 7)), "mode"),
    "owner_2_to_the_32": Hostile(
        lambda: archive(header(uid=b"\x80\0\0\1\0\0\0\0")), "uid 4294967296 is larger"
    ),
    "owner_2_to_the_32_less_1": Hostile(
        lambda: archive(pax([(b"gid", b"4294967295")]), header()), "gid 4294967295 is larger"
    ),
    "pax_size_of_10_to_the_19": Hostile(
        lambda: archive(pax([(b"size", b"9" * 19 + b"9")]), header()), "invalid size"
    ),
    "pax_number_of_5000_digits": Hostile(
        lambda: archive(pax([(b"uid", b"9" * 5000)]), header()), "invalid uid"
    ),
    "pax_time_infinite": Hostile(
        lambda: archive(pax([(b"mtime", b"inf")]), header()), "invalid mtime"
    ),
    # Headers before an entry.
    "two_long_names": Hostile(
        lambda: archive(long_text(b"L", b"a"), long_text(b"L", b"bin/backdoor"), header()),
        "a second extended header",
    ),
    "pax_and_long_name": Hostile(
        lambda: archive(pax([(b"path", b"a")]), long_text(b"L", b"b"), header()),
        "a second extended header",
    ),
    "chain_of_pax_headers": Hostile(
        lambda: archive(*[pax([(b"mtime", b"5")])] * 5000, header()), "a second extended header"
    ),
    "pax_header_of_2_gib": Hostile(
        lambda: header(typeflag=b"x", size=2 << 30) + bytes(60 * MIB), "extended header at byte 0"
    ),
    "long_name_of_2_gib": Hostile(
        lambda: header(typeflag=b"L", size=2 << 30) + bytes(60 * MIB), "extended header at byte 0"
    ),
    "global_path": Hostile(
        lambda: archive(pax([(b"path", b"b")], b"g"), header()), "unsupported keyword path"
    ),
    "global_defaults": Hostile(
        lambda: archive(
            pax([(b"%06d" % at, b"") for at in range(60_000)], b"g"),
            *[header(name=b"%d" % at) for at in range(20_000)],
        ),
        "unsupported keyword",
    ),
    "pax_of_many_records": Hostile(_small_records, "more than 131072 entries"),
    "pax_of_digits": Hostile(
        lambda: archive(pax((b"1" * 40 + b" ") * 20_000), header()), "malformed record"
    ),
    "pax_keyword_twice": Hostile(
        lambda: archive(pax([(b"path", b"a"), (b"path", b"b")]), header()), "duplicate keyword"
    ),
    "pax_nul_in_name": Hostile(
        lambda: archive(pax([(b"path", b"a\0b")]), header()), "invalid path"
    ),
    # Types and names.
    "file_with_a_slash": Hostile(
        lambda: archive(header(name=b"dir/")), "a file whose name ends in a slash"
    ),
    "data_of_a_directory": Hostile(
        lambda: archive(header(typeflag=b"5", size=BLOCK), header(name=b"hidden")),
        "a directory with 512 bytes of data",
    ),
    "sparse_symlink": Hostile(
        lambda: archive(
            pax([(b"GNU.sparse.map", b"0,512"), (b"GNU.sparse.size", b"512")]),
            header(typeflag=b"2", link=b"x"),
            header(name=b"hidden"),
        ),
        "the map of a sparse file for another type of entry",
    ),
    "component_of_300": Hostile(
        lambda: archive(long_text(b"L", b"n" * 300), header(magic=GNU)), "more than 255 bytes"
    ),
    "path_of_5000": Hostile(
        lambda: archive(long_text(b"L", b"n/" * 2500 + b"n"), header(magic=GNU)), "4095 bytes"
    ),
    "symlink_of_a_megabyte": Hostile(
        lambda: archive(
            long_text(b"K", b"../" * 300_000), header(name=b"s", typeflag=b"2", magic=GNU)
        ),
        "4095 bytes",
    ),
    "deep_directories": Hostile(_deep_directories, "more than 256 components"),
    "path_above_the_root": Hostile(lambda: archive(header(name=b"../x")), "contains '\\.\\.'"),
    # Sizes.
    "hole_of_20_gib": Hostile(lambda: _hole(20 << 30), "bytes of files"),
    "holes_of_50_mib": Hostile(
        lambda: archive(*(sparse_1_0(b"%d" % at, [(50 * MIB, 0)], 50 * MIB) for at in range(100))),
        "bytes of files",
    ),
    "map_without_end": Hostile(_old_sparse_map, "sparse file"),
    "many_xattrs": Hostile(lambda: archive(*_xattrs()), "bytes of names"),
    "many_long_names": Hostile(lambda: archive(*_long_names()), "bytes of names|directories"),
    "many_entries": Hostile(
        lambda: archive(*(header(name=b"%d" % at) for at in range(140_000))),
        "more than [0-9]+ (entries|bytes)",
    ),
    "no_entries_but_zeros": Hostile(lambda: bytes(300 * MIB), "bytes uncompressed"),
}
