from __future__ import annotations

import gzip
import hashlib
import lzma
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError, run
from tools.lib.debian.package import BinaryPackage
from tools.lib.debian.testing import PackedEntry, directory, file, hardlink, symlink, tar
from tools.lib.part.testing_blob import WrittenPart, read_written_part
from tools.node.__main__ import main
from tools.node.testing import TEXT, nodejs_org, npm, packed, program

NODE = program()
MTIME = 1735689600
COPYRIGHT = "usr/share/doc/nodejs/copyright"
STATUS = "var/lib/dpkg/status.d/nodejs"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def flags(folder: Path, archive: bytes, name: str = "node.tar.gz", **options: str) -> list[str]:
    """Writes the archive to `folder` and returns the tool's arguments; outputs go there too."""
    (folder / name).write_bytes(archive)
    values = {
        "archive": str(folder / name),
        "strip-prefix": "package",
        "version": "24.1.0",
        "architecture": "amd64",
        "mtime": str(MTIME),
        "blob-out": str(folder / "blob"),
        "part-out": str(folder / "json"),
        "label": "//:node",
        **{option.replace("_", "-"): value for option, value in options.items()},
    }
    return [f"--{option}={value}" for option, value in values.items()]


def make(folder: Path, archive: bytes, name: str = "node.tar.gz", **options: str) -> WrittenPart:
    assert main(flags(folder, archive, name, **options)) == 0
    return read_written_part(folder / "blob", folder / "json")


def test_a_part_has_the_program_its_license_and_its_registration(tmp_path: Path) -> None:
    written = make(tmp_path, packed(*npm(NODE)))
    files = ["nodejs/LICENSE", "nodejs/bin/node", STATUS, f"{STATUS}.md5sums"]
    assert list(written.entries) == [*files[:2], COPYRIGHT, *files[2:]]
    assert written.contents["nodejs/bin/node"] == NODE
    assert written.contents["nodejs/LICENSE"] == TEXT
    assert [written.entries[path].mode for path in files] == [0o644, 0o755, 0o644, 0o644]
    assert written.entries[COPYRIGHT].linkname == "/nodejs/LICENSE"
    headers = written.entries.values()
    assert {(each.uid, each.gid, each.mtime) for each in headers} == {(0, 0, MTIME)}
    stanza = written.contents[STATUS].decode().split("\n")
    assert stanza[:3] == ["Package: nodejs", "Version: 24.1.0", "Architecture: amd64"]
    assert written.contents[f"{STATUS}.md5sums"].decode().split("\n") == [
        f"{hashlib.md5(TEXT).hexdigest()}  nodejs/LICENSE",
        f"{hashlib.md5(NODE).hexdigest()}  nodejs/bin/node",
        "",
    ]
    part = written.part
    assert part.architecture == "amd64"
    assert part.package == BinaryPackage("nodejs", "24.1.0", "amd64", "nodejs")
    (elf,) = (each.elf for each in part.entries if each.path == "nodejs/bin/node")
    assert elf
    assert elf.interpreter == "/lib64/ld-linux-x86-64.so.2"


def odd(entries: list[PackedEntry]) -> list[PackedEntry]:
    """The entries with other owners, modes and times, and in another order."""
    for number, (info, _) in enumerate(entries):
        info.uid, info.gid, info.mtime, info.uname = 1000, 1001, 5 + number, "builder"
        info.mode = 0o4711 if info.name.endswith("node") else 0o600
    return entries[::-1]


def test_every_source_of_a_release_gives_the_same_part(tmp_path: Path) -> None:
    top = "node-v24.1.0-linux-x64"
    sources = [
        (packed(*npm(NODE)), "node.tgz", "package"),
        (packed(*nodejs_org(top, NODE)), "node.tar.gz", top),
        (lzma.compress(tar(*nodejs_org(top, NODE))), "node.tar.xz", f"{top}/"),
        (packed(*odd(nodejs_org("a/b", NODE))), "odd.tar.gz", "./a//b"),
        (packed(*nodejs_org(".", NODE)), "bare.tar.gz", ""),
    ]
    results = set()
    for archive, name, prefix in sources:
        make(tmp_path, archive, name, strip_prefix=prefix)
        results.add(((tmp_path / "blob").read_bytes(), (tmp_path / "json").read_bytes()))
    assert len(results) == 1


@pytest.mark.parametrize(
    ("architecture", "debian", "suffix"),
    [
        ("amd64", "amd64", "x64"),
        ("arm64", "arm64", "arm64"),
        ("arm", "armhf", "armv7l"),
        ("ppc64le", "ppc64el", "ppc64le"),
        ("s390x", "s390x", "s390x"),
    ],
)
def test_releases_for_every_architecture(
    tmp_path: Path, architecture: str, debian: str, suffix: str
) -> None:
    prefix, node = f"node-v24.1.0-linux-{suffix}", program(architecture)
    archive = packed(*nodejs_org(prefix, node))
    written = make(
        tmp_path,
        archive,
        strip_prefix=prefix,
        architecture=architecture,
        node_sha256=sha256(node),
        license_sha256=sha256(TEXT),
    )
    assert written.part.architecture == architecture
    assert f"\nArchitecture: {debian}\n" in written.contents[STATUS].decode()
    assert written.contents["nodejs/bin/node"] == node


def test_a_sparse_license_is_written_in_full(tmp_path: Path) -> None:
    archive = packed(file("package/bin/node", NODE), _sparse("package/LICENSE", 5000))
    assert make(tmp_path, archive).contents["nodejs/LICENSE"] == bytes(5000)


