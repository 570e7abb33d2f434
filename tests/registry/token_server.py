"""A token server for docker-registry: it grants a user what they ask for, and others nothing.

Source: distribution's documentation, "Token Authentication Implementation".
"""

from __future__ import annotations

import base64
import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.registry.certificates import Certificate

SERVICE = "token server"


@contextlib.contextmanager
def token_server(signer: Certificate, user: str, password: str) -> Iterator[str]:
    """Runs a token server; yields its URL, the realm."""
    accepted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Logs nothing."""

        def do_GET(self) -> None:
            if self.headers.get("Authorization") != accepted:
                self.send_error(401)
                return
            scopes = parse_qs(urlsplit(self.path).query).get("scope", [])
            body = json.dumps({"token": _token(signer, user, scopes)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/token"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _token(signer: Certificate, user: str, scopes: list[str]) -> str:
    now = int(time.time())
    access = []
    for scope in scopes:
        kind, name, actions = scope.split(":")
        access.append({"type": kind, "name": name, "actions": actions.split(",")})
    claims = {
        "iss": SERVICE,
        "sub": user,
        "aud": SERVICE,
        "nbf": now - 600,
        "iat": now,
        "exp": now + 600,
        "jti": "1",
        "access": access,
    }
    header = {"typ": "JWT", "alg": "RS256", "x5c": [signer.base64]}
    text = f"{_part(header)}.{_part(claims)}"
    return f"{text}.{_encoded(signer.sign(text.encode()))}"


def _part(value: Any) -> str:
    return _encoded(json.dumps(value).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
