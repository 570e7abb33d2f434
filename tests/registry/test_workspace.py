"""A user's workspace: an image from a registry as the base, pushed and loaded."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registry.docker_registry import PASSWORD, USER, docker_registry
from tests.registry.pulled_workspace import PulledImage, Workspace, open_workspace
from tools.lib.registry.testing_content import client_for, read_layout

ARM64 = "--platforms=@distroless//rules/platforms:linux_arm64"
STATUS = "--workspace_status_command=./status.sh"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with open_workspace(tmp_path_factory.mktemp("registry")) as workspace:
        yield workspace


@pytest.fixture
def image(workspace: Workspace) -> PulledImage:
    """An image that nothing has pulled before."""
    return workspace.publish()


def built_layers(layout: Path) -> list[str]:
    """The layers of the first image of a layout."""
    manifest = json.loads(read_layout(str(layout)).manifests[0].document.data)
    return [layer["digest"] for layer in manifest["layers"]]


def test_a_digest_needs_no_layer_and_an_image_those_of_its_platform(
    workspace: Workspace, image: PulledImage
) -> None:
    bazel = workspace.bazel
    with workspace.proxy.recorded() as requests:
        bazel.succeed("build", ARM64, "//:one.digest")
        bazel.succeed("build", ARM64, "//:one", "--output_groups=config,manifest,check")
    # A registry that wants credentials is asked for the index more than once.
    assert set(requests) == {
        f"GET /v2/team/base/manifests/{image.digest}",
        f"GET /v2/team/base/manifests/{image.manifest('arm64').digest}",
        f"GET /v2/team/base/blobs/{image.config('arm64')}",
    }
    with workspace.proxy.recorded() as requests:
        bazel.succeed("build", ARM64, "//:one")
    assert [each for each in requests if "/blobs/" in each] == sorted(
        f"GET /v2/team/base/blobs/{each}" for each in image.layers("arm64")
    )
    assert set(built_layers(bazel.built("one"))) == image.layers("arm64")
    for digest in image.layers("arm64"):
        path = f"blobs/{digest.replace(':', '/')}"
        linked = bazel.built("one") / path
        assert linked.is_file()
        assert not linked.is_symlink()
        assert linked.samefile(workspace.external("base_linux_arm64_layers") / path)


def test_a_rule_that_reads_the_base_has_the_layers_of_its_platform(
    workspace: Workspace, image: PulledImage
) -> None:
    bazel = workspace.bazel
    with workspace.proxy.recorded() as requests:
        bazel.succeed("build", ARM64, "//:users")
    layers = [f"GET /v2/team/base/blobs/{each}" for each in image.layers("arm64")]
    assert [each for each in requests if each.endswith(tuple(image.layers("amd64", "arm64")))] == (
        sorted(layers)
    )
    part = json.loads(bazel.built("users.part.json").read_bytes())
    (entry,) = part["entries"]
    assert entry["text"] == (
        "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home/app:/sbin/nologin\n"
    )


def test_a_push_mounts_layers_that_were_not_downloaded(
    workspace: Workspace, image: PulledImage
) -> None:
    repository = f"{workspace.host}/team/mounted"
    with workspace.proxy.recorded() as requests:
        workspace.bazel.succeed("run", STATUS, "//:push", "--", "-r", repository, "--insecure")
    layers = image.layers("amd64", "arm64")
    assert len(layers) == 3
    assert [each for each in requests if any(layer in each for layer in layers)] == sorted(
        request
        for layer in layers
        for request in (
            f"HEAD /v2/team/mounted/blobs/{layer}",
            f"POST /v2/team/mounted/blobs/uploads/?mount={layer}&from=team/base",
        )
    )
    assert all(workspace.client("team/mounted").has_blob(layer) for layer in layers)


def test_a_push_to_another_registry_copies_each_layer_once(
    workspace: Workspace, image: PulledImage, tmp_path: Path
) -> None:
    layers = image.layers("amd64", "arm64")
    with docker_registry(tmp_path) as host:
        push = ["run", STATUS, "//:push", "--", "-r", f"{host}/team/app", "--insecure"]
        with workspace.proxy.recorded() as requests:
            workspace.bazel.succeed(*push)
        assert [each for each in requests if any(layer in each for layer in layers)] == sorted(
            f"GET /v2/team/base/blobs/{layer}" for layer in layers
        )
        assert all(client_for(host, "team/app").has_blob(layer) for layer in layers)
        with workspace.proxy.recorded() as requests:
            workspace.bazel.succeed(*push)
        assert not requests


@pytest.mark.usefixtures("image")
def test_an_index_is_pushed_with_tags(workspace: Workspace) -> None:
    bazel = workspace.bazel
    repository = f"{workspace.host}/team/app"
    output = bazel.succeed(
        "run", STATUS, "//:push", "--", "-r", repository, "-t", "mine", "--insecure"
    )
    bazel.succeed("build", "//:image")
    content = read_layout(str(bazel.built("image")))
    assert len(content.manifests) == 3
    assert output.endswith(f"{repository}@{content.root.digest}\n")
    for tag in ("v1", "1.2.3", "mine"):
        assert workspace.client("team/app").head_manifest(tag) == content.root.digest


def test_a_pulled_image_keeps_its_digest(workspace: Workspace, image: PulledImage) -> None:
    repository = f"{workspace.host}/team/copy"
    with workspace.proxy.recorded() as requests:
        workspace.bazel.succeed("run", "//:copy", "--", "-r", repository, "--insecure")
    amd64 = image.manifest("amd64").digest
    assert workspace.client("team/copy").head_manifest("copied") == amd64
    layers = image.layers("amd64", "arm64")
    assert not [each for each in requests if each.startswith("GET ") and each[-71:] in layers]


@pytest.mark.usefixtures("image")
def test_the_tarball_has_the_image_of_the_target_platform(workspace: Workspace) -> None:
    bazel = workspace.bazel
    bazel.succeed("build", ARM64, "//:load", "--output_groups=tarball")
    with tarfile.open(bazel.built("load.tar")) as archive:
        names = archive.getnames()
        (entry,) = json.loads(archive.extractfile("manifest.json").read())  # type: ignore[union-attr]
        config = json.loads(archive.extractfile(entry["Config"]).read())  # type: ignore[union-attr]
    assert entry["RepoTags"] == ["app:v1"]
    assert config["architecture"] == "arm64"
    assert set(names) == {"manifest.json", entry["Config"], *entry["Layers"]}


def test_what_is_in_the_cache_needs_no_registry(workspace: Workspace, image: PulledImage) -> None:
    workspace.bazel.succeed("build", ARM64, "//:one")
    workspace.pull(f'digest = "{image.digest}",', host="127.0.0.1:1")
    with workspace.proxy.recorded() as requests:
        workspace.bazel.succeed("build", ARM64, "//:one")
    assert not requests


def test_a_tag_is_resolved_with_a_warning(workspace: Workspace, image: PulledImage) -> None:
    workspace.pull('tag = "v1",')
    result = workspace.bazel.run("build", "//:one")
    assert result.returncode == 0, result.stderr
    assert f"tag 'v1' can move. Pin it: digest = \"{image.digest}\"" in result.stderr


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
    workspace: Workspace, image: PulledImage, what: str, repository: str, reason: str
) -> None:
    workspace.pull(what.replace("DIGEST", image.digest), repository)
    platform = "--platforms=@distroless//rules/platforms:linux_s390x"
    error = workspace.bazel.fail("build", platform, "//:one")
    assert re.fullmatch(reason, error.replace(workspace.host, "HOST")), error


@pytest.mark.usefixtures("image")
def test_credentials_are_needed(workspace: Workspace) -> None:
    config = workspace.bazel.workspace.parent / "docker/config.json"
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


def test_a_layer_that_the_registry_lost_is_an_error(
    workspace: Workspace, image: PulledImage
) -> None:
    (layer,) = image.layers("arm64") - image.layers("amd64")
    digits = layer.removeprefix("sha256:")
    data = workspace.bazel.workspace.parent / "data/docker/registry/v2/blobs/sha256"
    (data / digits[:2] / digits / "data").unlink()
    error = workspace.bazel.fail("build", ARM64, "//:one")
    assert error == (
        f"oci.pull: {workspace.host}/team/base: download of blob {layer} failed "
        "(hint: Bazel's warning above has the reason)"
    )


def test_credentials_in_a_name_are_not_shown(workspace: Workspace) -> None:
    digest = f"sha256:{'0' * 64}"
    workspace.pull(f'digest = "{digest}",', host=f"{USER}:{PASSWORD}@example.com")
    result = workspace.bazel.run("build", "//:one")
    assert result.returncode != 0
    assert (
        "oci.pull of base in MODULE.bazel: `image` must not have credentials (hint: remove what "
        "is before @example.com, and run docker login example.com, or podman login example.com)\n"
    ) in result.stderr
    assert PASSWORD not in result.stderr
