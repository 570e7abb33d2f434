"""Packages that cost much, or that dpkg reads differently."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator

import zstandard

from tests.hostile.hostile_tars import MIB, Hostile
from tools.lib.archive.testing import GNU, archive, header, long_text
from tools.lib.debian.testing import CONTROL, ar, deb, directory, file, hardlink, symlink, tar


def package(data: bytes) -> bytes:
    """A package with the tar `data`, compressed by zstd."""
    return deb(data=data, suffix=".zst")


def _compressed(data: bytes, suffix: str) -> bytes:
    """A package whose data.tar is `data`, already compressed."""
    control = gzip.compress(tar(file("control", CONTROL)))
    members = [("debian-binary", b"2.0\n"), ("control.tar.gz", control)]
    return ar([*members, (f"data.tar{suffix}", data)])


def _elf(dynamic: list[tuple[int, int]], strings: bytes) -> bytes:
    """A shared library for amd64 with these entries of its dynamic section."""
    table = b"".join(struct.pack("<qQ", *entry) for entry in [*dynamic, (5, 0x10000000), (0, 0)])
    start = 64 + 2 * 56
    at = start + len(table)
    load = struct.pack("<IIQQQQQQ", 1, 4, at, 0x10000000, 0, len(strings), len(strings), 1)
    section = struct.pack("<IIQQQQQQ", 2, 4, start, 0, 0, len(table), len(table), 1)
    ident = b"\x7fELF\2\1\1".ljust(16, b"\0")
    head = ident + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    return head + load + section + table + strings


def _many_directories() -> Iterator[bytes]:
    """Paths of 250 directories each, all different."""
    for number in range(1000):
        path = b"/".join(b"%03d" % number for _ in range(250))
        yield long_text(b"L", path + b"/") + header(typeflag=b"5", magic=GNU)


def _hard_link_chain() -> bytes:
    links = (header(name=b"%d" % at, typeflag=b"1", link=b"%d" % (at + 1)) for at in range(50_000))
    return archive(*links, header(name=b"50000"))


PACKAGES = {
    "control_of_60_mib": Hostile(
        lambda: deb(file("a"), control=CONTROL + b" x\n" * (20 * MIB)), "control"
    ),
    "control_of_a_million_lines": Hostile(
        lambda: deb(file("a"), control=CONTROL + b" x\n" * 1_000_000), "control"
    ),
    "package_name_of_5000": Hostile(
        lambda: deb(file("a"), control=CONTROL.replace(b"sample", b"s" * 5000)),
        "control: Package: invalid package name",
    ),
    "version_of_5000_digits": Hostile(
        lambda: deb(file("a"), control=CONTROL.replace(b"1.2-3", b"9" * 5000)), "control: Version"
    ),
    "installed_size_lies": Hostile(
        lambda: deb(
            file("a"),
            control=CONTROL + b"Installed-Size: 99999999\n",
            suffix=".zst",
            data=bytes(70 * MIB),
        ),
        "more than 67108864 bytes uncompressed",
    ),
    "two_xz_streams": Hostile(
        lambda: _compressed(
            b"".join(map(_xz, (tar(file("a"))[:512], tar(file("a"))[512:]))), ".xz"
        ),
        "more data after the end of the .xz stream",
    ),
    "two_zstd_frames": Hostile(
        lambda: _compressed(zstandard.compress(tar(file("a"))) + zstandard.compress(b""), ".zst"),
        "more data after the end of the .zst stream",
    ),
    "empty_zstd_frames": Hostile(
        lambda: _compressed(zstandard.compress(b"") * 1_000_000, ".zst"), "more data after the end"
    ),
    "empty_gzip_members": Hostile(
        lambda: _compressed(gzip.compress(b"") * 500_000, ".gz"), "more than 4096 tiny .gz streams"
    ),
    "members_of_one_byte": Hostile(
        lambda: _compressed(gzip.compress(b"\0") * 500_000, ".gz"), "more than 4096 tiny"
    ),
    "bomb_of_10_gib": Hostile(
        lambda: _compressed(zstandard.compress(bytes(MIB)) * 10_000, ".zst"), "more data after"
    ),
    "registration_below_a_file": Hostile(lambda: deb(file("./var"), file("./usr/a")), "var"),
    "registration_below_a_link": Hostile(
        lambda: deb(symlink("./var", "usr"), file("./usr/a")), "var"
    ),
    "file_below_the_registration": Hostile(
        lambda: deb(file("./var/lib/dpkg/status.d/sample/x")), "var/lib/dpkg/status.d/sample"
    ),
    "directory_for_the_registration": Hostile(
        lambda: deb(directory("./var/lib/dpkg/status.d/sample"), file("./a")),
        "var/lib/dpkg/status.d/sample",
    ),
    "search_paths_of_an_elf_file": Hostile(
        lambda: deb(file("./a", _elf([(29, 0)] * 60_000, b":" * 4000 + b"\0"))), "a: "
    ),
    "names_of_libraries_of_an_elf_file": Hostile(
        lambda: deb(file("./a", _elf([(1, 0)] * 60_000, b"n" * 4000 + b"\0"))), "a: "
    ),
    "many_directories": Hostile(lambda: package(archive(*_many_directories())), "directories"),
    "ar_of_many_members": Hostile(
        lambda: ar([("debian-binary", b"2.0\n"), *((f"_{at}", b"") for at in range(160_000))]),
        "member",
    ),
    "hard_links_in_a_circle": Hostile(
        lambda: deb(*(hardlink(f"./{at}", f"./{(at + 1) % 1000}") for at in range(1000))),
        "hard link",
    ),
}
"""Packages that are refused."""

COSTLY = {
    "a_chain_of_hard_links": lambda: package(_hard_link_chain()),
    "many_small_files": lambda: package(
        archive(*(header(name=b"d/%d" % at) for at in range(60_000)))
    ),
    "md5sums_of_16_mib": lambda: deb(
        file("./a"), sums=b"0123456789abcdef0123456789abcdef  a\n" * 440_000, control_suffix=".zst"
    ),
    "sixty_mib_of_zeros": lambda: package(archive(header(size=60 * MIB), bytes(60 * MIB))),
    "links_of_documentation": lambda: package(
        archive(
            *(
                header(name=b"usr/share/doc/%d" % at, typeflag=b"2", link=b"%d" % (at + 1))
                for at in range(60_000)
            )
        )
    ),
}
"""Packages within all limits, which have to be cheap all the same."""


def _xz(data: bytes) -> bytes:
    import lzma

    return lzma.compress(data)
