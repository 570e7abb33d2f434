"""Real clients on layouts that the tools make of real tars.

They must be on PATH: skopeo, umoci and crane, which Debian has as packages (crane from 13 on).
"""

import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.clients.registry import registry
from tools.lib.data.json_values import Json
from tools.oci_image.__main__ import main as oci_image
from tools.oci_index.__main__ import main as oci_index
from tools.oci_layout.__main__ import main as oci_layout
from tools.oci_layout.tarball import main as tarball
from tools.tar_layer.__main__ import main as tar_layer


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))


def program(name: str) -> str:
    assert shutil.which(name), f"{name} is not on PATH (hint: apt-get install {name})"
    return name


def client(*command: str) -> str:
    program(command[0])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout


def layer(name: str, text: str) -> list[str]:
    """A gzipped tar of one file, described; returns the flags that bring it to a layout."""
    with tarfile.open(f"{name}.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo(f"etc/{name}")
        info.size, info.mtime, info.mode = len(text), 1735689600, 0o640
        archive.addfile(info, io.BytesIO(text.encode()))
        link = tarfile.TarInfo(f"etc/{name}.link")
        link.type, link.linkname = tarfile.SYMTYPE, name
        archive.addfile(link)
    outputs = ["--layer-out", f"{name}.json", "--part-out", f"{name}.part.json"]
    assert tar_layer(["--tar", f"{name}.tar.gz", *outputs, "--label", f"//:{name}"]) == 0
    return ["--layer", f"{name}.json", f"{name}.tar.gz"]


def image(name: str, options: Json, layers: list[str], *base: str) -> list[str]:
    """An image of layers; returns the flags that bring it to a layout."""
    Path(f"{name}.options").write_text(json.dumps({"version": 1, **options}))
    flags = ["--config-out", f"{name}.c", "--manifest-out", f"{name}.m", "--digest-out", "digest"]
    for item in layers:
        flags += ["--layer", "0", f"{item}.json"]
    assert oci_image([*flags, "--image", name, f"{name}.options", *base]) == 0
    return ["--manifest", f"{name}.m", "--config", f"{name}.c"]


@pytest.fixture
def layouts(here: None) -> None:
    """`single`, an image on a base, and `multi`, an index of it and one for another platform."""
    layers = [*layer("below", "1"), *layer("above", "2")]
    options: Json = {
        "user": "65532",
        "env": [["A", "b"]],
        "entrypoint": ["/app"],
        "labels": {"l": "x"},
    }
    platform = {"os": "linux", "architecture": "amd64", "annotations": {"org.example": "yes"}}
    image("base", {**platform, "env": [["PATH", "/bin"]]}, ["below"])
    base = ["--base-manifest", "base.m", "--base-config", "base.c"]
    amd64 = image("amd64", options, ["above"], *base)
    arm = image("arm", {"os": "linux", "architecture": "arm", "variant": "v7"}, ["below"])
    assert oci_layout([*amd64, *layers, "--ref", "app:v1", "--layout-out", "single"]) == 0
    outputs = ["--index-out", "index", "--digest-out", "index.digest"]
    assert oci_index([*amd64, *arm, *outputs]) == 0
    flags = ["--index", "index", "--ref", "app:v1", "--layout-out", "multi"]
    assert oci_layout([*amd64, *arm, *layers, *flags]) == 0


def test_skopeo_inspects_an_image(layouts: None) -> None:
    config = json.loads(client("skopeo", "inspect", "--config", "oci:single"))
    assert config["config"] == {
        "User": "65532",
        "Env": ["PATH=/bin", "A=b"],
        "Entrypoint": ["/app"],
        "Labels": {"l": "x"},
    }
    assert [item["created_by"] for item in config["history"]] == ["//:below", "//:above"]
    assert client("skopeo", "inspect", "--raw", "oci:single:v1") == Path("amd64.m").read_text()


def test_skopeo_chooses_from_an_index_by_platform_and_copies_it_whole(layouts: None) -> None:
    arm = ["--override-arch=arm", "--override-variant=v7", "--override-os=linux"]
    seen = json.loads(client("skopeo", *arm, "inspect", "oci:multi"))
    assert (seen["Architecture"], len(seen["Layers"])) == ("arm", 1)
    client("skopeo", "copy", "--quiet", "--all", "--preserve-digests", "oci:multi", "oci:copy:a")
    assert client("skopeo", "inspect", "--raw", "oci:copy") == Path("index").read_text()


def test_umoci_unpacks_the_files_of_both_layers(layouts: None) -> None:
    client("umoci", "unpack", "--rootless", "--image", "single:v1", "bundle")
    etc = Path("bundle/rootfs/etc")
    assert {path.name for path in etc.iterdir()} == {"below", "below.link", "above", "above.link"}
    assert (etc / "below.link").read_text() == "1"
    assert (etc / "above").stat().st_mode & 0o777 == 0o640
    process = json.loads(Path("bundle/config.json").read_text())["process"]
    assert process["args"] == ["/app"]


@pytest.mark.parametrize("layout", ["single", "multi"])
def test_crane_pushes_and_validates_layouts(layouts: None, layout: str) -> None:
    (root,) = json.loads(Path(layout, "index.json").read_bytes())["manifests"]
    with registry() as host:
        reference = f"{host}/{layout}:latest"
        client("crane", "push", layout, reference)
        client("crane", "validate", "--remote", reference)
        assert client("crane", "digest", reference).strip() == root["digest"]


@pytest.mark.parametrize("layout", ["single", "multi"])
def test_skopeo_reads_tarballs(layouts: None, layout: str) -> None:
    assert tarball(["--layout", layout, "--tar-out", f"{layout}.tar"]) == 0
    raw = client("skopeo", "--tmpdir=.", "inspect", "--raw", f"oci-archive:{layout}.tar:v1")
    assert raw == client("skopeo", "inspect", "--raw", f"oci:{layout}:v1")
    # The format of docker's classic store, in which an index is one image for each architecture.
    name = {"single": "app:v1", "multi": "app:v1-amd64"}[layout]
    inspect = ["skopeo", "--tmpdir=.", "inspect", "--config", "--raw"]
    config = client(*inspect, f"docker-archive:{layout}.tar:{name}")
    assert config == Path("amd64.c").read_text()
