"""Registries that fail: one line that says what, where and what to do, and no tag is moved."""

import base64
import datetime
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.progress import Lines
from tools.lib.oci.reference import Repository
from tools.lib.registry.backoff import Backoff
from tools.lib.registry.testing import (
    FakeRegistry,
    Fault,
    Handler,
    fake_registry,
    hang_up,
    status,
)
from tools.release.__main__ import main
from tools.release.content import ReleaseFiles, read_release
from tools.release.publish import Publishing, Target
from tools.release.testing import COMMIT, SampleRelease, faults_of_tags, tags_in

SECRET = "open sesame"
OTHER = "sha256:" + "0" * 64


def publish(sample: SampleRelease, host: str) -> None:
    """Publishes `static` unsigned; it does not wait before it tries again."""
    values: dict[str, list[list[str]]] = {}
    words = iter(sample.flags)
    arity = {"--image": 2, "--layer": 2, "--predicate": 3}
    for flag in words:
        values.setdefault(flag, []).append([next(words) for _ in range(arity.get(flag, 1))])
    files = ReleaseFiles(
        values["--plan"][0][0],
        [path for (path,) in values["--index"]],
        values["--image"],
        values["--layer"],
        values["--predicate"],
    )
    publishing = Publishing(
        read_release(files, ["static"], datetime.date(2026, 1, 1)),
        Target(Repository(host, "project"), COMMIT, insecure=True, timeout=60),
        Lines(),
        Backoff(lambda _: None),
    )
    publishing.run(None)


def always(method: str, path: str, *faults: Fault) -> Callable[[FakeRegistry], None]:
    """Lets all requests of a kind fail."""

    def setup(registry: FakeRegistry) -> None:
        registry.fail(method, path, *list(faults) * 100)

    return setup


def lose(handler: Handler) -> None:
    """Says that it has taken a blob."""
    handler.body()
    handler.answer(201)


def lie(handler: Handler) -> None:
    """Takes a manifest, and says that it has another digest."""
    handler.body()
    handler.answer(201, Docker_Content_Digest=OTHER)


