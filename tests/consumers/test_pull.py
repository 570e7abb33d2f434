"""Bazel pulls a released index: by our `oci.pull`, and by the requests of rules_oci's."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.consumers.released import PROJECT, Released, released
from tests.inner_bazel.inner_bazel import InnerBazel, source_tree
from tests.signatures.cosign import succeed
from tools.lib.registry.testing_content import read_layout

IMAGE = "static-debian13:nonroot"
PLATFORMS = {"amd64": "linux/amd64", "arm64": "linux/arm64/v8"}
MODULE = """\
bazel_dep(name = "distroless", version = "0.1.0")
local_path_override(
    module_name = "distroless",
    path = "../distroless",
)

oci = use_extension("@distroless//rules:oci_extension.bzl", "oci")
oci.pull(
    name = "static",
    digest = "{digest}",
    image = "{host}/{repository}",
    insecure = True,
)
use_repo(oci, "static")

pull_as_rules_oci = use_repo_rule("//:pull_as_rules_oci.bzl", "pull_as_rules_oci")
"""
PULL = """
pull_as_rules_oci(
    name = "static_{architecture}",
    digest = "{digest}",
    platform = "{platform}",
    registry = "{host}",
    repository = "{repository}",
)
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    with released(tmp_path_factory.mktemp("registry"), ["static-debian13"]) as registry:
        yield registry


@pytest.fixture(scope="module")
def bazel(registry: Released, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InnerBazel]:
    directory = tmp_path_factory.mktemp("bazel")
    shutil.copytree("tests/consumers/workspace", directory / "user")
    (directory / "distroless").symlink_to(source_tree())
    values = {
        "digest": registry.digest(IMAGE),
        "host": registry.host,
        "repository": f"{PROJECT}/{IMAGE.partition(':')[0]}",
    }
    pulls = [
        PULL.format(architecture=architecture, platform=platform, **values)
        for architecture, platform in PLATFORMS.items()
    ]
    (directory / "user/MODULE.bazel").write_text(MODULE.format(**values) + "".join(pulls))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("no_proxy", "127.0.0.1")
        with InnerBazel(directory / "user", directory / "root") as bazel:
            yield bazel


def manifest(registry: Released, platform: str) -> Mapping[str, Any]:
    """The manifest of an image of the index."""
    found = succeed("crane", "manifest", "--platform", platform, registry.pinned(IMAGE))
    return dict(json.loads(found))


@pytest.mark.parametrize("architecture", PLATFORMS)
def test_our_pull(bazel: InnerBazel, registry: Released, architecture: str) -> None:
    platform = f"--platforms=@distroless//rules/platforms:linux_{architecture}"
    bazel.succeed("build", platform, "//:app")
    (app,) = read_layout(str(bazel.built("app"))).manifests
    layers = json.loads(app.document.data)["layers"]
    assert [layer["digest"] for layer in layers] == [
        layer["digest"] for layer in manifest(registry, PLATFORMS[architecture])["layers"]
    ]


@pytest.mark.parametrize("architecture", PLATFORMS)
def test_pull_of_rules_oci(bazel: InnerBazel, registry: Released, architecture: str) -> None:
    index = f"@static_{architecture}//:index.json"
    bazel.succeed("build", index)
    location = bazel.succeed("cquery", index, "--output=files").strip()
    root = bazel.succeed("info", "execution_root").strip()
    (pulled,) = read_layout(str(Path(root, location).parent)).manifests
    assert json.loads(pulled.document.data) == manifest(registry, PLATFORMS[architecture])
