import hashlib
import json
import struct
import tarfile
from pathlib import Path

import pytest

from tools.busybox.__main__ import main
from tools.lib.cli.errors import ToolError
from tools.lib.debian.testing import CONTROL, MTIME, TarEntry, deb, file, md5sums, read, symlink

STANZA = CONTROL.replace(b"sample", b"busybox-static")
STATUS = "var/lib/dpkg/status.d/busybox-static"
COPYRIGHT = file("./usr/share/doc/busybox-static/copyright", b"GPL-2")
APPLETS = ["[", "[[", "busybox", "cat", "ls", "sh"]


def program(interpreter: bytes = b"") -> bytes:
    """An ELF file of x86-64, and busybox's table."""
    names = b"".join(name.encode() + b"\0" for name in APPLETS) + b"\0"
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    segments = 1 if interpreter else 0
    header = struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 64, 0, 0, 64, 56, segments, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 3, 4, 120, 0, 0, len(interpreter), len(interpreter), 1)
    return ident + header + (segment + interpreter if interpreter else b"") + names


def make(folder: Path, *entries: TarEntry, sums: bytes | None = None, name: str = "p") -> Path:
    """Runs the tool on a package of the entries; returns the folder of its outputs."""
    package = folder / f"{name}.deb"
    package.write_bytes(deb(*entries, control=STANZA, sums=sums))
    out = folder / name
    out.mkdir()
    flags = ["--deb", str(package), "--blob-out", f"{out}/run", "--part-out", f"{out}/json"]
    assert main([*flags, "--label", "//:busybox"]) == 0
    return out


@pytest.mark.parametrize("place", ["./bin/busybox", "./usr/bin/busybox"])
def test_the_part_is_the_program_its_links_and_its_registration(tmp_path: Path, place: str) -> None:
    binary = file(place, program(), 0o755)
    others = [file("./usr/share/man/man1/busybox.1.gz", b"M"), file("./usr/share/x/busybox")]
    sums = md5sums(binary, COPYRIGHT, *others)
    out = make(tmp_path, binary, COPYRIGHT, *others, sums=sums)
    part = read(out / "run", out / "json")
    links = {f"busybox/{name}" for name in APPLETS} - {"busybox/busybox"}
    documents = {COPYRIGHT.info.name.removeprefix("./"), STATUS, f"{STATUS}.md5sums"}
    assert set(part.entries) == {"busybox/busybox", *links, *documents}
    assert list(part.entries) == sorted(part.entries)
    assert part.contents["busybox/busybox"] == program()
    assert part.entries["busybox/busybox"].mode == 0o755
    for link in links:
        entry = part.entries[link]
        assert (entry.type, entry.linkname, entry.mtime) == (tarfile.SYMTYPE, "busybox", MTIME)
    assert part.contents[STATUS] == STANZA
    listed = [
        line.split("  ")[::-1]
        for line in part.contents[f"{STATUS}.md5sums"].decode().split("\n")[:-1]
    ]
    assert listed == [
        ["busybox/busybox", hashlib.md5(program()).hexdigest()],
        ["usr/share/doc/busybox-static/copyright", hashlib.md5(b"GPL-2").hexdigest()],
    ]
    assert part.metadata["architecture"] == "amd64"
    assert part.metadata["package"]["name"] == "busybox-static"
    described = {each["path"]: each for each in part.metadata["entries"]}
    assert described["busybox/busybox"]["elf"]["machine"] == 62
    # The directory is nobody's: whoever declares it decides its mode.
    assert all(each["implied"] for each in part.metadata["directories"])


def test_the_order_in_the_package_does_not_count(tmp_path: Path) -> None:
    entries = [file("./bin/busybox", program(), 0o755), COPYRIGHT]
    one, two = make(tmp_path, *entries), make(tmp_path, *entries[::-1], name="q")
    assert (one / "run").read_bytes() == (two / "run").read_bytes()
    assert json.loads((one / "json").read_bytes()) == json.loads((two / "json").read_bytes())


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], "data.tar.xz: no programs bin/busybox or usr/bin/busybox in the package"),
        ([symlink("./bin/busybox", "x")], "no programs bin/busybox"),
        (
            [file("./bin/busybox", program()), file("./usr/bin/busybox", program())],
            "2 programs bin/busybox",
        ),
        ([file("./bin/busybox", b"#!/bin/sh\n")], "bin/busybox: no ELF file"),
        ([file("./bin/busybox", program(b"/lib/ld.so\0"))], "bin/busybox: needs a C library"),
        ([file("./bin/busybox", program()[:64])], "bin/busybox: it has no tables"),
        ([file("./bin/busybox", program()), file("./etc/../../x")], "'..'"),
    ],
)
def test_another_package_is_told_and_leaves_nothing(
    tmp_path: Path, entries: list[TarEntry], message: str
) -> None:
    with pytest.raises(ToolError) as caught:
        make(tmp_path, *entries)
    assert str(caught.value).startswith(f"{tmp_path}/p.deb: ")
    assert message in str(caught.value)
    assert not list((tmp_path / "p").iterdir())
