"""A program with packages of a package-lock.json, on Node.js."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator

import pytest

from tests.e2e.workspaces import timed, workspace
from tests.inner_bazel.inner_bazel import InnerBazel


@pytest.fixture(scope="module")
def bazel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InnerBazel]:
    with workspace("node", tmp_path_factory.mktemp("node")) as bazel:
        yield bazel


def test_the_program_runs(bazel: InnerBazel) -> None:
    with timed("image and its test"):
        bazel.succeed("test", "//:image_test")


@pytest.mark.parametrize(("architecture", "cpu"), [("amd64", "x64"), ("arm64", "arm64")])
def test_packages_of_an_architecture(bazel: InnerBazel, architecture: str, cpu: str) -> None:
    flags = f"--platforms=@distroless//rules/platforms:linux_{architecture}"
    bazel.succeed("build", "@npm", flags)
    (layer,) = bazel.succeed("cquery", "--output=files", "@npm", flags).split()
    with tarfile.open(bazel.workspace / layer) as archive:
        found = {each.name.removeprefix("app/node_modules/") for each in archive if each.isreg()}
    packages = {
        path.removesuffix("/package.json") for path in found if path.endswith("package.json")
    }
    # As npm installs them: nothing that only a package for another platform needs, such as tslib.
    assert packages == {
        "@node-rs/crc32",
        f"@node-rs/crc32-linux-{cpu}-gnu",
        "ansi-styles",
        "chalk",
        "color-convert",
        "color-name",
        "has-flag",
        "supports-color",
    }


def test_a_lock_that_does_not_exist(bazel: InnerBazel) -> None:
    (bazel.workspace / "package-lock.json").unlink()
    assert bazel.fail("build", "@npm") == (
        "package-lock.json: file not found (hint: run npm install --package-lock-only)"
    )
