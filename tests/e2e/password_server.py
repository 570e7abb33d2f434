"""A server of package files on loopback, some of them behind a password."""

from __future__ import annotations

import base64
import http.server
import threading
from typing import Any

# The header of `user` with the password `secret`.
PASSWORD = "Basic " + base64.b64encode(b"user:secret").decode()


class Server:
    """Serves files below `/`, and those below `/private/` with a password only.

    What is below `/private/moved/` is elsewhere; `authorization` has the headers that were sent
    there.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.authorization: list[str | None] = []
        self._elsewhere = self._start("/elsewhere")
        self._server = self._start("")
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        for server in (self._server, self._elsewhere):
            server.shutdown()
            server.server_close()

    def _start(self, prefix: str) -> http.server.ThreadingHTTPServer:
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                header = self.headers.get("Authorization")
                if prefix:
                    owner.authorization.append(header)
                elif self.path.startswith("/private/") and header != PASSWORD:
                    self.send_error(401)
                    return
                elif self.path.startswith("/private/moved/"):
                    port = owner._elsewhere.server_port
                    self.send_response(302)
                    self.send_header("Location", f"http://localhost:{port}{self.path}")
                    self.end_headers()
                    return
                if self.path not in owner.files:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(owner.files[self.path])))
                self.end_headers()
                self.wfile.write(owner.files[self.path])

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server
