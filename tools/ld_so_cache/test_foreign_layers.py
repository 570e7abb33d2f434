from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest
import zstandard

from tools.ld_so_cache.testing import Link, Tree, cache_lines, make_cache, tar
from tools.lib.cli.errors import ToolError
from tools.lib.elf.testing import shared_library
from tools.lib.oci.descriptor import digest_of
from tools.lib.rootfs.foreign_layers import read_layout, read_tar

TREE: Tree = {
    "usr/lib/libx.so.1.0": shared_library("libx.so.1"),
    "usr/lib/libx.so.1": Link("libx.so.1.0"),
    "etc/ld.so.conf": b"/opt\n",
    "etc/hosts": b"localhost\n",
}


@pytest.mark.parametrize(
    "compress", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gzip", "zstd"]
)
def test_reads_libraries_links_and_configuration(compress: type, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(compress(tar(TREE, mtime=7)))
    part = read_tar(str(path)).part
    found = {each.path: each for each in part.entries}
    assert (elf := found["usr/lib/libx.so.1.0"].elf)
    assert elf.soname == "libx.so.1"
    assert found["usr/lib/libx.so.1"].link == "libx.so.1.0"
    assert found["etc/ld.so.conf"].text == "/opt\n"
    assert found["etc/hosts"].text is None
    assert {each.mtime for each in part.entries} == {7}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty, not a tar archive"),
        (b"x" * 2000, "not a tar archive"),
        (tar(TREE)[:1500], "truncated"),
        (gzip.compress(tar(TREE))[:-20], "truncated"),
        (b"BZh" + bytes(600), "compressed with bzip2"),
    ],
)
def test_malformed_tar(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "layer"
    path.write_bytes(data)
    with pytest.raises(ToolError, match=f"^{path}: .*{message}"):
        read_tar(str(path))


def layer(layout: Path, data: bytes) -> dict[str, object]:
    digest = digest_of(data)
    (layout / "blobs/sha256" / digest.removeprefix("sha256:")).write_bytes(data)
    kind = "application/vnd.oci.image.layer.v1.tar"
    return {"mediaType": kind, "digest": digest, "size": len(data)}


def test_layers_of_a_layout_with_whiteouts(tmp_path: Path) -> None:
    layout = tmp_path / "layout"
    (layout / "blobs/sha256").mkdir(parents=True)
    gone: Tree = {
        "usr/lib/libgone.so": shared_library("libgone.so"),
        "usr/lib/libx.so.1": Link("libgone.so"),
    }
    layers = [
        layer(layout, tar(gone)),
        layer(layout, tar({"usr/lib/.wh.libgone.so": b"", "usr/lib/.wh.libx.so.1": b""})),
        layer(layout, tar(TREE)),
        {"mediaType": "x", "digest": f"sha256:{0:064}", "size": 1},  # not in the layout
    ]
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 2}
    manifest = {"schemaVersion": 2, "config": config | {"digest": f"sha256:{0:064}"}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | {"layers": layers}))
    (tmp_path / "own.tar").write_bytes(tar({"usr/lib/liby.so": shared_library("liby.so")}))
    result = make_cache(
        tmp_path,
        *("--base-manifest", str(tmp_path / "manifest.json"), "--layout", str(layout)),
        *("--tar", str(tmp_path / "own.tar"), "--architecture", "amd64"),
    )
    assert cache_lines(result.cache) == [
        "liby.so (0x0303) => /usr/lib/liby.so",
        "libx.so.1 (0x0303) => /usr/lib/libx.so.1",
    ]


def test_layers_of_a_base_are_verified(tmp_path: Path) -> None:
    (tmp_path / "blobs/sha256").mkdir(parents=True)
    described = layer(tmp_path, tar(TREE))
    config = described | {"mediaType": "application/vnd.oci.image.config.v1+json"}
    manifest = json.dumps({"config": config, "layers": [described]})
    (tmp_path / "manifest.json").write_text(manifest)
    (path,) = (tmp_path / "blobs/sha256").iterdir()
    path.write_bytes(path.read_bytes().replace(b"localhost", b"LOCALHOST"))
    with pytest.raises(ToolError, match=f"^{path}: corrupt blob: its sha256 is "):
        list(read_layout(str(tmp_path / "manifest.json"), [str(tmp_path)]))


def test_hard_links_and_names_with_dots(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        data = shared_library("libx.so.1")
        entry = tarfile.TarInfo("./usr/lib/libx.so.1")
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
        entry = tarfile.TarInfo("/opt/lib/libx.so.1")
        entry.type, entry.linkname = tarfile.LNKTYPE, "./usr/lib/libx.so.1"
        archive.addfile(entry)
    (tmp_path / "x.tar").write_bytes(out.getvalue())
    flags = ("--directory", "/opt/lib", "--architecture", "amd64")
    result = make_cache(tmp_path, "--tar", str(tmp_path / "x.tar"), *flags)
    assert [line.partition("=> ")[2] for line in cache_lines(result.cache)] == [
        "/opt/lib/libx.so.1",
        "/usr/lib/libx.so.1",
    ]
