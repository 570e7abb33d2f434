"""A user's workspace: an image from a registry as the base, pushed and loaded."""

from __future__ import annotations

import base64
import json
import re
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inner_bazel.inner_bazel import InnerBazel, source_tree
from tests.registry.docker_registry import PASSWORD, USER, docker_registry
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.credentials import Credentials
from tools.lib.registry.testing_content import client_for, read_layout, write_index
from tools.oci_push.__main__ import main as oci_push

WORKSPACE = Path("tests/registry/workspace")
MODULE = """\
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


class Workspace:
    """The workspace, and the registry whose image is its base."""

    def __init__(self, bazel: InnerBazel, host: str, layout: str) -> None:
        self.bazel = bazel
        self.host = host
        self.layout = layout
        self.digest = read_layout(layout).root.digest

    def pull(self, what: str, repository: str = "team/base", host: str = "") -> None:
        """Writes MODULE.bazel."""
        text = MODULE.format(what=what, host=host or self.host, repository=repository)
        (self.bazel.workspace / "MODULE.bazel").write_text(text)

    def client(self, path: str) -> RepositoryClient:
        """For a look into the registry."""
        return client_for(self.host, path, Credentials(USER, PASSWORD))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    directory = tmp_path_factory.mktemp("registry")
    shutil.copytree(WORKSPACE, directory / "user")
    (directory / "distroless").symlink_to(source_tree())
    (directory / "docker").mkdir()
    with (
        pytest.MonkeyPatch.context() as patch,
        docker_registry(directory, auth="htpasswd") as host,
    ):
        auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        config = json.dumps({"auths": {host: {"auth": auth}}})
        (directory / "docker/config.json").write_text(config)
        patch.setenv("DOCKER_CONFIG", str(directory / "docker"))
        patch.setenv("no_proxy", "127.0.0.1")
        layout = write_index(directory / "layout")
        oci_push(["--layout", layout, "-r", f"{host}/team/base", "-t", "v1", "--insecure"])
        with InnerBazel(directory / "user", directory / "root") as bazel:
            workspace = Workspace(bazel, host, layout)
            workspace.pull(f'digest = "{workspace.digest}",')
            yield workspace


def fetched(bazel: InnerBazel) -> set[str]:
    """The repositories of the pulled image that were fetched."""
    external = Path(bazel.succeed("info", "output_base").strip(), "external")
    names = [path.name for path in external.iterdir() if path.is_dir()]
    return {name.rpartition("~oci~")[2] for name in names if "~oci~" in name}


def test_layers_are_fetched_for_the_platform_that_needs_them(workspace: Workspace) -> None:
    bazel = workspace.bazel
    platform = "--platforms=@distroless//rules/platforms:linux_arm64"
    bazel.succeed("build", platform, "//:one")
    assert fetched(bazel) == {"base", "base_linux_arm64"}
    manifest = read_layout(str(bazel.built("one"))).manifests[0]
    _, arm64, _ = read_layout(workspace.layout).manifests
    layers = [layer["digest"] for layer in json.loads(manifest.document.data)["layers"]]
    assert layers == [layer["digest"] for layer in json.loads(arm64.document.data)["layers"]]


def test_an_index_is_pushed_with_tags(workspace: Workspace) -> None:
    bazel = workspace.bazel
    status = "--workspace_status_command=./status.sh"
    repository = f"{workspace.host}/team/app"
    output = bazel.succeed(
        "run", status, "//:push", "--", "-r", repository, "-t", "mine", "--insecure"
    )
    bazel.succeed("build", "//:image")
    content = read_layout(str(bazel.built("image")))
    assert len(content.manifests) == 3
    assert output.endswith(f"{repository}@{content.root.digest}\n")
    for tag in ("v1", "1.2.3", "mine"):
        assert workspace.client("team/app").head_manifest(tag) == content.root.digest


def test_a_pulled_image_keeps_its_digest(workspace: Workspace) -> None:
    repository = f"{workspace.host}/team/copy"
    workspace.bazel.succeed("run", "//:copy", "--", "-r", repository, "--insecure")
    amd64 = read_layout(workspace.layout).manifests[0].document
    assert workspace.client("team/copy").head_manifest("copied") == amd64.digest


def test_the_tarball_has_the_image_of_the_target_platform(workspace: Workspace) -> None:
    bazel = workspace.bazel
    platform = "--platforms=@distroless//rules/platforms:linux_arm64"
    bazel.succeed("build", platform, "//:load", "--output_groups=tarball")
    with tarfile.open(bazel.built("load.tar")) as archive:
        names = archive.getnames()
        (entry,) = json.loads(archive.extractfile("manifest.json").read())  # type: ignore[union-attr]
        config = json.loads(archive.extractfile(entry["Config"]).read())  # type: ignore[union-attr]
    assert entry["RepoTags"] == ["app:v1"]
    assert config["architecture"] == "arm64"
    assert set(names) == {"manifest.json", entry["Config"], *entry["Layers"]}


def test_what_is_in_the_cache_needs_no_registry(workspace: Workspace) -> None:
    workspace.pull(f'digest = "{workspace.digest}",', host="127.0.0.1:1")
    platform = "--platforms=@distroless//rules/platforms:linux_arm64"
    workspace.bazel.succeed("build", platform, "//:one")


def test_a_tag_is_resolved_with_a_warning(workspace: Workspace) -> None:
    workspace.pull('tag = "v1",')
    result = workspace.bazel.run("build", "//:one")
    assert result.returncode == 0, result.stderr
    assert f"tag 'v1' can move. Pin it: digest = \"{workspace.digest}\"" in result.stderr


@pytest.mark.parametrize(
    ("what", "repository", "reason"),
    [
        ("", "team/base", r"oci\.pull of base .*: `digest` is missing \(hint: .*\)"),
        ('digest = "sha256:0",', "team/base", r"oci\.pull of base .*: invalid digest .*"),
        (
            f'digest = "sha256:{"0" * 64}",',
            "team/base",
            r"oci\.pull: HOST/team/base: manifest sha256:0+: HTTP 404: .* \(hint: check the name.*",
        ),
        (
            'digest = "DIGEST", platforms = ["linux/amd64", "linux/s390x"],',
            "team/base",
            r"oci\.pull: HOST/team/base@\S+ has no image for linux/s390x "
            r"\(hint: `platforms` must be among linux/amd64, linux/arm64\)",
        ),
    ],
)
def test_an_error_is_one_line(
    workspace: Workspace, what: str, repository: str, reason: str
) -> None:
    workspace.pull(what.replace("DIGEST", workspace.digest), repository)
    platform = "--platforms=@distroless//rules/platforms:linux_s390x"
    error = workspace.bazel.fail("build", platform, "//:one")
    assert re.fullmatch(reason, error.replace(workspace.host, "HOST")), error


def test_credentials_are_needed(workspace: Workspace, tmp_path: Path) -> None:
    digest = read_layout(write_index(tmp_path / "other", size=3)).root.digest
    workspace.pull(f'digest = "{digest}",')
    config = Path(workspace.bazel.workspace).parent / "docker/config.json"
    text = config.read_text()
    config.write_text("{}")
    try:
        error = workspace.bazel.fail("build", "//:one")
    finally:
        config.write_text(text)
    assert "unauthorized: no credentials found" in error
    assert error.endswith(
        f"(hint: run docker login {workspace.host}, or podman login {workspace.host})"
    )
