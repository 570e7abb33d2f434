"""The services that a job of GitHub Actions uses, on loopback, and the variables that it sees."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from tests.clients.registry import registry
from tools.lib.attest.testing_fulcio import IDENTITY, ISSUER
from tools.lib.attest.testing_sigstore import FakeSigstore, fake_sigstore
from tools.lib.github.testing import FakeGitHub, fake_github

_REQUEST_TOKEN = "request-token"


@dataclass(frozen=True, slots=True)
class Job:
    """A job: GitHub, and the environment of its steps."""

    github: FakeGitHub
    environment: dict[str, str]


@contextlib.contextmanager
def github_job(directory: Path) -> Iterator[Job]:
    """Runs the services of a job.

    Args:
        directory: for the trust config of Sigstore; GitHub's repositories are in `server` in it.
    """
    with fake_github() as github, fake_sigstore() as sigstore, registry() as host:
        (directory / "trust.json").write_text(sigstore.trust_config())
        with _identity_tokens(sigstore) as url:
            yield Job(
                github,
                {
                    **github.environment(f"file://{directory}/server"),
                    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": _REQUEST_TOKEN,
                    "ACTIONS_ID_TOKEN_REQUEST_URL": url,
                    "GITHUB_ACTIONS": "true",
                    "IDENTITY": IDENTITY,
                    "IMAGE": "static-debian12",
                    "ISSUER": ISSUER,
                    "PULL_REQUEST": "12",
                    "REGISTRY": f"{host}/team/images",
                    "TRUST": str(directory / "trust.json"),
                    **{
                        f"GIT_{role}_{name}": "a@example.com"
                        for role in ("AUTHOR", "COMMITTER")
                        for name in ("NAME", "EMAIL")
                    },
                },
            )


class _Tokens(BaseHTTPRequestHandler):
    """Answers as GitHub does to a job with the permission id-token."""

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        sigstore: FakeSigstore = cast(Any, self.server).sigstore
        is_job = self.headers.get("Authorization") == f"bearer {_REQUEST_TOKEN}"
        data = json.dumps({"value": sigstore.token()}).encode() if is_job else b"{}"
        self.send_response(200 if is_job else 401)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextlib.contextmanager
def _identity_tokens(sigstore: FakeSigstore) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Tokens)
    cast(Any, server).sigstore = sigstore
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/token?api-version=2.0"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
