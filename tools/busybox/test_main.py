import hashlib
import struct
import tarfile
from pathlib import Path

import pytest

from tools.busybox.__main__ import main
from tools.lib.cli.errors import ToolError
from tools.lib.debian.testing import CONTROL, MTIME, PackedEntry, deb, file, md5sums, symlink
from tools.lib.part.testing_blob import read_written_part

STANZA = CONTROL.replace(b"sample", b"busybox-static")
STATUS = "var/lib/dpkg/status.d/busybox-static"
COPYRIGHT = file("./usr/share/doc/busybox-static/copyright", b"GPL-2")
APPLETS = ["[", "[[", "busybox", "cat", "ls", "sh"]


def program(interpreter: bytes = b"") -> bytes:
    """An ELF file for amd64 with busybox's table of applets."""
    names = b"".join(name.encode() + b"\0" for name in APPLETS) + b"\0"
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    segments = 1 if interpreter else 0
    header = struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 64, 0, 0, 64, 56, segments, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 3, 4, 120, 0, 0, len(interpreter), len(interpreter), 1)
    return ident + header + (segment + interpreter if interpreter else b"") + names


BUSYBOX = file("./bin/busybox", program(), 0o755)


def make(folder: Path, *entries: PackedEntry, sums: bytes | None = None, name: str = "p") -> Path:
    """Runs the tool on a package of the entries; returns the directory of its outputs."""
    package = folder / f"{name}.deb"
    package.write_bytes(deb(*entries, control=STANZA, sums=sums))
    out = folder / name
    out.mkdir()
    flags = ["--deb", str(package), "--blob-out", f"{out}/blob", "--part-out", f"{out}/json"]
    assert main([*flags, "--label", "//:busybox"]) == 0
    return out


@pytest.mark.parametrize("path", ["./bin/busybox", "./usr/bin/busybox"])
def test_a_part_has_the_program_its_links_and_its_registration(tmp_path: Path, path: str) -> None:
    binary = file(path, program(), 0o755)
    others = [file("./usr/share/man/man1/busybox.1.gz", b"M"), file("./usr/share/x/busybox")]
    sums = md5sums(binary, COPYRIGHT, *others)
    out = make(tmp_path, binary, COPYRIGHT, *others, sums=sums)
    written = read_written_part(out / "blob", out / "json")
    links = {f"busybox/{name}" for name in APPLETS} - {"busybox/busybox"}
    documents = {COPYRIGHT.info.name.removeprefix("./"), STATUS, f"{STATUS}.md5sums"}
    assert set(written.entries) == {"busybox/busybox", *links, *documents}
    assert list(written.entries) == sorted(written.entries)
    assert written.contents["busybox/busybox"] == program()
    assert written.entries["busybox/busybox"].mode == 0o755
    for link in links:
        entry = written.entries[link]
        assert (entry.type, entry.linkname, entry.mtime) == (tarfile.SYMTYPE, "busybox", MTIME)
    assert written.contents[STATUS] == STANZA
    assert written.contents[f"{STATUS}.md5sums"].decode().splitlines() == [
        f"{hashlib.md5(program()).hexdigest()}  busybox/busybox",
        f"{hashlib.md5(b'GPL-2').hexdigest()}  usr/share/doc/busybox-static/copyright",
    ]
    part = written.part
    assert part.architecture == "amd64"
    assert part.package
    assert part.package.name == "busybox-static"
    (elf,) = (each.elf for each in part.entries if each.path == "busybox/busybox")
    assert elf
    assert elf.machine.number == 62
    # A part that declares /busybox decides its mode.
    assert all(each.implied for each in part.directories)


def test_the_order_of_the_package_does_not_matter(tmp_path: Path) -> None:
    one, two = make(tmp_path, BUSYBOX, COPYRIGHT), make(tmp_path, COPYRIGHT, BUSYBOX, name="q")
    for name in ("blob", "json"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([COPYRIGHT], "missing file bin/busybox or usr/bin/busybox"),
        ([COPYRIGHT, symlink("./bin/busybox", "x")], "missing file bin/busybox"),
        ([BUSYBOX], "missing file usr/share/doc/busybox-static/copyright"),
        (
            [COPYRIGHT, BUSYBOX, file("./usr/bin/busybox", program())],
            "usr/bin/busybox: duplicate entry",
        ),
        ([COPYRIGHT, file("./bin/busybox", b"#!/bin/sh\n")], "bin/busybox: not an ELF file"),
        (
            [COPYRIGHT, file("./bin/busybox", program(b"/lib/ld.so\0"))],
            "bin/busybox: needs shared libraries",
        ),
        (
            [COPYRIGHT, file("./bin/busybox", program()[:64])],
            "bin/busybox: no table of applets",
        ),
        ([COPYRIGHT, BUSYBOX, file("./etc/../../x")], "'..'"),
    ],
)
def test_other_packages_are_errors_and_leave_no_output(
    tmp_path: Path, entries: list[PackedEntry], message: str
) -> None:
    with pytest.raises(ToolError) as caught:
        make(tmp_path, *entries)
    assert str(caught.value).startswith(f"{tmp_path}/p.deb: ")
    assert message in str(caught.value)
    assert not list((tmp_path / "p").iterdir())
