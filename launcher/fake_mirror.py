"""For tests: a Debian mirror on the loopback interface, and locks of its packages."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tools.lib.debian.lock import (
    Lock,
    LockedPackage,
    Sha256,
    package_key,
    render_lock,
)
from tools.lib.debian.names import DebianArchitecture, PackageName, Version

SNAPSHOT = "https://snapshot.debian.org/archive/debian/20260101T000000Z"


class FakeMirror:
    """Serves files from memory. Tests change the attributes at any time.

    Attributes:
        url: of the mirror, without a final slash.
        files: content by path below `url`.
        statuses: by path, HTTP statuses for the next requests.
        truncations: by path, after how many bytes the next response ends.
        stalled: paths of which the server sends one half, and the rest after `resume` is set.
        resume: see `stalled`.
        ranges: whether range requests are supported.
        authorization: the header that requests must have; empty to accept all.
        requests: path and first byte of each GET request so far.
        head_requests: path of each HEAD request so far.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.statuses: dict[str, list[int]] = {}
        self.truncations: dict[str, int] = {}
        self.stalled: set[str] = set()
        self.resume = threading.Event()
        self.ranges = True
        self.authorization = ""
        self.requests: list[tuple[str, int]] = []
        self.head_requests: list[str] = []
        self.closed = False
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror._get(self)

            def do_HEAD(self) -> None:
                mirror._head(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stops listening."""
        self.closed = True
        self.resume.set()
        self._server.shutdown()
        self._server.server_close()

    def _status(self, request: BaseHTTPRequestHandler, path: str) -> int:
        if self.authorization and request.headers["Authorization"] != self.authorization:
            return 401
        if self.statuses.get(path):
            return self.statuses[path].pop(0)
        return 200 if path in self.files else 404

    def _head(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.lstrip("/")
        self.head_requests.append(path)
        request.send_response(self._status(request, path))
        request.end_headers()

    def _get(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.lstrip("/")
        requested = request.headers["Range"] or "bytes=0-"
        first = int(requested.removeprefix("bytes=").removesuffix("-"))
        self.requests.append((path, first))
        status = self._status(request, path)
        if status != 200:
            request.send_error(status)
            return
        data = self.files[path]
        if first and self.ranges:
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
            data = data[first:]
        else:
            request.send_response(200)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        if path in self.stalled:
            request.wfile.write(data[: len(data) // 2])
            request.wfile.flush()
            self.resume.wait()
            with contextlib.suppress(ConnectionError):  # The client may have ended.
                request.wfile.write(data[len(data) // 2 :])
        elif path in self.truncations:
            request.wfile.write(data[: self.truncations.pop(path)])
            request.close_connection = True
        else:
            request.wfile.write(data)


@contextlib.contextmanager
def serve(files: Mapping[str, bytes]) -> Iterator[FakeMirror]:
    """A mirror of `files`, closed at the end of the block."""
    mirror = FakeMirror(files)
    try:
        yield mirror
    finally:
        if not mirror.closed:
            mirror.close()


def pool_path(name: str, version: str) -> str:
    """The path of a package of the architecture `all` below the URL of an archive."""
    return f"pool/main/{name[0]}/{name}/{name}_{version}_all.deb"


def write_lock(path: Path, debs: Mapping[tuple[str, str], bytes], *, machine: str) -> None:
    """Writes the lock of a root.

    Args:
        path: the lock file.
        debs: package files by name and version.
        machine: Debian's name of the root's architecture.
    """
    packages = {
        package_key(name, version, "all"): LockedPackage(
            name=PackageName(name),
            version=Version(version),
            architecture=DebianArchitecture("all"),
            sha256=Sha256(hashlib.sha256(data).hexdigest()),
            size=len(data),
            url=f"{SNAPSHOT}/{pool_path(name, version)}",
            depends=(),
        )
        for (name, version), data in debs.items()
    }
    sets = {"root": {machine: tuple(packages)}}
    path.write_bytes(render_lock(Lock(Sha256("0" * 64), packages, sets)))