def _sparse(name: str, size: int) -> PackedEntry:
    """A file that is all hole, in GNU's sparse format 1.0."""
    entry = file(name, (b"1\n%d\n0\n" % size).ljust(512, b"\0"))
    entry.info.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": name,
        "GNU.sparse.realsize": str(size),
    }
    return entry


def _huge(name: str, size: int) -> PackedEntry:
    entry = file(name)
    entry.info.size = size
    return entry


def _lying() -> bytes:
    """An archive that ends within the program."""
    return gzip.compress(tar(*npm(NODE))[:1600])


LICENSE = file("package/LICENSE", TEXT)
PROGRAM = file("package/bin/node", NODE)
WHOLE = packed(*npm(NODE))


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (b"", "empty, not a tar archive"),
        (b"<html>no such package</html>", "invalid .gz stream"),
        (WHOLE[:-9], "invalid .gz stream"),
        (WHOLE[:-8] + bytes(8), "invalid .gz stream"),
        (WHOLE + b"more", "invalid .gz stream"),
        (gzip.compress(b"no tar" * 200), "not a tar archive"),
        (_lying(), "bytes of data announced"),
        (packed(LICENSE), "missing file package/bin/node"),
        (packed(PROGRAM), "missing file package/LICENSE (hint: the archive's top has package: "),
        (
            packed(*nodejs_org("node-v1", NODE)),
            "(hint: the archive's top has node-v1: correct strip_prefix)",
        ),
        (packed(*npm(NODE), PROGRAM), "package/bin/node: duplicate entry"),
        (
            packed(*npm(NODE), file("./package//bin/./node", b"x")),
            "package/bin/node: duplicate entry",
        ),
        (
            packed(LICENSE, symlink("package/bin/node", "/bin/sh")),
            "bin/node: a symlink instead of a file",
        ),
        (
            packed(PROGRAM, symlink("package/LICENSE", "/etc/shadow")),
            "LICENSE: a symlink instead of a file",
        ),
        (
            packed(LICENSE, hardlink("package/bin/node", "etc/passwd")),
            "a hardlink instead of a file",
        ),
        (packed(LICENSE, directory("package/bin/node")), "a directory instead of a file"),
        (packed(*npm(NODE), file("../etc/passwd", b"x")), "the path contains '..'"),
        (packed(*npm(NODE), hardlink("package/x", "../../etc/passwd")), "the path contains '..'"),
        (packed(PROGRAM, file("package/LICENSE", bytes(5 << 20))), "more than 4194304"),
        (packed(LICENSE, _sparse("package/bin/node", 1 << 40)), "bytes of files"),
        (packed(LICENSE, _sparse("package/bin/node", 1 << 20)), "bin/node: not an ELF file"),
        (packed(LICENSE, file("package/bin/node", b"#!/bin/sh\n")), "bin/node: not an ELF file"),
        (packed(LICENSE, file("package/bin/node")), "bin/node: not an ELF file"),
        (packed(LICENSE, file("package/bin/node", NODE[:70])), "bin/node: not an ELF file"),
        (packed(*npm(program("arm64"))), "bin/node: not a program for amd64"),
        (packed(*npm(program("arm"))), "bin/node: not a program for amd64"),
    ],
)
def test_other_archives_are_errors_and_leave_no_output(
    tmp_path: Path, archive: bytes, message: str
) -> None:
    with pytest.raises(ToolError) as caught:
        make(tmp_path, archive)
    assert str(caught.value).startswith(f"{tmp_path}/node.tar.gz: ")
    assert message in str(caught.value)
    assert [each.name for each in tmp_path.iterdir()] == ["node.tar.gz"]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("node_sha256", "package/bin/node: expected sha256 "),
        ("license_sha256", "package/LICENSE: expected sha256 "),
    ],
)
def test_files_with_other_hashes_are_errors_and_leave_no_output(
    tmp_path: Path, option: str, message: str
) -> None:
    right = {"node_sha256": sha256(NODE), "license_sha256": sha256(TEXT)}
    make(tmp_path, packed(*npm(NODE)), **right)
    for name in ("blob", "json"):
        (tmp_path / name).unlink()
    with pytest.raises(ToolError) as caught:
        make(tmp_path, packed(*npm(NODE)), **{**right, option: sha256(b"another")})
    assert f"{message}{sha256(b'another')}, found " in str(caught.value)
    assert [each.name for each in tmp_path.iterdir()] == ["node.tar.gz"]


def test_decompression_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.node.archive._MAX_ARCHIVE", 3 << 20)
    with pytest.raises(ToolError, match="more than 3145728 bytes uncompressed"):
        make(tmp_path, gzip.compress(bytes(2 << 20)) * 2)
    assert [each.name for each in tmp_path.iterdir()] == ["node.tar.gz"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "node.zip"}, "unknown compression (hint: the name must end in .tar.gz"),
        (
            {"architecture": "x64"},
            "unknown architecture 'x64' (hint: must be one of 386, amd64, ",
        ),
        ({"version": "24\nMaintainer: x"}, "duplicate field 'Maintainer'"),
        ({"version": "../24"}, "control: Version: invalid version"),
        ({"strip_prefix": "../package"}, "the path contains '..'"),
    ],
)
def test_invalid_flags_are_errors_of_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: dict[str, str], message: str
) -> None:
    argv = flags(tmp_path, packed(*npm(NODE)), **options)
    assert run(main, ["node", *argv]) == 1
    line = capsys.readouterr().err
    assert line.startswith("error: ")
    assert message in line
    assert line.count("\n") == 1
    assert not (tmp_path / "blob").exists()