def error_body(code: str, message: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()


def challenge(value: str) -> Callable[[FakeRegistry], None]:
    """Wants other credentials than the user has."""

    def setup(registry: FakeRegistry) -> None:
        auth = base64.b64encode(f"user:{SECRET}".encode()).decode()
        Path(".docker").mkdir()
        config = {"auths": {registry.host: {"auth": auth}}}
        Path(".docker/config.json").write_text(json.dumps(config))
        registry.authorize = lambda handler: value

    return setup


NO_SPACE = error_body("UNKNOWN", "write /data: no space left on device")
TABLE = {
    "refuses": (
        always("POST", "/uploads/", status(403, error_body("DENIED", "no access"))),
        "pushing blob {digest}: HTTP 403: no access (DENIED) "
        "(hint: check that your account may do this in the repository)",
    ),
    "is read-only": (
        always("POST", "/uploads/", status(405)),
        "pushing blob {digest}: HTTP 405 (hint: this registry does not accept it: it may be "
        "read-only, or a pull-through cache)",
    ),
    "hangs up": (
        always("PUT", "/uploads/", hang_up(0)),
        "pushing blob {digest}: the connection broke (hint: try again)",
    ),
    "lies about digests": (
        always("PUT", "/manifests/", lie),
        f"pushing manifest {{digest}}: the registry computed the digest {OTHER} instead of "
        "{digest} (hint: the registry, or something between, changed it)",
    ),
    "finds another digest": (
        always("PUT", "/uploads/", status(400, error_body("DIGEST_INVALID", "wrong"))),
        "pushing blob {digest}: HTTP 400: wrong (DIGEST_INVALID) "
        "(hint: the content differs from its digest: build it again)",
    ),
    "loses blobs": (
        always("PUT", "/uploads/", lose),
        "blob {digest}: missing, although the registry accepted it (hint: the registry loses "
        "blobs: check its storage, then run the release again)",
    ),
    "misses blobs of a manifest": (
        always("PUT", "/manifests/", status(404, error_body("MANIFEST_BLOB_UNKNOWN", "unknown"))),
        "pushing manifest {digest}: HTTP 404: unknown (MANIFEST_BLOB_UNKNOWN) "
        "(hint: check the name of the repository and the tag or digest)",
    ),
    "limits requests for too long": (
        always("PUT", "/manifests/", status(429, Retry_After="1")),
        "pushing manifest {digest}: HTTP 429 "
        "(hint: the registry limits requests: log in, or try again later)",
    ),
    "limits the size of requests": (
        always("PUT", "/uploads/", status(413)),
        "pushing blob {digest}: HTTP 413 "
        "(hint: the registry, or a proxy before it, limits the size of a request)",
    ),
    "has a full disk": (
        always("PUT", "/uploads/", status(500, NO_SPACE)),
        "pushing blob {digest}: HTTP 500: write /data: no space left on device (UNKNOWN) "
        "(hint: try again later)",
    ),
    "refuses tags": (
        always("PUT", "/manifests/(latest|debug)", status(403)),
        "pushing manifest {tag}: HTTP 403 "
        "(hint: check that your account may do this in the repository)",
    ),
    "wants other credentials": (
        challenge('Basic realm="x"'),
        "listing tags: unauthorized: the credentials were refused "
        "(hint: run docker login {host}, or podman login {host})",
    ),
    "answers with something else": (
        always("GET", "/tags/list", status(200, b"<html>")),
        "listing tags: not JSON: Expecting value: line 1 column 1 (char 0)",
    ),
}


def one_line(text: str, host: str) -> str:
    """An error with names in place of what differs from run to run."""
    assert "\n" not in text
    assert SECRET not in text
    assert text.startswith(f"{host}/project/static: ")
    words = []
    for word in text.removeprefix(f"{host}/project/static: ").replace(host, "{host}").split(" "):
        bare = word.rstrip(":")
        if bare.startswith("sha256:") and bare != OTHER:
            word = word.replace(bare, "{digest}")
        if bare.startswith(("latest", "debug")):
            word = word.replace(bare, "{tag}")
        words.append(word)
    return " ".join(words)


@pytest.mark.parametrize("name", TABLE)
def test_bad_registry(sample: SampleRelease, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    setup, message = TABLE[name]
    with fake_registry() as registry:
        setup(registry)
        with pytest.raises(ToolError) as caught:
            publish(sample, registry.host)
        assert one_line(str(caught.value), registry.host) == message
        assert not tags_in(registry, "project/static")
    shown = capsys.readouterr()
    assert SECRET not in shown.out + shown.err


def stall(handler: Handler) -> None:
    """Answers nothing until the client has gone."""
    handler.body()
    handler.rfile.read(1)


def test_a_registry_that_stalls(sample: SampleRelease, monkeypatch: pytest.MonkeyPatch) -> None:
    send = HTTPAdapter.send

    def send_impatiently(
        adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        """Does not wait for what is never answered, but for everything else."""
        if request.method == "POST":
            options["timeout"] = (60, 0.01)
        return send(adapter, request, **options)

    monkeypatch.setattr(HTTPAdapter, "send", send_impatiently)
    with fake_registry() as registry:
        always("POST", "/uploads/", stall)(registry)
        with pytest.raises(ToolError) as caught:
            publish(sample, registry.host)
        assert one_line(str(caught.value), registry.host) == (
            "pushing blob {digest}: no answer within 60 s (hint: try again later)"
        )
        assert not tags_in(registry, "project/static")


@pytest.mark.parametrize("name", ["loses blobs", "refuses", "has a full disk", "refuses tags"])
def test_tags_stay_as_they_were(tmp_path: Path, sample: SampleRelease, name: str) -> None:
    new = SampleRelease(tmp_path / "new", "new")
    with fake_registry() as registry:
        publish(sample, registry.host)
        TABLE[name][0](registry)
        with pytest.raises(ToolError):
            publish(new, registry.host)
        assert tags_in(registry, "project/static") == sample.tags("static")
        assert not list(faults_of_tags(registry, signed=False))
        registry.faults.clear()
        publish(new, registry.host)
        assert tags_in(registry, "project/static") == new.tags("static")
        assert not list(faults_of_tags(registry, signed=False))


def test_a_registry_that_limits_requests_for_a_while(sample: SampleRelease) -> None:
    with fake_registry() as registry:
        for method, path in (("GET", "/tags/"), ("POST", "/uploads/"), ("PUT", "/manifests/")):
            registry.fail(method, path, *[status(429, Retry_After="7")] * 4)
        publish(sample, registry.host)
        assert not registry.faults
        assert tags_in(registry, "project/static") == sample.tags("static")


def test_a_registry_that_does_not_list_tags(sample: SampleRelease) -> None:
    with fake_registry() as registry:
        for _ in range(2):
            registry.fail("GET", "/tags/list", status(405))
            publish(sample, registry.host)
            assert tags_in(registry, "project/static") == sample.tags("static")
            before = len(registry.requests)
        assert len(registry.requests) == before


def test_a_registry_out_of_reach(sample: SampleRelease) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
    with pytest.raises(ToolError) as caught:
        publish(sample, host)
    assert str(caught.value) == (
        f"{host}/project/static: listing tags: connection refused "
        "(hint: check the name of the registry and the network)"
    )


def test_a_registry_without_tls(sample: SampleRelease, capsys: pytest.CaptureFixture[str]) -> None:
    with fake_registry() as registry:
        flags = [*sample.flags, "--registry", f"{registry.host}/project", "--unsigned"]
        assert run(main, ["release", *flags, "--only", "static"]) == 1
        assert capsys.readouterr().err == (
            f"error: {registry.host}/project/static: listing tags: TLS failed: the server does "
            "not speak TLS (hint: use --insecure for a registry with plain http)\n"
        )
        assert not registry.requests


def test_a_full_disk_of_this_machine(
    sample: SampleRelease, capsys: pytest.CaptureFixture[str]
) -> None:
    os.symlink("/dev/full", f"report.json.{os.getpid()}.partial")
    with fake_registry() as registry:
        flags = [*sample.flags, "--registry", f"{registry.host}/project", "--unsigned"]
        flags += ["--insecure", "--only", "static", "--report", "report.json"]
        assert run(main, ["release", *flags]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "error: No space left on device"
    assert not os.path.exists("report.json")
