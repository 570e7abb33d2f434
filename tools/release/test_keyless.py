"""A job of GitHub Actions releases with its own identity: it has no key, and no secret is shown."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tools.lib.attest.testing_sigstore import FakeSigstore, fake_sigstore
from tools.lib.cli.errors import ToolError
from tools.lib.registry.testing import fake_registry
from tools.release.__main__ import main
from tools.release.testing import SampleRelease, faults_of_tags, tags_in

_REQUEST_TOKEN = "REQUEST-SECRET"


@contextlib.contextmanager
def github(sigstore: FakeSigstore) -> Iterator[dict[str, str]]:
    """The service that gives a job its tokens; yields the job's environment."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            allowed = self.headers["Authorization"] == f"bearer {_REQUEST_TOKEN}"
            body = json.dumps({"value": sigstore.token()}).encode()
            self.send_response(200 if allowed and "audience=sigstore" in self.path else 403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Logs nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield {
            "GITHUB_ACTIONS": "true",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": _REQUEST_TOKEN,
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"http://127.0.0.1:{server.server_address[1]}/?x=y",
        }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_keyless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    sample = SampleRelease(tmp_path / "release")
    flags = [*sample.flags, "--insecure", "--only", "static", "--keyless"]
    trust = tmp_path / "trust.json"
    with fake_sigstore() as sigstore, github(sigstore) as job, fake_registry() as registry:
        trust.write_text(sigstore.trust_config())
        flags += ["--registry", f"{registry.host}/project", "--sigstore", str(trust)]
        for name in job:
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(ToolError, match="this machine has no identity to sign with"):
            main(flags)
        assert not registry.requests
        for name, value in job.items():
            monkeypatch.setenv(name, value)
        assert main(flags) == 0
        assert tags_in(registry, "project/static") == sample.tags("static")
        assert not list(faults_of_tags(registry))
        signed = sigstore.entries
        assert signed == 4 * 4 + 2 * 2
        # What is signed is not signed again, although no two signatures are the same.
        assert main(flags) == 0
        assert sigstore.entries == signed
    shown = capsys.readouterr()
    assert _REQUEST_TOKEN not in shown.out + shown.err
