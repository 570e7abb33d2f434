"""A job of GitHub Actions, as far as it has an identity."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

from tools.lib.attest.testing_sigstore import FakeSigstore

REQUEST_TOKEN = "REQUEST-SECRET"
"""The secret with which the job asks for its tokens."""


@contextlib.contextmanager
def fake_job(sigstore: FakeSigstore) -> Iterator[dict[str, str]]:
    """The service that gives a job its tokens; yields the job's environment."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            allowed = self.headers["Authorization"] == f"bearer {REQUEST_TOKEN}"
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
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN,
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"http://127.0.0.1:{server.server_address[1]}/?x=y",
        }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
