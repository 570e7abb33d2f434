"""A user's workspace that pulls an image from a registry."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import shutil
import tarfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.inner_bazel.inner_bazel import InnerBazel, source_tree
from tests.registry.docker_registry import PASSWORD, USER, docker_registry
from tests.registry.recording_proxy import RecordingProxy, recording_proxy
from tools.lib.oci.descriptor import Digest, Platform
from tools.lib.oci.testing import LayoutDirectory
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.content import ManifestContent
from tools.lib.registry.credentials import Credentials
from tools.lib.registry.document import Document
from tools.lib.registry.testing_content import client_for, read_layout
from tools.oci_push.__main__ import main as oci_push

_TAR = "application/vnd.oci.image.layer.v1.tar"
_WORKSPACE = Path("tests/registry/workspace")
_MODULE = """\
bazel_dep(name = "distroless", version = "0.1.0")
local_path_override(
    module_name = "distroless",
    path = "../distroless",
)

oci = use_extension("@distroless//rules:oci_extension.bzl", "oci")
oci.pull(
    name = "base",
    {what}
    image = "{host}/{repository}",
    insecure = True,
)
use_repo(oci, "base", "base_linux_amd64")
"""


@dataclass(frozen=True)
class PulledImage:
    """An index of images for amd64 and arm64 that share a layer, as it is in the registry."""

    layout: str

    @property
    def digest(self) -> Digest:
        """The index's digest."""
        return read_layout(self.layout).root.digest

    def manifest(self, architecture: str) -> Document:
        """The manifest of an image."""
        return self._image(architecture).document

    def config(self, architecture: str) -> Digest:
        """The config of an image."""
        return self._image(architecture).blobs[0].digest

    def layers(self, *architectures: str) -> set[Digest]:
        """The layers of images."""
        images = [self._image(each) for each in architectures]
        return {blob.digest for each in images for blob in each.blobs[1:]}

    def _image(self, architecture: str) -> ManifestContent:
        return read_layout(self.layout).manifests[["amd64", "arm64"].index(architecture)]


class Workspace:
    """The workspace, and the registry whose image is its base."""

    def __init__(self, bazel: InnerBazel, proxy: RecordingProxy, directory: Path) -> None:
        self.bazel = bazel
        self.proxy = proxy
        self.host = proxy.host
        self._directory = directory

    def pull(self, what: str, repository: str = "team/base", host: str = "") -> None:
        """Writes MODULE.bazel."""
        text = _MODULE.format(what=what, host=host or self.host, repository=repository)
        (self.bazel.workspace / "MODULE.bazel").write_text(text)

    def publish(self) -> PulledImage:
        """Pushes an image that no cache has, and writes a MODULE.bazel that pulls it."""
        path = self._directory / uuid.uuid4().hex
        path.mkdir()
        layout = LayoutDirectory(path)
        shared = layout.blob(_TAR, _layer("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n"))
        images = [
            layout.image(
                architecture,
                layers=[shared, layout.blob(_TAR, _layer("architecture", architecture.encode()))],
                platform=Platform("linux", architecture),
            )
            for architecture in ("amd64", "arm64")
        ]
        image = PulledImage(layout.root(layout.index(*images)))
        repository = f"{self.host}/team/base"
        oci_push(["--layout", image.layout, "-r", repository, "-t", "v1", "--insecure"])
        self.pull(f'digest = "{image.digest}",')
        return image

    def external(self, name: str) -> Path:
        """The directory of a repository that the extension declares."""
        external = Path(self.bazel.succeed("info", "output_base").strip(), "external")
        return external / f"distroless~~oci~{name}"

    def client(self, path: str) -> RepositoryClient:
        """For a look into the registry."""
        return client_for(self.host, path, Credentials(USER, PASSWORD))


@contextlib.contextmanager
def open_workspace(directory: Path) -> Iterator[Workspace]:
    """Copies the workspace to a directory, with a registry that wants a password."""
    shutil.copytree(_WORKSPACE, directory / "user")
    (directory / "distroless").symlink_to(source_tree())
    (directory / "docker").mkdir()
    with (
        pytest.MonkeyPatch.context() as patch,
        docker_registry(directory, auth="htpasswd") as host,
        recording_proxy(host) as proxy,
    ):
        auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        config = json.dumps({"auths": {proxy.host: {"auth": auth}}})
        (directory / "docker/config.json").write_text(config)
        patch.setenv("DOCKER_CONFIG", str(directory / "docker"))
        patch.setenv("no_proxy", "127.0.0.1")
        with InnerBazel(directory / "user", directory / "root") as bazel:
            yield Workspace(bazel, proxy, directory)


def _layer(path: str, content: bytes) -> bytes:
    """A tar that no cache has: a file, and one with random content."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in ((path, content), ("random", uuid.uuid4().bytes)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()
