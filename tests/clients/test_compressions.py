"""What skopeo, umoci and containers/storage make of an image in each compression."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.clients.registry import registry
from tests.registry.docker_registry import docker_registry
from tests.registry.recording_proxy import recording_proxy
from tools.lib.part.testing_chunked import Entries, read_estargz, read_zstd_chunked

IMAGES = {Path(path).name: Path(path) for path in os.environ["IMAGES"].split()}
COMPRESSED = [name for name in IMAGES if name.startswith("compressed_")]
CHUNKED: dict[str, Callable[[bytes, Mapping[str, str]], Entries]] = {
    "compressed_estargz": read_estargz,
    "compressed_zstd_chunked": read_zstd_chunked,
}
# What the format adds to the files of an image.
ESTARGZ_FILES = {".no.prefetch.landmark", "stargz.index.json"}


def run(*command: str, environment: Mapping[str, str] | None = None) -> str:
    """Runs a client and returns its output; what it says on failure is the test's message."""
    result = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert result.returncode == 0, f"{' '.join(command)}: {result.stderr}"
    return result.stdout


def read_blob(layout: Path, descriptor: Mapping[str, Any]) -> bytes:
    digest: str = descriptor["digest"]
    return (layout / "blobs" / digest.replace(":", "/")).read_bytes()


def read_manifest(layout: Path) -> dict[str, Any]:
    """The manifest of the one image of a layout."""
    (image,) = json.loads((layout / "index.json").read_bytes())["manifests"]
    manifest: dict[str, Any] = json.loads(read_blob(layout, image))
    return manifest


@pytest.fixture
def layouts(tmp_path: Path) -> Path:
    """Copies, as clients write locks and temporary files into a layout."""
    for name, source in IMAGES.items():
        shutil.copytree(source, tmp_path / name, copy_function=shutil.copyfile)
        for each in ((tmp_path / name), *(tmp_path / name).rglob("*")):
            each.chmod(0o755 if each.is_dir() else 0o644)
    return tmp_path


@pytest.mark.parametrize("name", CHUNKED)
def test_a_strict_reader_of_the_format_reads_all_layers(name: str) -> None:
    layers = read_manifest(IMAGES[name])["layers"]
    paths = [
        info.name
        for layer in layers
        for info, _ in CHUNKED[name](read_blob(IMAGES[name], layer), layer["annotations"])
    ]
    assert len(layers) == 2
    assert {"etc/passwd", "usr/lib/x86_64-linux-gnu/libcrypto.so.3"} <= set(paths)


def test_media_types_and_annotations_say_what_a_layer_is() -> None:
    kinds = {}
    for name in COMPRESSED:
        layers = read_manifest(IMAGES[name])["layers"]
        media_types = {layer["mediaType"].rpartition(".")[2] for layer in layers}
        kinds[name] = (media_types, ["annotations" in layer for layer in layers])
    assert kinds == {
        "compressed_gzip": ({"tar+gzip"}, [False, False]),
        "compressed_zstd": ({"tar+zstd"}, [False, False]),
        "compressed_estargz": ({"tar+gzip"}, [True, True]),
        "compressed_zstd_chunked": ({"tar+zstd"}, [True, True]),
    }


def tree(root: Path) -> dict[str, tuple[int, str]]:
    """The mode of each file, and its content or target."""
    found = {}
    for path in sorted(root.rglob("*")):
        mode = path.lstat().st_mode
        content = ""
        if stat.S_ISLNK(mode):
            content = os.readlink(path)
        elif stat.S_ISREG(mode):
            content = path.read_bytes().hex()
        found[str(path.relative_to(root))] = (mode, content)
    return found


def test_layers_are_split() -> None:
    assert len(read_manifest(IMAGES["compressed_gzip"])["layers"]) == 2
    assert len(read_manifest(IMAGES["split_gzip"])["layers"]) == 3


def test_umoci_unpacks_the_same_files_of_each(layouts: Path) -> None:
    trees = {}
    for name in (*COMPRESSED, "split_gzip"):
        bundle = layouts / f"{name}.bundle"
        run("umoci", "unpack", "--rootless", "--image", f"{layouts / name}:latest", str(bundle))
        trees[name] = tree(bundle / "rootfs")
    added = {path: trees["compressed_estargz"].pop(path, None) for path in ESTARGZ_FILES}
    assert None not in added.values()
    assert len(trees["compressed_gzip"]) > 1000
    for name in trees:
        assert trees[name] == trees["compressed_gzip"], name


@pytest.mark.parametrize("name", COMPRESSED)
def test_skopeo_copies_it_through_a_registry(name: str, layouts: Path) -> None:
    plain = ("--insecure-policy", "copy", "--quiet", "--preserve-digests")
    with registry() as host:
        pushed = f"docker://{host}/app:latest"
        run("skopeo", *plain, "--dest-tls-verify=false", f"oci:{layouts / name}", pushed)
        run("skopeo", *plain, "--src-tls-verify=false", pushed, f"oci:{layouts}/back:latest")
    assert read_manifest(layouts / "back") == read_manifest(layouts / name)


@pytest.fixture
def storage(tmp_path: Path) -> dict[str, str]:
    """The environment of a containers/storage of its own, as podman, buildah and CRI-O have it."""
    settings = tmp_path / "storage.conf"
    settings.write_text(
        f"""
[storage]
driver = "overlay"
runroot = "{tmp_path}/run"
graphroot = "{tmp_path}/graph"
[storage.options.pull_options]
enable_partial_images = "true"
[storage.options.overlay]
# The sandbox of a test has one user.
ignore_chown_errors = "true"
"""
    )
    environment = os.environ | {"CONTAINERS_STORAGE_CONF": str(settings)}
    info = ["skopeo", "inspect", "containers-storage:localhost/none:latest"]
    probe = subprocess.run(info, capture_output=True, text=True, env=environment)
    if "does not resolve to an image" not in probe.stderr:
        pytest.skip(f"no overlay file systems on this machine: {probe.stderr}")
    return environment


def test_containers_storage_gets_only_files_that_it_lacks(
    layouts: Path, storage: dict[str, str]
) -> None:
    copy = ("skopeo", "--insecure-policy", "--tmpdir", str(layouts), "copy", "--quiet")
    received = []
    (layouts / "registry").mkdir()
    with docker_registry(layouts / "registry") as host, recording_proxy(host) as proxy:
        for name in ("compressed_zstd_chunked", "updated_zstd_chunked"):
            pushed = f"docker://{proxy.host}/app:{name}"
            run(*copy, "--dest-tls-verify=false", f"oci:{layouts / name}", pushed)
            stored = f"containers-storage:localhost/{name}:latest"
            proxy.received = 0
            run(*copy, "--src-tls-verify=false", pushed, stored, environment=storage)
            received.append(proxy.received)
    updated = read_manifest(IMAGES["updated_zstd_chunked"])["layers"][-1]["size"]
    # The client has the layer below. Of the other one it gets the index and one file.
    assert 0 < received[1] < updated / 10 < received[0]
