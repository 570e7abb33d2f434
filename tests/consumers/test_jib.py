"""Jib, Maven's plugin that builds images without docker, puts a program on the released java21."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.consumers.machine import command
from tests.consumers.released import Released, released
from tests.consumers.run_image import check_image
from tests.signatures.cosign import succeed

IMAGE = "java21-debian13:nonroot"
_OFFLINE = re.compile(r"Could not transfer|Unknown host|Network is unreachable")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    command("mvn")  # before the time that a release takes
    with released(tmp_path_factory.mktemp("registry"), [IMAGE.partition(":")[0]]) as registry:
        yield registry


def maven(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Maven with the settings and the local repository of the user."""
    start = ("--batch-mode", "--no-transfer-progress", "--file", str(project / "pom.xml"))
    return subprocess.run(command("mvn", *start, *arguments), capture_output=True, text=True)


def layers(reference: str, *flags: str) -> list[str]:
    found = json.loads(succeed("crane", "manifest", *flags, reference))
    return [layer["digest"] for layer in found["layers"]]


def test_jib(registry: Released, tmp_path: Path) -> None:
    project = tmp_path / "java"
    shutil.copytree("examples/java", project)
    name = f"{registry.host}/built/inventory:latest"
    done = maven(
        project,
        "compile",
        "jib:build",
        "-Djib.allowInsecureRegistries=true",
        "-DsendCredentialsOverHttp=true",
        f"-Djib.from.image={registry.pinned(IMAGE)}",
        f"-Djib.to.image={name}",
    )
    if done.returncode and _OFFLINE.search(done.stdout):
        pytest.skip("mvn: Maven Central is not reachable")
    assert done.returncode == 0, done.stdout

    for architecture in ("amd64", "arm64"):
        choice = ("--platform", f"linux/{architecture}")
        base = layers(registry.pinned(IMAGE), *choice)
        assert layers(name, *choice)[: len(base)] == base
        config = json.loads(succeed("crane", "config", *choice, name))
        assert config["architecture"] == architecture
        assert config["config"]["User"] == "65532"
    check_image(name, ["tests/consumers/testdata/jib.yaml"], tmp_path)
