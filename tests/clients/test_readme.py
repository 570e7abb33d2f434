"""The commands of README that give images to other programs."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.registry import registry

HOST = "registry.example.com"
CLIENTS = ("crane", "docker", "podman", "skopeo")
COMMANDS = [
    line.strip()
    for line in Path("README.md").read_text().splitlines()
    if line.startswith(tuple(f"    {client} " for client in CLIENTS))
]


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with registry() as address:
        yield address


def run(*command: str) -> str:
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, f"{' '.join(command)}: {result.stderr}"
    return result.stdout


def test_readme_has_a_command_of_each_client() -> None:
    assert {command.split()[0] for command in COMMANDS} == set(CLIENTS)


@pytest.mark.parametrize("command", [each for each in COMMANDS if HOST in each])
def test_an_image_that_is_pushed_keeps_its_digest(command: str, host: str) -> None:
    words = shlex.split(command.replace("bazel-bin/", "").replace(HOST, host))
    layout, reference = words[-2].removeprefix("oci:"), words[-1].removeprefix("docker://")
    if words[0] == "skopeo":
        words[2:2] = ["--quiet", "--dest-tls-verify=false"]
    (root,) = json.loads(Path(layout, "index.json").read_bytes())["manifests"]
    run(*words)
    assert run("crane", "digest", reference).strip() == root["digest"]


@pytest.mark.parametrize("command", [each for each in COMMANDS if " load " in each])
def test_a_tarball_is_loaded_by_name(command: str, tmp_path: Path) -> None:
    """skopeo reads the files that docker and podman do, and needs no daemon."""
    program, load, flag, tar = shlex.split(command.replace("bazel-bin/", ""))
    assert (load, flag) == ("load", "--input")
    layout = tar.removesuffix(".oci.tar")
    (root,) = json.loads(Path(layout, "index.json").read_bytes())["manifests"]
    assert root["annotations"]["io.containerd.image.name"] == (
        "docker.io/library/static:amd64_debian12"
    )
    inspect = ["skopeo", "--tmpdir", str(tmp_path), "inspect", "--config", "--raw"]
    expected = run(*inspect, f"oci:{layout}")
    archive = {
        "docker": f"docker-archive:{tar}:static:amd64_debian12",
        "podman": f"oci-archive:{tar}:amd64_debian12",
    }[program]
    assert run(*inspect, archive) == expected


def test_all_commands_are_tested() -> None:
    assert all(HOST in command or " load " in command for command in COMMANDS)
