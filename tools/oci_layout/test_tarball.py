import os
import tarfile
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.oci_layout.tarball import main

FILES = {
    "oci-layout": b"{}",
    "index.json": b"{...}",
    "blobs/sha256/" + 64 * "b": b"b" * 512,
    "blobs/sha256/" + 64 * "a": b"a" * 3000,
}


def pack(folder: Path, names: list[str]) -> Path:
    """Writes the files of a layout in the order of `names`; returns its tar."""
    for name in names:
        (folder / "layout" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "layout" / name).write_bytes(FILES[name])
        os.utime(folder / "layout" / name, (len(name), 7))
    assert main(["--layout", f"{folder}/layout", "--tar-out", f"{folder}/tar"]) == 0
    return folder / "tar"


def test_a_tarball_has_the_files_of_the_layout(tmp_path: Path) -> None:
    with tarfile.open(pack(tmp_path, list(FILES)), "r:") as archive:
        members = archive.getmembers()
        found = {each.name: file.read() for each in members if (file := archive.extractfile(each))}
    assert found == FILES
    assert [each.name for each in members] == [
        "oci-layout",
        "index.json",
        "blobs",
        "blobs/sha256",
        "blobs/sha256/" + 64 * "a",
        "blobs/sha256/" + 64 * "b",
    ]


def test_a_tarball_depends_on_names_and_content_only(tmp_path: Path) -> None:
    tars = []
    for number, names in enumerate((list(FILES), list(FILES)[::-1])):
        folder = tmp_path / str(number)
        folder.mkdir()
        tars.append(pack(folder, names).read_bytes())
        (folder / "layout" / "index.json").chmod(0o444)
    assert tars[0] == tars[1]


def test_symlinks_are_packed_as_the_files_they_lead_to(tmp_path: Path) -> None:
    pack(tmp_path, list(FILES))
    path = tmp_path / "layout" / "index.json"
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    before = (tmp_path / "tar").read_bytes()
    assert pack(tmp_path, []).read_bytes() == before


def test_a_directory_that_is_not_a_layout_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r": not an OCI image layout: it has no file oci-layout$"):
        main(["--layout", str(tmp_path), "--tar-out", str(tmp_path / "tar")])
    assert not (tmp_path / "tar").exists()
