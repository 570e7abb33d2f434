"""A server on loopback that answers as GitHub does, for the requests that tools send."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "owner/name"
TOKEN = "secret-token"


@dataclass
class FakeGitHub:
    """Its state. `requests` has `METHOD PATH` of each request."""

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    dispatched: list[tuple[str, str]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def environment(self, server_url: str = "") -> dict[str, str]:
        """What GitHub Actions sets."""
        return {
            "GITHUB_API_URL": self.url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SERVER_URL": server_url,
            "GITHUB_TOKEN": TOKEN,
        }

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        """The status and the JSON of an answer."""
        self.requests.append(f"{method} {path}")
        page, size = int(query.get("page", "1")), int(query.get("per_page", "30"))
        match method, path.split("/"):
            case "GET", ["issues", _, "comments"]:
                return 200, self.comments[(page - 1) * size : page * size]
            case "POST", ["issues", _, "comments"]:
                self.comments.append({"id": len(self.comments) + 1, "body": body["body"]})
                return 201, self.comments[-1]
            case "PATCH", ["issues", "comments", number]:
                self.comments[int(number) - 1]["body"] = body["body"]
                return 200, self.comments[int(number) - 1]
            case "GET", ["pulls"]:
                wanted = (query["head"].partition(":")[2], query["base"])
                return 200, [each for each in self.pulls if (each["head"], each["base"]) == wanted]
            case "POST", ["pulls"]:
                self.pulls.append({"number": len(self.pulls) + 1, **body})
                return 201, self.pulls[-1]
            case "PATCH", ["pulls", number]:
                self.pulls[int(number) - 1] |= body
                return 200, self.pulls[int(number) - 1]
            case "POST", ["actions", "workflows", name, "dispatches"]:
                self.dispatched.append((name, body["ref"]))
                return 204, None
        return 404, {"message": "Not Found"}


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def _handle(self) -> None:
        github = cast(Any, self.server).github
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else None
        path = re.match(f"/repos/{REPOSITORY}/(.*)", parts.path)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            status, answer = 401, {"message": "Bad credentials"}
        elif path is None:
            status, answer = 404, {"message": "Not Found"}
        else:
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            status, answer = github.answer(self.command, path[1], query, body)
        data = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = _handle


@contextlib.contextmanager
def fake_github() -> Iterator[FakeGitHub]:
    """Runs the server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    github = FakeGitHub(f"http://127.0.0.1:{server.server_address[1]}")
    cast(Any, server).github = github
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield github
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
