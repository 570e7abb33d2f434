import hashlib
import io
import json
import re
import tarfile
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import Json
from tools.lib.registry.testing_content import read_layout, write_index
from tools.oci_load.__main__ import main


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin")


@pytest.fixture
def layout(tmp_path: Path) -> str:
    return write_index(tmp_path / "layout")


def files(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {each.name: file.read() for each in archive if (file := archive.extractfile(each))}


def pack(layout: str, *flags: str) -> dict[str, bytes]:
    assert main(["--layout", layout, "--tar-out", "out.tar", *flags]) == 0
    found = files(Path("out.tar").read_bytes())
    for path, data in found.items():
        if path.startswith("blobs/"):
            assert path == f"blobs/sha256/{hashlib.sha256(data).hexdigest()}"
    return found


def architecture(found: dict[str, bytes]) -> str:
    (entry,) = json.loads(found["manifest.json"])
    assert len(entry["Layers"]) == 2
    assert all(layer in found for layer in entry["Layers"])
    config: Json = json.loads(found[entry["Config"]])
    return str(config["architecture"])


def loader(name: str, command: str) -> None:
    """A program that runs a command, and writes its stdin to a file."""
    path = Path("bin", name)
    path.write_text(f"#!/bin/sh\n{command}\n/bin/cat > in\n")
    path.chmod(0o755)


def test_docker_has_one_image_of_an_index(layout: str) -> None:
    for wanted in ("amd64", "arm64"):
        found = pack(
            layout, "--platform", f"linux/{wanted}", "--tag", "app:v1", "-t", "example.com/b"
        )
        assert architecture(found) == wanted
        (entry,) = json.loads(found["manifest.json"])
        assert entry["RepoTags"] == ["app:v1", "example.com/b:latest"]
        assert len(found) == 4


def test_oci_has_a_whole_index_by_each_name(layout: str) -> None:
    found = pack(layout, "--format", "oci", "-t", "app:v1", "-t", "app:v2")
    content = read_layout(layout)
    roots = json.loads(found["index.json"])["manifests"]
    assert [root["annotations"] for root in roots] == [
        {
            "org.opencontainers.image.ref.name": tag,
            "io.containerd.image.name": f"docker.io/library/app:{tag}",
        }
        for tag in ("v1", "v2")
    ]
    assert {root["digest"] for root in roots} == {content.root.digest}
    assert found.keys() - {"index.json", "oci-layout"} == {
        f"blobs/sha256/{path.name}" for path in Path(layout, "blobs/sha256").iterdir()
    }


def test_an_archive_is_reproducible(layout: str) -> None:
    pack(layout, "--platform", "linux/amd64")
    first = Path("out.tar").read_bytes()
    pack(layout, "--platform", "linux/amd64")
    assert Path("out.tar").read_bytes() == first


def test_names_of_a_file(layout: str) -> None:
    Path("names").write_text("a:{KEY}\n\nb\n")
    Path("status").write_text("KEY value\n")
    flags = ["--tags-file", "names", "--status-file", "status", "--platform", "linux/amd64"]
    (entry,) = json.loads(pack(layout, *flags)["manifest.json"])
    assert entry["RepoTags"] == ["a:value", "b:latest"]


@pytest.mark.parametrize(
    ("installed", "flags", "arguments"),
    [
        (["docker", "podman"], [], "load"),
        (["docker", "podman"], ["--loader", "podman"], "load"),
        (["nerdctl"], [], "load"),
        (["ctr"], [], "images import -"),
        ([], ["--loader-program", "bin/own"], "load --input /dev/stdin"),
    ],
)
def test_loaders(layout: str, installed: list[str], flags: list[str], arguments: str) -> None:
    for name in [*installed, "own"]:
        loader(name, f'echo "{name} $@" > arguments')
    assert main(["--layout", layout, "--platform", "linux/amd64", *flags]) == 0
    chosen = flags[1].removeprefix("bin/") if flags else installed[0]
    assert Path("arguments").read_text() == f"{chosen} {arguments}\n"
    assert architecture(files(Path("in").read_bytes())) == "amd64"


def test_a_loader_that_fails_before_it_reads(tmp_path: Path) -> None:
    layout = write_index(tmp_path / "large", size=1 << 20)
    loader("docker", "exit 7")
    with pytest.raises(
        ToolError, match=r"docker load failed: exit status 7 \(hint: is its service"
    ):
        main(["--layout", layout, "--platform", "linux/amd64"])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "docker, podman, nerdctl, ctr not found (hint: install docker or podman, or build"),
        (
            ["--platform", "linux/s390x"],
            "//:app: no image for linux/s390x (hint: --platform "
            "selects one of linux/amd64, linux/arm64)",
        ),
        (["--tag", "App:v1"], "invalid image name 'App:v1'"),
        (["--tag", "app@sha256:" + "0" * 64], "a loaded image has no digest"),
    ],
)
def test_errors(layout: str, flags: list[str], message: str) -> None:
    with pytest.raises(ToolError, match=re.escape(message)):
        main(["--layout", layout, "--label", "//:app", "--platform", "linux/amd64", *flags])
