"""Clients take the image of the platform that they are asked for, and run images by digest."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.consumers.engines import containerd, docker, podman, storage
from tests.consumers.released import Released, released
from tests.signatures.cosign import succeed

IMAGE = "static-debian13:nonroot"
SHELL = "static-debian13:debug"


@dataclass(frozen=True, slots=True)
class Image:
    """An image of the index.

    Attributes:
        platform: os/architecture, or os/architecture/variant.
        manifest: the digest of its manifest.
        config: the digest of its config, which podman and docker call its ID.
        layers: digests.
    """

    platform: str
    manifest: str
    config: str
    layers: tuple[str, ...]

    @property
    def architecture(self) -> str:
        return self.platform.split("/")[1]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    directory = tmp_path_factory.mktemp("registry")
    with (
        released(directory, ["static-debian13"]) as registry,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("HOME", str(directory))
        patch.delenv("DOCKER_CONFIG", raising=False)
        yield registry


@pytest.fixture(scope="module")
def images(registry: Released) -> list[Image]:
    """The images of the index, as its manifest lists them."""
    index = json.loads(succeed("crane", "manifest", registry.pinned(IMAGE)))
    found = []
    for entry in index["manifests"]:
        parts = entry["platform"]
        name = "/".join(parts[key] for key in ("os", "architecture", "variant") if parts.get(key))
        image = json.loads(succeed("crane", "manifest", registry.at(IMAGE, entry["digest"])))
        layers = tuple(layer["digest"] for layer in image["layers"])
        found.append(Image(name, entry["digest"], image["config"]["digest"], layers))
    assert {"amd64", "arm64"} <= {image.architecture for image in found}
    return found


def test_crane(registry: Released, images: list[Image]) -> None:
    for image in images:
        for name in (image.platform, f"linux/{image.architecture}"):
            flags = ("--platform", name, registry.pinned(IMAGE))
            assert succeed("crane", "digest", *flags).strip() == image.manifest


def test_skopeo(registry: Released, images: list[Image]) -> None:
    for image in images:
        choice = f"--override-arch={image.architecture}"
        reference = f"docker://{registry.pinned(IMAGE)}"
        flags = ("--tls-verify=false", "--format", "{{.Architecture}} {{.Layers}}", reference)
        layers = " ".join(image.layers)
        expected = f"{image.architecture} [{layers}]"
        assert succeed("skopeo", choice, "inspect", *flags).strip() == expected


def test_podman(registry: Released, images: list[Image]) -> None:
    with storage("podman") as engine:
        for image in images:
            choice = ("--quiet", "--tls-verify=false", "--arch", image.architecture)
            pulled = engine.run("pull", *choice, registry.pinned(IMAGE))
            assert f"sha256:{pulled.strip()}" == image.config


def test_podman_runs_an_image_by_digest(registry: Released) -> None:
    with podman() as engine:
        shell = registry.pinned(SHELL)
        flags = ("--rm", "--quiet", "--tls-verify=false", "--entrypoint=/busybox/busybox")
        assert engine.run("run", *flags, shell, "uname", "-m").strip() == platform.machine()


def test_docker(registry: Released, images: list[Image]) -> None:
    with docker(registry.host) as engine:
        for image in images:
            engine.run("pull", "--platform", image.platform, registry.pinned(IMAGE))
            (shown,) = json.loads(engine.run("image", "inspect", registry.pinned(IMAGE)))
            assert shown["Architecture"] == image.architecture
            # With containerd's image store, the ID is the digest of the index.
            assert shown["Id"] in (image.config, registry.digest(IMAGE))
            engine.run("image", "rm", "--force", registry.pinned(IMAGE))
        shell = registry.pinned(SHELL)
        engine.run("pull", shell)
        flags = ("--rm", "--network=none", "--entrypoint=/busybox/busybox")
        assert engine.run("run", *flags, shell, "uname", "-m").strip() == platform.machine()


def test_containerd(registry: Released, images: list[Image]) -> None:
    pull = ("images", "pull", "--plain-http", "--snapshotter=native")
    configs = {image.config for image in images}
    with containerd() as engine:
        for image in images:
            engine.run(*pull, "--platform", image.platform, registry.pinned(IMAGE))
            found = engine.run("content", "ls", "--quiet").split()
            assert {image.manifest, image.config} <= set(found)
            assert configs & set(found) == {image.config}
            engine.run("images", "rm", "--sync", registry.pinned(IMAGE))
        shell = registry.pinned(SHELL)
        engine.run(*pull, shell)
        flags = ("--rm", "--snapshotter=native", shell, "app")
        machine = engine.run("run", *flags, "/busybox/busybox", "uname", "-m").strip()
        assert machine == platform.machine()
