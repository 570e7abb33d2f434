"""Builds with remote execution and remote caches, and pushes of what Bazel did not download."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.inner_bazel.inner_bazel import InnerBazel, copy_source_tree
from tests.registry.docker_registry import docker_registry
from tests.remote.counting_proxy import CountingProxy, counting_proxy
from tests.remote.engine import INTERPRETER_QUERY, engine, missing_program
from tests.remote.http_cache import http_cache
from tools.lib.oci.descriptor import Digest
from tools.lib.registry.testing_content import client_for

JAVA = "java/java21_amd64_debian13"
IMAGES = ("base/base_amd64_debian13", JAVA, "static/static_debian13")
MINIMAL = "--remote_download_outputs=minimal"

# A small package of java21, and a file that its image may do without.
CHANGE = """
apt.package(
    name = "fontconfig-config",
    exclude = ["usr/share/fontconfig/conf.avail/10-autohint.conf"],
    repo = "debian13",
)
"""


@dataclass(frozen=True)
class Remote:
    """Bazel, the service that executes its actions, and a registry. All bytes are counted.

    Attributes:
        flags: of builds, for remote execution.
        interpreter: the program that actions run.
        service: between Bazel and the service.
        cas: between programs of `bazel run` and the service.
        registry: between those programs and the registry.
    """

    bazel: InnerBazel
    flags: list[str]
    interpreter: str
    service: CountingProxy
    cas: CountingProxy
    registry: CountingProxy

    def moved(self) -> tuple[int, int]:
        """The bytes that were exchanged with the service, and with the registry."""
        return self.service.moved + self.cas.moved, self.registry.moved

    def push(self, *flags: str) -> None:
        """Pushes java21 with layers that are in the service's cache."""
        cas = f"--//rules:cas=grpc://{self.cas.host}"
        push = ["//tests/remote:push", "--", "--insecure", "-r", f"{self.registry.host}/java21"]
        self.bazel.succeed("run", *self.flags, MINIMAL, cas, *push, *flags)


@pytest.fixture(scope="module")
def bazel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InnerBazel]:
    directory = tmp_path_factory.mktemp("remote")
    with InnerBazel(copy_source_tree(directory / "source"), directory / "root") as bazel:
        yield bazel


