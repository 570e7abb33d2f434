import hashlib
import json
import os
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import LAYER, Descriptor, Platform
from tools.lib.oci.testing import LayoutDirectory
from tools.oci_layout.contents import IMAGE_NAME, OCI_LAYOUT
from tools.oci_layout.tarball import main

NAME = {IMAGE_NAME: "docker.io/library/cc:debian13"}


@pytest.fixture
def layout(tmp_path: Path) -> LayoutDirectory:
    (tmp_path / "layout").mkdir()
    (tmp_path / "layout/oci-layout").write_bytes(OCI_LAYOUT)
    return LayoutDirectory(tmp_path / "layout")


def pack(layout: LayoutDirectory) -> Path:
    tar = Path(f"{layout}.tar")
    assert main(["--layout", str(layout), "--tar-out", str(tar)]) == 0
    return tar


def files(tar: Path) -> dict[str, bytes]:
    with tarfile.open(tar, "r:") as archive:
        return {each.name: file.read() for each in archive if (file := archive.extractfile(each))}


def manifests(tar: Path) -> list[dict[str, Any]]:
    """The entries of manifest.json, after checking that their files are in the tar."""
    found = files(tar)
    entries: list[dict[str, Any]] = json.loads(found["manifest.json"])
    for entry in entries:
        for path in (entry["Config"], *entry["Layers"]):
            assert path == f"blobs/sha256/{hashlib.sha256(found[path]).hexdigest()}"
    return entries


def image(layout: LayoutDirectory, architecture: str = "amd64", **attributes: Any) -> Descriptor:
    layer = layout.blob(LAYER, architecture.encode() * 1000)
    return layout.image(architecture, layers=[layer], **attributes)


def test_a_tarball_has_the_files_of_the_layout(layout: LayoutDirectory) -> None:
    layout.root(image(layout))
    tar = pack(layout)
    found = files(tar)
    assert found.pop("manifest.json")
    assert found == {
        os.path.relpath(path, str(layout)): path.read_bytes()
        for path in Path(str(layout)).rglob("*")
        if path.is_file()
    }
    with tarfile.open(tar) as archive:
        names = archive.getnames()
    assert names[:5] == ["oci-layout", "index.json", "manifest.json", "blobs", "blobs/sha256"]
    assert names[5:] == sorted(names[5:])


def test_a_tarball_depends_on_names_and_content_only(layout: LayoutDirectory) -> None:
    layout.root(image(layout))
    before = pack(layout).read_bytes()
    for number, path in enumerate(Path(str(layout)).rglob("*")):
        path.chmod(0o700)
        os.utime(path, (number, number))
    assert pack(layout).read_bytes() == before


def test_symlinks_are_packed_as_the_files_they_lead_to(
    layout: LayoutDirectory, tmp_path: Path
) -> None:
    layout.root(image(layout))
    before = pack(layout).read_bytes()
    path = tmp_path / "layout" / "index.json"
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert pack(layout).read_bytes() == before


@pytest.mark.parametrize(
    ("annotations", "tags"),
    [
        (NAME, ["cc:debian13"]),
        ({IMAGE_NAME: "example.com:5000/team/app:v1"}, ["example.com:5000/team/app:v1"]),
        ({}, []),
    ],
)
def test_docker_s_classic_store_finds_an_image_by_its_name(
    layout: LayoutDirectory, annotations: dict[str, str], tags: list[str]
) -> None:
    layout.root(image(layout, annotations=annotations))
    (entry,) = manifests(pack(layout))
    assert entry["RepoTags"] == tags
    assert len(entry["Layers"]) == 1


def test_docker_s_classic_store_gets_each_image_of_an_index(layout: LayoutDirectory) -> None:
    nested = layout.index(image(layout), image(layout, "arm"))
    layout.root(replace(nested, annotations=NAME))
    assert [entry["RepoTags"] for entry in manifests(pack(layout))] == [
        ["cc:debian13-amd64"],
        ["cc:debian13-arm"],
    ]


def test_variants_are_told_apart(layout: LayoutDirectory) -> None:
    arms = [layout.image("arm", variant) for variant in ("v6", "v7")]
    layout.root(replace(layout.index(*arms), annotations=NAME))
    assert [entry["RepoTags"] for entry in manifests(pack(layout))] == [
        ["cc:debian13-linux-arm-v6"],
        ["cc:debian13-linux-arm-v7"],
    ]


def test_an_image_without_all_of_its_layers_is_not_for_docker(layout: LayoutDirectory) -> None:
    layer = replace(layout.blob(LAYER, b"x"), urls=("https://example.org",))
    windows = layout.image(layers=[layer], platform=Platform("linux", "amd64"))
    layout.path(layer).unlink()
    layout.root(windows)
    assert manifests(pack(layout)) == []


def test_a_directory_that_is_not_a_layout_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r": not an OCI image layout: it has no file oci-layout$"):
        main(["--layout", str(tmp_path), "--tar-out", str(tmp_path / "tar")])
    (tmp_path / "oci-layout").write_bytes(OCI_LAYOUT)
    with pytest.raises(ToolError, match=r": not an OCI image layout: it has no index\.json"):
        main(["--layout", str(tmp_path), "--tar-out", str(tmp_path / "tar")])
    assert not (tmp_path / "tar").exists()
