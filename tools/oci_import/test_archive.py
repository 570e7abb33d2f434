from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.testing import file, hardlink, tar
from tools.lib.oci.testing import LayoutDirectory
from tools.oci_import.__main__ import main as import_image
from tools.oci_import.archive import main


def pack(archive: Path, layout: Path, prefix: str, mode: str = "w") -> None:
    with tarfile.open(archive, mode) as out:  # type: ignore[call-overload]
        out.add(layout, arcname=prefix)


@pytest.mark.parametrize("prefix", ["", "./"])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_layout_is_unpacked(tmp_path: Path, prefix: str, mode: str) -> None:
    layout = LayoutDirectory(tmp_path / "layout")
    image = layout.image("arm64")
    layout.root(image)
    pack(tmp_path / "a.tar", tmp_path / "layout", prefix, mode)
    flags = ["--archive", str(tmp_path / "a.tar"), "--layout-out", str(tmp_path / "out")]
    assert main(flags) == 0
    outputs = ["--manifest-out", str(tmp_path / "m"), "--config-out", str(tmp_path / "c")]
    assert import_image(["--layout", str(tmp_path / "out"), *outputs]) == 0
    assert (tmp_path / "m").read_bytes() == layout.path(image).read_bytes()


def test_other_files_are_left_out(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as out:
        for name in ("index.json", "/absolute", "manifest.json", "blobs/sha256/x"):
            out.addfile(tarfile.TarInfo(name), io.BytesIO())
        link = tarfile.TarInfo("blobs/sha256/" + "0" * 64)
        link.type, link.linkname = tarfile.LNKTYPE, "index.json"
        out.addfile(link)
    assert main(["--archive", str(tmp_path / "a.tar"), "--layout-out", str(tmp_path / "out")]) == 0
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"a.tar", "out/index.json", "out/blobs/sha256/" + "0" * 64}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"text", r"^//b: not a tar archive"),
        (b"BZh91AY", r"^//b: compressed with bzip2"),
        (tar(file("../escaped", b"")), r"^//b: .*the path contains '\.\.'"),
        (
            tar(file("index.json", b""), hardlink("oci-layout", "/etc/passwd")),
            "^//b: oci-layout: hard link to etc/passwd, not to a file of the layout",
        ),
        (b"\0" * 10240, r"^//b: no OCI image layout: the tar has no index.json \(hint: convert"),
    ],
)
def test_other_files_are_errors(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.tar").write_bytes(content)
    out = tmp_path / "out"
    flags = ["--archive", str(tmp_path / "a.tar"), "--layout-out", str(out), "--label", "//b"]
    with pytest.raises(ToolError, match=message):
        main(flags)
    assert not out.exists()


def test_a_decompression_bomb_is_an_error(tmp_path: Path) -> None:
    bomb = tar(file("index.json", b"{}"), file("bomb", bytes(257 << 20)))
    (tmp_path / "a.tar").write_bytes(gzip.compress(bomb, 1))
    with pytest.raises(ToolError, match=r"more than 268435456 bytes .*\(hint: use the tar without"):
        main(["--archive", str(tmp_path / "a.tar"), "--layout-out", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()