@pytest.fixture(scope="module")
def remote(bazel: InnerBazel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    if program := missing_program():
        pytest.skip(f"{program} not found")
    interpreter = bazel.succeed(*INTERPRETER_QUERY).strip()
    with (
        engine(tmp_path_factory.mktemp("engine"), interpreter) as host,
        docker_registry(tmp_path_factory.mktemp("registry")) as registry,
        counting_proxy(host) as service,
        counting_proxy(host) as cas,
        counting_proxy(registry) as counted,
    ):
        flags = [
            f"--remote_executor=grpc://{service.host}",
            "--spawn_strategy=remote",
            "--noremote_local_fallback",
            "--//rules:workers=no",
        ]
        yield Remote(bazel, flags, interpreter, service, cas, counted)


@pytest.fixture(autouse=True)
def clean(bazel: InnerBazel) -> None:
    """Bazel keeps what it downloaded, and would look in one cache for what is in another."""
    bazel.succeed("clean")


def digest(image: str) -> str:
    """The digest that the Bazel which runs this test has built, on this machine."""
    return Path(f"{image}.json.sha256").read_text().strip()


def actions(log: Path) -> list[dict[str, Any]]:
    """The actions of an execution log: JSON objects one after another."""
    decoder, text, at, found = json.JSONDecoder(), log.read_text(), 0, []
    while at < len(text):
        action, at = decoder.raw_decode(text, at)
        found.append(action)
        at += len(text[at:]) - len(text[at:].lstrip())
    return found


def layer_files(bazel: InnerBazel) -> list[str]:
    """Layers and parts that Bazel has downloaded or made."""
    return [
        str(path)
        for suffix in ("*.tar.gz", "*.part.gz")
        for path in (bazel.workspace / "bazel-out").resolve().rglob(suffix)
    ]


def layers(host: str, path: str) -> dict[Digest, int]:
    """The sizes of the layers of an image in a registry, by digest."""
    manifest = json.loads(client_for(host, path).get_manifest("v1").data)
    return {layer["digest"]: layer["size"] for layer in manifest["layers"]}


def test_no_action_runs_here_and_none_knows_this_machine(remote: Remote, tmp_path: Path) -> None:
    bazel, log = remote.bazel, tmp_path / "log.json"
    targets = [f"//{image.replace('/', ':')}" for image in IMAGES]
    targets += [f"{target}.digest" for target in targets]
    flags = [*remote.flags, f"--execution_log_json_file={log}", "--remote_download_outputs=all"]
    bazel.succeed("build", *flags, *targets)
    executed = actions(log)
    assert {action["mnemonic"] for action in executed} >= {
        "CaBundle",
        "CheckImage",
        "DebPart",
        "FilesPart",
        "JavaKeystore",
        "OciImage",
        "OciIndex",
        "OciLayer",
        "OciLayout",
        "PackPythonTool",
    }
    for action in executed:
        where = action["mnemonic"], action["targetLabel"]
        assert action["runner"] == "remote", where
        assert action["environmentVariables"] == [], where
        assert action["commandArgs"][0] == remote.interpreter, where
        paths = [each["path"] for each in [*action["inputs"], *action["actualOutputs"]]]
        arguments = action["commandArgs"][1:]
        assert [each for each in [*paths, *arguments] if each.startswith("/")] == [], where

    # In an output a path of this machine may be anywhere.
    root = (bazel.workspace / "bazel-out").resolve()
    own = re.compile("|".join(re.escape(path) for path in here(bazel)).encode())
    outputs = [path for path in root.rglob("*") if path.is_file()]
    made = {root.parent / each["path"] for action in executed for each in action["actualOutputs"]}
    assert made <= set(outputs)
    assert [str(path) for path in outputs if own.search(path.read_bytes())] == []

    for image in IMAGES:
        assert bazel.built(f"{image}.json.sha256").read_text().strip() == digest(image)


def here(bazel: InnerBazel) -> list[str]:
    """Directories that only this machine has."""
    output_base = bazel.succeed("info", "output_base").strip()
    return [str(bazel.workspace), output_base]


def test_a_push_fetches_what_the_registry_lacks(remote: Remote) -> None:
    bazel = remote.bazel
    remote.push("--tag", "v1")
    assert layer_files(bazel) == []
    host = remote.registry.host
    assert client_for(host, "java21").head_manifest("v1") == digest(JAVA)
    old = layers(host, "java21")
    received, sent = remote.cas.received, remote.registry.sent
    assert sum(old.values()) < received < 1.01 * sum(old.values())
    assert sum(old.values()) < sent < 1.01 * sum(old.values())

    # Nothing is missing.
    remote.push("--tag", "v1")
    assert remote.cas.received == received
    assert remote.registry.sent < sent + 10_000

    # Another package: one layer differs.
    module = bazel.workspace / "MODULE.bazel"
    module.write_text(module.read_text() + CHANGE)
    before = remote.moved()
    remote.push("--tag", "v1")
    new = layers(host, "java21")
    (changed,) = new.keys() - old.keys()
    moved = [after - bytes_ for after, bytes_ in zip(remote.moved(), before, strict=True)]
    print(f"layers {sum(new.values())}, changed {new[changed]}, service and registry {moved}")
    assert max(moved) < 1.5 * new[changed], (moved, new[changed])
    assert layer_files(bazel) == []


def test_an_image_is_loaded_from_the_cache(remote: Remote) -> None:
    cas = f"--//rules:cas=grpc://{remote.cas.host}"
    remote.bazel.succeed("run", *remote.flags, MINIMAL, cas, "//tests/remote:load")
    assert layer_files(remote.bazel) == []
    with tarfile.open(remote.bazel.workspace / "loaded.tar") as tar:
        (image,) = json.loads(tar.extractfile("manifest.json").read())  # type: ignore[union-attr]
        assert set(tar.getnames()) == {"manifest.json", image["Config"], *image["Layers"]}


def test_a_release_from_the_cache(remote: Remote) -> None:
    cas = f"--//rules:cas=grpc://{remote.cas.host}"
    flags = ["--registry", f"{remote.registry.host}/project", "--insecure", "--unsigned"]
    flags += ["--commit", "0" * 40]
    run = ["run", *remote.flags, MINIMAL, cas, "//tests/remote:release", "--", *flags]
    remote.bazel.succeed(*run)
    assert layer_files(remote.bazel) == []
    static = client_for(remote.registry.host, "project/static")
    assert static.head_manifest("latest") == digest("static/static_debian13")


@pytest.mark.parametrize("kind", ["remote_cache", "disk_cache"])
def test_a_cache_without_execution(bazel: InnerBazel, tmp_path: Path, kind: str) -> None:
    (tmp_path / "registry").mkdir()
    with docker_registry(tmp_path / "registry") as host, http_cache() as url:
        cache = url if kind == "remote_cache" else str(tmp_path / "cache")
        flags = [f"--{kind}={cache}", MINIMAL]
        bazel.succeed("build", *flags, "//static:static_debian13")
        bazel.succeed("clean")
        push = ["//tests/remote:push_static", "--", "--insecure", "-r", f"{host}/static"]
        result = bazel.run("run", *flags, f"--//rules:cas={cache}", *push)
        assert result.returncode == 0, result.stderr
        cached, others = processes(result.stderr)
        assert cached > 0
        assert others == {"internal"}
        assert layer_files(bazel) == []
        index = digest("static/static_debian13")
        assert client_for(host, "static").head_manifest(index) == index


def processes(stderr: str) -> tuple[int, set[str]]:
    """How many actions were in the cache, and how Bazel ran the others."""
    (line,) = re.findall(r"^INFO: \d+ processes: (.*)\.$", stderr, re.MULTILINE)
    counts = {kind: int(count) for count, kind in (each.split(" ", 1) for each in line.split(", "))}
    hits = [kind for kind in counts if kind.endswith("cache hit")]
    return sum(counts.pop(kind) for kind in hits), set(counts)
