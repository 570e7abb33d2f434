from __future__ import annotations

import gzip
import hashlib
import lzma
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError, run
from tools.lib.debian.testing import Part, TarEntry, directory, file, hardlink, read, symlink, tar
from tools.node.__main__ import main
from tools.node.testing import TEXT, nodejs_org, npm, packed, program

NODE = program()
MTIME = 1735689600
COPYRIGHT = "usr/share/doc/nodejs/copyright"
STATUS = "var/lib/dpkg/status.d/nodejs"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def flags(folder: Path, archive: bytes, name: str = "node.tar.gz", **options: str) -> list[str]:
    """The tool's arguments, with the archive written to `folder`, where the outputs go too."""
    (folder / name).write_bytes(archive)
    values = {
        "archive": str(folder / name),
        "strip-prefix": "package",
        "version": "24.1.0",
        "architecture": "amd64",
        "mtime": str(MTIME),
        "blob-out": str(folder / "run"),
        "part-out": str(folder / "json"),
        "label": "//:node",
        **{option.replace("_", "-"): value for option, value in options.items()},
    }
    return [f"--{option}={value}" for option, value in values.items()]


def make(folder: Path, archive: bytes, name: str = "node.tar.gz", **options: str) -> Part:
    assert main(flags(folder, archive, name, **options)) == 0
    return read(folder / "run", folder / "json")


def test_the_part_is_the_program_its_licence_and_its_registration(tmp_path: Path) -> None:
    part = make(tmp_path, packed(*npm(NODE)))
    files = ["nodejs/LICENSE", "nodejs/bin/node", STATUS, f"{STATUS}.md5sums"]
    assert list(part.entries) == [*files[:2], COPYRIGHT, *files[2:]]
    assert part.contents["nodejs/bin/node"] == NODE
    assert part.contents["nodejs/LICENSE"] == TEXT
    assert [part.entries[path].mode for path in files] == [0o644, 0o755, 0o644, 0o644]
    assert part.entries[COPYRIGHT].linkname == "/nodejs/LICENSE"
    assert {(each.uid, each.gid, each.mtime) for each in part.entries.values()} == {(0, 0, MTIME)}
    stanza = part.contents[STATUS].decode().split("\n")
    assert stanza[:3] == ["Package: nodejs", "Version: 24.1.0", "Architecture: amd64"]
    assert part.contents[f"{STATUS}.md5sums"].decode().split("\n") == [
        f"{hashlib.md5(TEXT).hexdigest()}  nodejs/LICENSE",
        f"{hashlib.md5(NODE).hexdigest()}  nodejs/bin/node",
        "",
    ]
    assert part.metadata["architecture"] == "amd64"
    assert part.metadata["package"] == {
        "name": "nodejs",
        "version": "24.1.0",
        "architecture": "amd64",
        "source": "nodejs",
    }
    described = {each["path"]: each for each in part.metadata["entries"]}
    assert described["nodejs/bin/node"]["elf"]["interpreter"] == "/lib64/ld-linux-x86-64.so.2"


def odd(entries: list[TarEntry]) -> list[TarEntry]:
    """The same with other owners, modes and times, and in another order."""
    for number, (info, _) in enumerate(entries):
        info.uid, info.gid, info.mtime, info.uname = 1000, 1001, 5 + number, "builder"
        info.mode = 0o4711 if info.name.endswith("node") else 0o600
    return entries[::-1]


def test_where_a_release_comes_from_does_not_count(tmp_path: Path) -> None:
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
        results.add(((tmp_path / "run").read_bytes(), (tmp_path / "json").read_bytes()))
    assert len(results) == 1


@pytest.mark.parametrize(
    ("architecture", "name", "suffix"),
    [
        ("amd64", "amd64", "x64"),
        ("arm64", "arm64", "arm64"),
        ("armhf", "arm", "armv7l"),
        ("ppc64el", "ppc64le", "ppc64le"),
        ("s390x", "s390x", "s390x"),
    ],
)
def test_releases_for_every_architecture(
    tmp_path: Path, architecture: str, name: str, suffix: str
) -> None:
    top, node = f"node-v24.1.0-linux-{suffix}", program(architecture)
    archive = packed(*nodejs_org(top, node))
    part = make(
        tmp_path,
        archive,
        strip_prefix=top,
        architecture=architecture,
        node_sha256=sha256(node),
        license_sha256=sha256(TEXT),
    )
    assert part.metadata["architecture"] == name
    assert f"\nArchitecture: {architecture}\n" in part.contents[STATUS].decode()
    assert part.contents["nodejs/bin/node"] == node


def test_holes_of_a_sparse_licence_are_zeros(tmp_path: Path) -> None:
    archive = packed(file("package/bin/node", NODE), _sparse("package/LICENSE", 5000))
    assert make(tmp_path, archive).contents["nodejs/LICENSE"] == bytes(5000)


