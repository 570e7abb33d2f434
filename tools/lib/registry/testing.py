"""A registry in memory on loopback that fails as it is told to, for tests of the client.

It speaks as much of distribution-spec 1.1 as the client uses. Real registries are in
tests/registry.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tools.lib.oci.descriptor import INDEX, describe, digest_of

_PATH = re.compile(r"/v2/(.+)/(manifests|blobs|blobs/uploads|referrers|tags)/([^/]*)")
_SHOWN = ("artifactType", "annotations")

Fault = Callable[["Handler"], None]
"""Answers a request in place of the registry."""


@dataclass(slots=True)
class FakeRegistry:
    """The state of the registry.

    `requests` has `METHOD PATH` of each request; `faults` by METHOD and a pattern of the path, each
    used once; `authorize` returns the challenge for a request without a right, None for others;
    `referrers` says whether there is the referrers API; `page` is how many entries a list has.
    """

    host: str = ""
    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    manifests: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    received: int = 0
    resumes: bool = True
    mounts: bool = True
    referrers: bool = False
    page: int = 100
    faults: list[tuple[str, str, Fault]] = field(default_factory=list)
    authorize: Callable[[Handler], str | None] = lambda _: None
    numbers: Iterator[int] = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, method: str, pattern: str, *faults: Fault) -> None:
        """Lets the next requests of a method and a path fail."""
        self.faults += [(method, pattern, fault) for fault in faults]

    def take_fault(self, method: str, path: str) -> Fault | None:
        """The next fault for a request; None if it is to be answered."""
        with self._lock:
            for number, (wanted, pattern, fault) in enumerate(self.faults):
                if wanted == method and re.search(pattern, path):
                    del self.faults[number]
                    return fault
        return None

    def count(self, method: str, pattern: str) -> int:
        """The number of requests of a method and a path."""
        return sum(bool(re.match(f"{method} .*{pattern}", each)) for each in self.requests)


def status(number: int, body: bytes = b"", **headers: str) -> Fault:
    """Answers with a status."""

    def fault(handler: Handler) -> None:
        handler.body()
        handler.answer(number, body, **{key.replace("_", "-"): headers[key] for key in headers})

    return fault


def hang_up(after: int) -> Fault:
    """Keeps `after` bytes of an upload's body, and closes the connection."""

    def fault(handler: Handler) -> None:
        data = handler.rfile.read(after)
        upload = urlsplit(handler.path).path.rpartition("/")[2]
        if handler.registry.resumes and upload in handler.registry.uploads:
            handler.registry.uploads[upload] += data
        handler.registry.received += len(data)
        handler.close_connection = True

    return fault


