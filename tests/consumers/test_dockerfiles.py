"""docker, buildah and podman build examples/*/Dockerfile on released images, and the images work.

Build stages do not compile: see build_stage.py. What they are about is the last stage, which copies
their result to a released image.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.consumers.build_stage import push_build_stages, read_dockerfile
from tests.consumers.engines import Builder, docker, storage
from tests.consumers.machine import command
from tests.consumers.released import Released, released
from tests.consumers.run_image import check_image

CONFIGS = {
    "c": ["examples/c/testdata/hello.yaml"],
    "cpp": ["examples/cpp/testdata/hello.yaml"],
    "go": ["examples/go/testdata/hello.yaml"],
    "java": [
        "examples/java/testdata/inventory.yaml",
        "examples/java/testdata/java21_debian13.yaml",
    ],
    "nodejs": ["examples/nodejs/testdata/server.yaml"],
    "python": ["tests/consumers/testdata/python.yaml"],
    "rust": ["examples/rust/testdata/hello.yaml"],
    "server": ["examples/server/testdata/server.yaml"],
}
"""What the images are tested with: what those that Bazel builds are."""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    if platform.machine() != "x86_64":
        pytest.skip("the programs are compiled for amd64")
    directory = tmp_path_factory.mktemp("registry")
    only = [
        *("base-debian12", "cc-debian12", "java21-debian13", "nodejs24-debian13"),
        *("python3-debian13", "static-debian13"),
    ]
    with released(directory, only) as registry, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(directory))
        patch.delenv("DOCKER_CONFIG", raising=False)
        wheels = Path(os.environ["TEST_SRCDIR"]).glob("*examples_wheels_debian13_*/site-packages")
        made = [*os.environ["MADE"].split(), *(f"pip={path}" for path in wheels)]
        push_build_stages(registry, directory, made)
        yield registry


@pytest.fixture(scope="module", params=["docker", "buildah"])
def program(request: pytest.FixtureRequest) -> str:
    """A program of the machine. It is looked for before the time that a release takes."""
    name: str = request.param
    command(name)
    return name


@pytest.fixture(scope="module")
def builder(program: str, registry: Released) -> Iterator[Builder]:
    with contextlib.ExitStack() as stack:
        if program == "docker":
            yield stack.enter_context(docker(registry.host))
        else:
            yield stack.enter_context(storage(program))


def test_all_dockerfiles_are_tested() -> None:
    assert {path.parent.name for path in Path("examples").glob("*/Dockerfile")} == set(CONFIGS)


def build_and_run(builder: Builder, registry: Released, folder: str, directory: Path) -> None:
    """Builds the image of an example, and runs the example's tests on it."""
    source = Path("examples", folder)
    context = directory / "context"
    shutil.copytree(source, context)
    (context / "Dockerfile").write_text(read_dockerfile(source, registry.host))
    name = f"{registry.host}/built/{folder}:latest"
    builder.build(context, name)
    check_image(name, CONFIGS[folder], directory)


@pytest.mark.parametrize("folder", CONFIGS)
def test_multi_stage_build(
    builder: Builder, registry: Released, folder: str, tmp_path: Path
) -> None:
    build_and_run(builder, registry, folder, tmp_path)


def test_podman_builds_as_buildah_does(registry: Released, tmp_path: Path) -> None:
    with storage("podman") as builder:
        build_and_run(builder, registry, "go", tmp_path)