def _sparse(name: str, size: int) -> TarEntry:
    """A file of nothing but a hole, as GNU's sparse format 1.0 has it."""
    entry = file(name, b"0\n".ljust(512, b"\0"))
    entry.info.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": name,
        "GNU.sparse.realsize": str(size),
    }
    return entry


def _huge(name: str, size: int) -> TarEntry:
    entry = file(name)
    entry.info.size = size
    return entry


def _lying() -> bytes:
    """The archive ends within the program."""
    return gzip.compress(tar(*npm(NODE))[:1600])


LICENSE = file("package/LICENSE", TEXT)
PROGRAM = file("package/bin/node", NODE)
WHOLE = packed(*npm(NODE))


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (b"", "cut off"),
        (b"<html>no such package</html>", "not a whole .gz stream"),
        (WHOLE[:-9], "not a whole .gz stream"),
        (WHOLE[:-8] + bytes(8), "not a whole .gz stream"),
        (WHOLE + b"more", "not a whole .gz stream"),
        (gzip.compress(b"no tar" * 200), "no tar header"),
        (_lying(), "bytes announced"),
        (packed(LICENSE), "has no package/bin/node"),
        (packed(PROGRAM), "has no package/LICENSE (hint: at its top there is package:"),
        (packed(*nodejs_org("node-v1", NODE)), "hint: at its top there is node-v1:"),
        (packed(*npm(NODE), PROGRAM), "package/bin/node: twice"),
        (packed(*npm(NODE), file("./package//bin/./node", b"x")), "package/bin/node: twice"),
        (packed(LICENSE, symlink("package/bin/node", "/bin/sh")), "bin/node: a symlink, not"),
        (packed(PROGRAM, symlink("package/LICENSE", "/etc/shadow")), "LICENSE: a symlink, not"),
        (packed(LICENSE, hardlink("package/bin/node", "etc/passwd")), "a hardlink, not a file"),
        (packed(LICENSE, directory("package/bin/node")), "a directory, not a file"),
        (packed(*npm(NODE), file("../etc/passwd", b"x")), "'..' can lead out"),
        (packed(*npm(NODE), hardlink("package/x", "../../etc/passwd")), "'..' can lead out"),
        (packed(PROGRAM, file("package/LICENSE", bytes(5 << 20))), "which no release has"),
        (packed(LICENSE, _sparse("package/bin/node", 1 << 40)), "which no release has"),
        (packed(LICENSE, _sparse("package/bin/node", 1 << 20)), "bin/node: no ELF file"),
        (packed(LICENSE, file("package/bin/node", b"#!/bin/sh\n")), "bin/node: no ELF file"),
        (packed(LICENSE, file("package/bin/node")), "bin/node: no ELF file"),
        (packed(LICENSE, file("package/bin/node", NODE[:70])), "bin/node: no ELF file"),
        (packed(*npm(program("arm64"))), "for another machine than amd64"),
        (packed(*npm(program("armhf"))), "for another machine than amd64"),
    ],
)
def test_another_archive_is_told_and_leaves_nothing(
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
        ("node_sha256", "package/bin/node: sha256 is "),
        ("license_sha256", "package/LICENSE: sha256 is "),
    ],
)
def test_other_bytes_than_the_release_s_are_told_and_leave_nothing(
    tmp_path: Path, option: str, message: str
) -> None:
    right = {"node_sha256": sha256(NODE), "license_sha256": sha256(TEXT)}
    make(tmp_path, packed(*npm(NODE)), **right)
    for name in ("run", "json"):
        (tmp_path / name).unlink()
    with pytest.raises(ToolError) as caught:
        make(tmp_path, packed(*npm(NODE)), **{**right, option: sha256(b"another")})
    assert message in str(caught.value)
    assert f"and not {sha256(b'another')}" in str(caught.value)
    assert [each.name for each in tmp_path.iterdir()] == ["node.tar.gz"]


def test_a_bomb_is_given_up_before_it_fills_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.node.archive._MOST", 3 << 20)
    with pytest.raises(ToolError, match="more than 3 MiB uncompressed, which no release has"):
        make(tmp_path, gzip.compress(bytes(2 << 20)) * 2)
    assert [each.name for each in tmp_path.iterdir()] == ["node.tar.gz"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "node.zip"}, "its name tells no compression (hint: known are: .tar.gz"),
        (
            {"architecture": "x64"},
            "unknown Debian architecture 'x64' (hint: must be one of i386, amd64, ",
        ),
        ({"version": "24\nMaintainer: x"}, "control: Maintainer twice"),
        ({"version": "../24"}, "control: Version is"),
        ({"strip_prefix": "../package"}, "'..' can lead out"),
    ],
)
def test_a_fault_of_the_flags_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: dict[str, str], message: str
) -> None:
    argv = flags(tmp_path, packed(*npm(NODE)), **options)
    assert run(main, ["node_layer", *argv]) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert message in told
    assert told.count("\n") == 1
    assert not (tmp_path / "run").exists()
