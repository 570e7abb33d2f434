"""Pushes to real registries, and what real clients then read."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.registry import registry as crane_registry
from tests.registry.certificates import Certificate
from tests.registry.cutting_proxy import cutting_proxy
from tests.registry.docker_registry import PASSWORD, USER, docker_registry
from tools.lib.cli.errors import ToolError
from tools.lib.registry.testing_content import read_layout, write_index
from tools.lib.registry.testing_home import use_home
from tools.oci_load.__main__ import main as oci_load
from tools.oci_push.__main__ import main as oci_push


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use_home(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture
def layout(tmp_path: Path) -> str:
    return write_index(tmp_path / "layout", size=50_000)


def log_in(home: Path, host: str, user: str = USER, password: str = PASSWORD) -> None:
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker/config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))


def skopeo(*arguments: str) -> str:
    assert shutil.which("skopeo"), "skopeo is not on PATH (hint: apt-get install skopeo)"
    done = subprocess.run(["skopeo", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def push(layout: str, repository: str, *flags: str) -> None:
    assert oci_push(["--layout", layout, "-r", repository, "-t", "v1", *flags]) == 0


def assert_readable(host: str, layout: str, *flags: str) -> None:
    """skopeo copies all of an index from the registry, and finds the same bytes."""
    source = f"docker://{host}/team/app:v1"
    raw = skopeo("inspect", "--raw", "--tls-verify=false", *flags, source)
    assert raw.encode() == read_layout(layout).root.data
    copy = ["copy", "--quiet", "--all", "--src-tls-verify=false", "--preserve-digests"]
    credentials = [flag.replace("--creds", "--src-creds") for flag in flags]
    skopeo(*copy, *credentials, source, "oci:copied:v1")
    assert {path.name for path in Path("copied/blobs/sha256").iterdir()} == {
        path.name for path in Path(layout, "blobs/sha256").iterdir()
    }


@pytest.mark.parametrize("auth", ["", "htpasswd", "token"])
def test_docker_registry(
    tmp_path: Path, layout: str, auth: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with docker_registry(tmp_path, auth=auth) as host:
        if auth:
            log_in(tmp_path, host)
        push(layout, f"{host}/team/app", "--insecure", "--digest-file", "digest")
        digest = read_layout(layout).root.digest
        assert Path("digest").read_text() == f"{digest}\n"
        shown = capsys.readouterr()
        assert shown.out == f"{host}/team/app@{digest}\n"
        assert PASSWORD not in shown.err
        assert_readable(host, layout, *([f"--creds={USER}:{PASSWORD}"] if auth else []))

        push(layout, f"{host}/team/app", "--insecure")
        assert "0 blobs sent (0.0 MB), 0 mounted, 0 present" in capsys.readouterr().err

        source = f"{host}/team/app"
        push(layout, f"{host}/other", "--insecure", "--mount-from", source)
        assert "0 blobs sent (0.0 MB), 5 mounted, 0 present" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "flags"),
    [("docker-archive", ["--platform", "linux/arm64"]), ("oci-archive", ["--format", "oci"])],
)
def test_skopeo_reads_what_is_loaded(layout: str, kind: str, flags: list[str]) -> None:
    names = ["--tag", "app:v1", "--tag", "example.com/team/app:v2"]
    assert oci_load(["--layout", layout, "--tar-out", "app.tar", *names, *flags]) == 0
    images = {
        "docker-archive": ("app:v1", "example.com/team/app:v2"),
        "oci-archive": ("v1", "v2"),
    }
    for name in images[kind]:
        source = f"{kind}:app.tar:{name}"
        choose = ["--override-arch=arm64", "--override-os=linux", f"--tmpdir={os.getcwd()}"]
        config = json.loads(skopeo(*choose, "inspect", "--config", "--raw", source))
        assert config["architecture"] == "arm64"
        skopeo(*choose, "copy", "--quiet", source, f"dir:{name.replace('/', '_')}")


def test_crane_registry(layout: str) -> None:
    with crane_registry() as host:
        push(layout, f"{host}/team/app", "--insecure")
        assert_readable(host, layout)
        validate = ["crane", "digest", f"{host}/team/app:v1"]
        done = subprocess.run(validate, capture_output=True, text=True)
        assert done.stdout.strip() == read_layout(layout).root.digest


def test_connections_that_break(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layout = write_index(tmp_path / "layout", size=1 << 20)
    cuts = [100_000, 2_000_000, 3_000_000]
    with docker_registry(tmp_path) as host, cutting_proxy(host, cuts) as proxy:
        push(layout, f"{proxy.host}/team/app", "--insecure")
        assert_readable(host, layout)
    assert not cuts
    shown = capsys.readouterr().err
    assert shown.count("the connection broke; trying again") >= 3
    assert "5 blobs sent" in shown


def test_tls(tmp_path: Path, layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = Certificate(tmp_path, "server")
    with docker_registry(tmp_path, certificate=certificate) as host:
        with pytest.raises(ToolError) as caught:
            push(layout, f"{host}/team/app")
        assert re.search(
            r"TLS failed: invalid certificate: self.signed certificate "
            r"\(hint: SSL_CERT_FILE names a file of CA certificates to trust\)$",
            str(caught.value),
        )
        monkeypatch.setenv("SSL_CERT_FILE", certificate.path)
        push(layout, f"{host}/team/app")
        assert_readable(host, layout)


def error(host: str, layout: str, *flags: str) -> str:
    with pytest.raises(ToolError) as caught:
        push(layout, f"{host}/team/app", *flags)
    text = str(caught.value)
    assert "\n" not in text
    assert "wrong sesame" not in text
    return text.removeprefix(f"{host}/team/app: ").replace(host, "HOST")


@pytest.mark.parametrize("auth", ["htpasswd", "token"])
def test_unauthorized(tmp_path: Path, layout: str, auth: str) -> None:
    hint = "(hint: run docker login HOST, or podman login HOST)"
    with docker_registry(tmp_path, auth=auth) as host:
        text = error(host, layout, "--insecure")
        assert "unauthorized: no credentials found" in text
        assert text.endswith(hint)
        log_in(tmp_path, host, password="wrong sesame")
        text = error(host, layout, "--insecure")
        assert "unauthorized: the credentials were refused" in text
        assert text.endswith(hint)
        assert not os.path.exists(
            tmp_path / "data/docker/registry/v2/repositories/team/app/_manifests"
        )


def test_plain_http_needs_the_flag(tmp_path: Path, layout: str) -> None:
    with docker_registry(tmp_path) as host:
        assert re.fullmatch(
            r"manifest sha256:\w+: TLS failed: the server does not speak TLS "
            r"\(hint: use --insecure for a registry with plain http\)",
            error(host, layout),
        )
