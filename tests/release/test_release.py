"""Releases of real images to real registries, and what real clients then verify."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
from concurrent.futures import Future
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.clients.registry import registry as crane_registry
from tests.registry.certificates import Certificate
from tests.registry.docker_registry import PASSWORD, USER, docker_registry
from tests.signatures.cosign import attestations, run, succeed, verify
from tools.lib.attest.key_signer import KeySigner
from tools.lib.attest.testing import private_pem, public_pem
from tools.lib.registry.testing_home import use_home
from tools.lib.release.plan import COMMIT, Plan, parse_plan

RELEASE = os.path.abspath(os.environ["RELEASE"])
PLAN = next(os.path.abspath(path) for path in os.environ["PLAN"].split() if path.endswith("json"))
NAMES = ("base", "base-debian13", "static", "static-debian12", "static-debian13")
ABC = "a" * 40


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without credentials, and a key to sign with."""
    use_home(tmp_path, monkeypatch)
    monkeypatch.setenv("RUNFILES_DIR", os.environ.get("RUNFILES_DIR", os.environ["TEST_SRCDIR"]))
    key = ec.generate_private_key(ec.SECP256R1())
    Path("key.pem").write_bytes(private_pem(key))
    Path("key.pub").write_bytes(public_pem(KeySigner(key)))
    return tmp_path


def plan() -> Plan:
    return parse_plan(Path(PLAN).read_bytes(), PLAN)


def command(host: str, *flags: str) -> list[str]:
    signer = [] if "--unsigned" in flags else ["--sign-key", "key.pem"]
    common = ["--registry", f"{host}/team/images", "--insecure", "--commit", ABC]
    return [RELEASE, *common, *signer, *flags]


def release(host: str, *flags: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command(host, *flags), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done


def list_tags(repository: str) -> list[str]:
    """The tags of a repository, less lists of referrers; none if there are only digests."""
    done = run("crane", "ls", repository)
    if "NAME_UNKNOWN" in done.stderr:
        return []
    assert done.returncode == 0, done.stderr
    return [tag for tag in done.stdout.split() if not tag.startswith("sha256-")]


def tags(host: str, name: str) -> dict[str, str]:
    """What the tags of a repository name."""
    repository = f"{host}/team/images/{name}"
    return {
        tag: succeed("crane", "digest", f"{repository}:{tag}").strip()
        for tag in list_tags(repository)
    }


def planned_tags() -> dict[str, dict[str, str]]:
    return {
        each.name: {tag.replace(COMMIT, ABC): digest for tag, digest in each.tags.items()}
        for each in plan().repositories
    }


def requests(log: list[str], *methods: str) -> list[str]:
    """The requests in the log of docker-registry: METHOD PATH."""
    found = [re.search(r'"([A-Z]+) (/v2/\S*) HTTP', line) for line in log]
    return [f"{match[1]} {match[2]}" for match in found if match and match[1] in methods]


def stored(directory: Path) -> dict[str, int]:
    """The sizes of all that docker-registry has, by digest."""
    top = directory / "data/docker/registry/v2/blobs/sha256"
    return {path.parent.name: path.stat().st_size for path in top.glob("*/*/data")}


def linked(directory: Path) -> set[str]:
    """The digests of the blobs that docker-registry shows in some repository.

    A blob comes to be stored before it is linked: what is not linked, nobody can see.
    """
    top = directory / "data/docker/registry/v2/repositories"
    return {path.parent.name for path in top.rglob("_layers/sha256/*/link")}


def assert_signed(host: str) -> None:
    """cosign accepts the signature of an index, and all that is attested of an image."""
    repository = f"{host}/team/images/static"
    assert verify(f"{repository}:latest", Path("key.pub"))
    image = f"{repository}:latest-arm64-{ABC}"
    assert verify(image, Path("key.pub"))
    (spdx,) = attestations(image, "spdxjson", Path("key.pub"))
    assert spdx["spdxVersion"] == "SPDX-2.3"
    (cyclonedx,) = attestations(image, "cyclonedx", Path("key.pub"))
    assert cyclonedx["bomFormat"] == "CycloneDX"


def test_docker_registry(tmp_path: Path) -> None:
    log: list[str] = []
    with docker_registry(tmp_path, log=log) as host:
        first = release(host, "--report", "first.json")
        assert {name: tags(host, name) for name in NAMES} == planned_tags()
        assert_signed(host)
        for name in NAMES:
            succeed("crane", "validate", "--remote", f"{host}/team/images/{name}:latest-amd64")
        report = json.loads(Path("first.json").read_text())
        distinct = sum(stored(tmp_path).values())
        assert report["total"]["request_bytes"] <= 1.1 * distinct
        assert report["total"]["blobs_mounted"] > 0
        assert report["error"] is None
        for line in first.stderr.splitlines():
            assert re.fullmatch(r"[a-z ]+: \d+ of \d+", line), line

        log.clear()
        release(host, "--report", "second.json")
        assert requests(log, "HEAD")
        assert not requests(log, "POST", "PUT", "PATCH", "DELETE")
        assert json.loads(Path("second.json").read_text())["total"]["request_bytes"] == 0


def test_crane_registry() -> None:
    with crane_registry() as host:
        release(host)
        assert {name: tags(host, name) for name in NAMES} == planned_tags()
        assert_signed(host)
        release(host, "--report", "second.json")
        total = json.loads(Path("second.json").read_text())["total"]
        assert total["requests"].keys() == {"GET", "HEAD"}


def test_only_and_dry_run(tmp_path: Path) -> None:
    log: list[str] = []
    with docker_registry(tmp_path, log=log) as host:
        shown = release(host, "--dry-run", "--only", "static-debian12").stdout
        line = shown.splitlines()[1]
        assert line.startswith(f"{host}/team/images/static-debian12: ")
        assert line.endswith(" 12 tags (0 move)")
        assert not requests(log, "POST", "PUT", "PATCH")
        release(host, "--only", "static-debian12", "--unsigned")
        assert tags(host, "static-debian12") == planned_tags()["static-debian12"]
        assert succeed("crane", "catalog", host).split() == ["team/images/static-debian12"]


def log_in(home: Path, host: str, password: str) -> None:
    auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker/config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))


