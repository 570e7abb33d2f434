"""For tests: a Debian mirror on the loopback interface, and locks of its packages."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
        stalled: paths of which the server sends one half, and nothing more until it is closed.
        ranges: whether range requests are supported.
        requests: path and first byte of each request so far.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.statuses: dict[str, list[int]] = {}
        self.truncations: dict[str, int] = {}
        self.stalled: set[str] = set()
        self.ranges = True
        self.requests: list[tuple[str, int]] = []
        self.closed = threading.Event()
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror._respond(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stops listening."""
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()

    def _respond(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.lstrip("/")
        requested = request.headers["Range"] or "bytes=0-"
        first = int(requested.removeprefix("bytes=").removesuffix("-"))
        self.requests.append((path, first))
        status = 200 if path in self.files else 404
        if self.statuses.get(path):
            status = self.statuses[path].pop(0)
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
            self.closed.wait()
        elif path in self.truncations:
            request.wfile.write(data[: self.truncations.pop(path)])
            request.close_connection = True
        else:
            request.wfile.write(data)


@contextmanager
def serve(files: Mapping[str, bytes]) -> Iterator[FakeMirror]:
    """A mirror of `files`, closed at the end of the block."""
    mirror = FakeMirror(files)
    try:
        yield mirror
    finally:
        if not mirror.closed.is_set():
            mirror.close()


def ends(process: str) -> bool:
    """Whether the process with this id ends soon."""
    for _ in range(100):
        try:
            if not Path(f"/proc/{process}/cmdline").read_bytes():
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


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
