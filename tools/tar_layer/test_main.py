import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from tools.lib.cli.errors import ToolError, run
from tools.lib.part.inventory import read_inventory
from tools.lib.part.part_json import read_part
from tools.lib.part.tar_part import read_tar_part
from tools.tar_layer.__main__ import main


def tar(*entries: tarfile.TarInfo, form: int = tarfile.GNU_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for entry in entries:
            archive.addfile(entry, io.BytesIO(b"x" * entry.size) if entry.isreg() else None)
    return out.getvalue()


def file(name: str, mtime: float = 1000) -> tarfile.TarInfo:
    """A file of 700 bytes."""
    info = tarfile.TarInfo(name)
    info.mtime, info.size = mtime, 700
    return info


def link(name: str, target: str, kind: bytes = tarfile.LNKTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mtime, info.type, info.linkname = 1, kind, target
    return info


def directory(name: str, mtime: float = 1) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mtime, info.type = mtime, tarfile.DIRTYPE
    return info


def created(data: bytes) -> int | None:
    return read_tar_part(io.BytesIO(data), "//a:tar").part.newest_mtime


TAR = tar(file("a", 1735689600), file("b", 5), directory("dir"))


@pytest.mark.parametrize(
    ("compress", "suffix"),
    [(bytes, ""), (gzip.compress, "+gzip"), (zstandard.compress, "+zstd")],
    ids=["plain", "gzip", "zstd"],
)
def test_the_description_of_a_tar(
    tmp_path: Path, compress: Callable[[bytes], bytes], suffix: str
) -> None:
    data = compress(TAR)
    path = tmp_path / "misnamed.tar.gz"
    path.write_bytes(data)
    out, part_json = tmp_path / "a.layer.json", tmp_path / "a.part.json"
    outputs = ["--layer-out", str(out), "--part-out", str(part_json)]
    outputs += ["--inventory-out", str(tmp_path / "a.inventory.json")]
    labels = ["--label", "@@other//a:tar", "--created-by", "//a:tar"]
    assert main(["--tar", str(path), *outputs, *labels]) == 0
    assert json.loads(out.read_bytes()) == {
        "version": 1,
        "descriptor": {
            "mediaType": "application/vnd.oci.image.layer.v1.tar" + suffix,
            "digest": "sha256:" + hashlib.sha256(data).hexdigest(),
            "size": len(data),
        },
        "diff_id": "sha256:" + hashlib.sha256(TAR).hexdigest(),
        "architecture": None,
        "created": 1735689600,
        "created_by": "//a:tar",
        "architecture_owner": "",
    }
    inventory = read_inventory(str(tmp_path / "a.inventory.json"))
    assert inventory.blob == hashlib.sha256(data).hexdigest()
    assert inventory.sha1 == dict.fromkeys("ab", hashlib.sha1(b"x" * 700).hexdigest())
    part = read_part(str(part_json))
    assert (part.owner, part.foreign, part.blob.size) == ("@@other//a:tar", True, len(data))
    assert [each.path for each in part.entries] == ["a", "b"]


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_concatenated_streams_are_one_tar(compress: Callable[[bytes], bytes]) -> None:
    found = read_tar_part(io.BytesIO(compress(TAR[:1000]) + compress(TAR[1000:])), "//a:tar")
    assert found.uncompressed_sha256 == hashlib.sha256(TAR).hexdigest()


def test_skippable_frames_of_zstd() -> None:
    skippable = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"
    for data in (skippable + zstandard.compress(TAR), zstandard.compress(TAR) + skippable):
        assert created(data) == 1735689600


def test_the_newest_time_of_an_entry() -> None:
    assert created(tar(file("a", 1700000000.75), form=tarfile.PAX_FORMAT)) == 1700000000
    assert created(tar(file("a", 1 << 34), form=tarfile.GNU_FORMAT)) == 1 << 34
    assert created(tar(file("a", -5), file("b", 3))) == 3
    assert created(tar(file("a", -5))) == 0
    assert created(tar()) is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty, not a tar archive"),
        (b"hello\n", "not a tar archive"),
        (gzip.compress(b""), "empty, not a tar archive"),
        (gzip.compress(b"hello"), "not a tar archive"),
        (TAR[:1000], "a: truncated: its data is incomplete"),
        (TAR[:1536], "truncated: the archive ends before byte 2048"),
        (gzip.compress(TAR)[:-4], "invalid .gz stream: truncated"),
        (gzip.compress(TAR) + b"rest", "invalid .gz stream"),
        (zstandard.compress(TAR)[:-1], "invalid .zst stream: truncated"),
        (TAR[:1536] + b"x" * 512 + TAR[1536:], "damaged: no tar header at byte 1536"),
        (TAR + TAR, "more data after the end-of-archive mark at byte 3584"),
        (b"\xfd7zXZ\0" + bytes(600), "compressed with xz, which OCI layers must not be"),
        (b"PK\3\4" + bytes(600), "compressed with zip"),
        (tar(file("a", 1 << 40)), "a: modification time 1099511627776 is after the year 9999"),
    ],
)
def test_damaged_tars(data: bytes, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        created(data)
    assert message in str(caught.value)


def test_an_error_is_one_line_with_the_file_s_name_and_leaves_no_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.tar.xz"
    path.write_bytes(b"\xfd7zXZ\0")
    outputs = ["--layer-out", str(tmp_path / "out"), "--part-out", str(tmp_path / "part")]
    assert run(main, ["tar_layer", "--tar", str(path), *outputs, "--label", "//a:tar"]) == 1
    message = capsys.readouterr().err
    assert message.startswith(f"error: {path}: compressed with xz")
    assert message.count("\n") == 1
    assert [each.name for each in tmp_path.iterdir()] == ["a.tar.xz"]


LONG = "d" * 90 + "/" + "n" * 120


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize(
    ("first", "second", "path"),
    [
        (file("etc/a"), file("etc/a"), "etc/a"),
        (file("./etc/a"), file("/etc//a"), "etc/a"),
        (file("a"), link("a", "a"), "a"),
        (file("a"), link("a", "b", tarfile.SYMTYPE), "a"),
        (link("a", "b", tarfile.SYMTYPE), directory("a/"), "a"),
        (directory("a/"), file("a"), "a"),
        (file(LONG), file(LONG), LONG),
    ],
)
def test_duplicate_entries(
    form: int, first: tarfile.TarInfo, second: tarfile.TarInfo, path: str
) -> None:
    data = tar(file("other"), first, file(LONG + "x"), second, form=form)
    with pytest.raises(ToolError, match=rf"^{path}: duplicate entry \(hint: .*\)$"):
        created(data)


def test_directories_may_occur_twice_and_hard_links_have_their_own_paths() -> None:
    entries = [directory("a/", 5), file("a/b", 2), link("a/c", "a/b"), file("a/.wh.b", 1)]
    assert created(tar(*entries, directory("./a", 6))) == 6


def test_tar_that_expands_beyond_the_limit_names_a_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bomb = file("a")
    bomb.size = 1 << 32
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(bomb.tobuf()))
    outputs = ["--layer-out", str(tmp_path / "out"), "--part-out", str(tmp_path / "part")]
    assert run(main, ["tar_layer", "--tar", str(path), *outputs, "--label", "//a:tar"]) == 1
    assert capsys.readouterr().err.endswith(
        "(hint: use the tar without compression, if you trust it)\n"
    )


def test_the_outline_has_no_digests_and_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.tar").write_bytes(tar(file("a")))
    flags = ["--tar=a.tar", "--label=a", "--layer-out=l", "--part-out=p", "--outline-out=o"]
    assert main(flags) == 0
    part = read_part("p")
    assert part.entries[0].size == 700
    assert read_part("o") == part.outline()