def use_helper(home: Path, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = home / "docker-credential-test"
    answer = json.dumps({"Username": USER, "Secret": PASSWORD})
    helper.write_text(f"#!/bin/sh\necho '{answer}'\n")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}:{os.environ['PATH']}")
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker/config.json").write_text(json.dumps({"credHelpers": {host: "test"}}))


@pytest.mark.parametrize("auth", ["htpasswd", "token"])
def test_credentials(tmp_path: Path, auth: str, monkeypatch: pytest.MonkeyPatch) -> None:
    flags = ["--only", "static-debian12"]
    with docker_registry(tmp_path, auth=auth) as host:
        log_in(tmp_path, host, "wrong sesame")
        refused = subprocess.run(command(host, *flags), capture_output=True, text=True)
        assert refused.returncode == 1
        (line,) = refused.stderr.splitlines()
        assert line.startswith(f"error: {host}/team/images/static-debian12: listing tags: ")
        assert "unauthorized: the credentials were refused" in line
        assert line.endswith(f"(hint: run docker login {host}, or podman login {host})")
        shown = refused.stdout + refused.stderr
        log_in(tmp_path, host, PASSWORD)
        done = release(host, *flags)
        shown += done.stdout + done.stderr
        use_helper(tmp_path, host, monkeypatch)
        done = release(host, *flags)
        shown += done.stdout + done.stderr
        assert "sesame" not in shown
        assert base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode() not in shown
        assert "Bearer" not in shown


def test_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = Certificate(tmp_path, "server")
    with docker_registry(tmp_path, certificate=certificate) as host:
        flags = [
            each for each in command(host, "--only", "static-debian12") if each != "--insecure"
        ]
        refused = subprocess.run(flags, capture_output=True, text=True)
        assert refused.returncode == 1
        assert re.fullmatch(
            rf"error: {host}/team/images/static-debian12: listing tags: TLS failed: invalid "
            r"certificate: self.signed certificate "
            r"\(hint: SSL_CERT_FILE names a file of CA certificates to trust\)\n",
            refused.stderr,
        )
        monkeypatch.setenv("SSL_CERT_FILE", certificate.path)
        done = subprocess.run(flags, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


class KillingLog(list[str]):
    """A registry's log. Its reader kills `process` at the first line that has a pattern."""

    def __init__(self, pattern: str) -> None:
        super().__init__()
        self.process: Future[subprocess.Popen[bytes]] = Future()
        self._pattern = pattern

    def append(self, line: str) -> None:
        super().append(line)
        if re.search(self._pattern, line):
            self.process.result().kill()


def assert_tags_are_whole(host: str) -> None:
    """All tags of all repositories name what is whole and signed."""
    for name in succeed("crane", "catalog", host).split():
        for tag in list_tags(f"{host}/{name}"):
            reference = f"{host}/{name}:{tag}"
            manifest = json.loads(succeed("crane", "manifest", reference))
            for image in manifest.get("manifests", []):
                remote = f"{host}/{name}@{image['digest']}"
                succeed("crane", "validate", "--fast", "--remote", remote)
            assert verify(reference, Path("key.pub"))


@pytest.mark.parametrize(
    "pattern",
    [r"PUT /v2/\S*/blobs/uploads/", r"PUT \S*/manifests/sha256:", r"PUT \S*/manifests/latest"],
)
def test_kill(tmp_path: Path, pattern: str) -> None:
    log = KillingLog(pattern)
    with docker_registry(tmp_path, log=log) as host:
        with subprocess.Popen(command(host), stderr=subprocess.DEVNULL) as process:
            log.process.set_result(process)
        assert process.returncode == -signal.SIGKILL
        assert_tags_are_whole(host)

    # That registry has ended, with all requests of the one that was killed.
    before = linked(tmp_path)
    again: list[str] = []
    with docker_registry(tmp_path, log=again) as host:
        release(host, "--report", "report.json")
        assert {name: tags(host, name) for name in NAMES} == planned_tags()
    assert before <= linked(tmp_path)
    sent = {
        digest
        for each in requests(again, "PUT")
        for digest in re.findall(r"digest=sha256(?:%3A|:)([0-9a-f]{64})", each)
    }
    assert sent or "latest" in pattern  # tags come last
    assert not sent & before