@contextlib.contextmanager
def fake_registry() -> Iterator[FakeRegistry]:
    """Runs a registry with plain http."""
    registry = FakeRegistry()

    class Bound(Handler):
        pass

    Bound.registry = registry

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Says nothing of clients that are gone."""

    server = Server(("127.0.0.1", 0), Bound)
    server.daemon_threads = True
    registry.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    """Answers requests."""

    registry: FakeRegistry
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Logs nothing."""

    def body(self) -> bytes:
        """The body of the request."""
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "/blobs/" in self.path:
            self.registry.received += len(data)
        return data

    def answer(self, number: int, body: bytes = b"", **headers: str) -> None:
        """Sends an answer."""
        self.send_response(number)
        for key, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_one(self) -> None:
        """Answers one request."""
        self.registry.requests.append(f"{self.command} {self.path}")
        self.registry.headers.append(dict(self.headers))
        if fault := self.registry.take_fault(self.command, self.path):
            fault(self)
        else:
            self.dispatch()

    def dispatch(self) -> None:
        """Answers one request as a registry that works."""
        if challenge := self.registry.authorize(self):
            self.body()
            self.answer(401, WWW_Authenticate=challenge)
            return
        if self._path == "/v2/":  # how clients find out whether it is a registry
            self.answer(200)
            return
        match = _PATH.fullmatch(self._path)
        if not match or (match[2] == "referrers" and not self.registry.referrers):
            self.body()
            self.answer(404)
            return
        repository, kind, name = match.groups()
        {
            "manifests": self._manifest,
            "blobs": self._blob,
            "blobs/uploads": self._upload,
            "referrers": self._referrers,
            "tags": self._tags,
        }[kind](repository, name)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

    @property
    def _path(self) -> str:
        return urlsplit(self.path).path

    def _query(self, key: str) -> str:
        return parse_qs(urlsplit(self.path).query).get(key, [""])[0]

    def _manifest(self, repository: str, name: str) -> None:
        if self.command == "PUT":
            data = self.body()
            if len(data) < int(self.headers["Content-Length"]):  # the client was killed
                self.close_connection = True
                return
            digest = digest_of(data)
            value = (self.headers["Content-Type"], data)
            self.registry.manifests[repository, digest] = value
            self.registry.manifests[repository, name] = value
            self.answer(201, Docker_Content_Digest=digest)
        elif found := self.registry.manifests.get((repository, name)):
            digest = digest_of(found[1])
            self.answer(200, found[1], Content_Type=found[0], Docker_Content_Digest=digest)
        else:
            self.answer(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "unknown"}]}')

    def _referrers(self, repository: str, subject: str) -> None:
        found = []
        for (path, name), (media_type, data) in list(self.registry.manifests.items()):
            fields = json.loads(data)
            own = path == repository and name == digest_of(data)
            if own and fields.get("subject", {}).get("digest") == subject:
                shown = {key: fields[key] for key in _SHOWN if key in fields}
                found.append({**describe(media_type, data).to_json(), **shown})
        start = int(self._query("start") or 0)
        page = found[start : start + self.registry.page]
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": page}
        headers = {"Content-Type": INDEX}
        if rest := found[start + len(page) :]:
            headers["Link"] = f'<{self._path}?start={len(found) - len(rest)}>; rel="next"'
        self.answer(200, json.dumps(index).encode(), **headers)

    def _tags(self, repository: str, _: str) -> None:
        known = [name for path, name in list(self.registry.manifests) if path == repository]
        if not known:
            self.answer(404, b'{"errors": [{"code": "NAME_UNKNOWN", "message": "unknown"}]}')
            return
        tags = sorted(name for name in known if ":" not in name)
        last = self._query("last")
        page = [tag for tag in tags if tag > last][: self.registry.page]
        headers = {}
        if page and page[-1] != tags[-1]:
            headers["Link"] = f'<{self._path}?last={page[-1]}>; rel="next"'
        self.answer(200, json.dumps({"name": repository, "tags": page}).encode(), **headers)

    def _blob(self, repository: str, digest: str) -> None:
        data = self.registry.blobs.get((repository, digest))
        if data is None:
            self.answer(404)
            return
        start = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if start:
            self.answer(206, data[int(start[1]) :])
        else:
            self.answer(200, data)

    def _upload(self, repository: str, name: str) -> None:
        registry = self.registry
        data = self.body()
        location = f"/v2/{repository}/blobs/uploads/"
        if self.command == "POST":
            found = registry.blobs.get((self._query("from"), self._query("mount")))
            if registry.mounts and found is not None:
                registry.blobs[repository, self._query("mount")] = found
                self.answer(201)
                return
            name = f"u{next(registry.numbers)}"
            registry.uploads[name] = bytearray()
            self.answer(202, Location=f"{location}{name}?state=SECRET-STATE")
        elif name not in registry.uploads:
            self.answer(404)
        elif self.command == "GET":
            size = len(registry.uploads[name])
            headers = {"Range": f"0-{size - 1 if size else 0}", "Location": f"{location}{name}"}
            self.answer(204 if registry.resumes else 404, b"", **headers)
        elif self.command == "PATCH":
            registry.uploads[name] += data
            self.answer(202, Location=f"{location}{name}")
        elif self.command == "DELETE":
            del registry.uploads[name]
            self.answer(204)
        else:
            content = bytes(registry.uploads[name]) + data
            if digest_of(content) != self._query("digest"):
                self.answer(400, b'{"errors": [{"code": "DIGEST_INVALID", "message": "wrong"}]}')
                return
            registry.blobs[repository, digest_of(content)] = content
            self.answer(201)
