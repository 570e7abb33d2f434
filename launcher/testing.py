"""A mirror on loopback, for tests, and locks of what it serves."""

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
    Version,
    package_key,
    render_lock,
)

SNAPSHOT = "https://snapshot.debian.org/archive/debian/20260101T000000Z"


class Mirror:
    """Files by their path below the mirror's URL, as bytes; tests change them as they like.

    Attributes:
        url: of the mirror, without a final slash.
        files: what is there; another path is answered with 404.
        answers: statuses to give first, by path.
        cuts: after how many bytes the connection breaks off, once, by path.
        silent: paths at whose middle the server waits until it is closed.
        ranges: whether it answers requests for a part with the part.
        asked: the paths that were asked for, each with the first byte that was wanted.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.answers: dict[str, list[int]] = {}
        self.cuts: dict[str, int] = {}
        self.silent: set[str] = set()
        self.ranges = True
        self.asked: list[tuple[str, int]] = []
        self.closed = threading.Event()
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Nobody listens at its port any more."""
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.lstrip("/")
        wanted = request.headers["Range"] or "bytes=0-"
        first = int(wanted.removeprefix("bytes=").removesuffix("-"))
        self.asked.append((path, first))
        status = 200 if path in self.files else 404
        if self.answers.get(path):
            status = self.answers[path].pop(0)
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
        if path in self.silent:
            request.wfile.write(data[: len(data) // 2])
            request.wfile.flush()
            self.closed.wait()
        elif path in self.cuts:
            request.wfile.write(data[: self.cuts.pop(path)])
            request.close_connection = True
        else:
            request.wfile.write(data)


@contextmanager
def serve(files: Mapping[str, bytes]) -> Iterator[Mirror]:
    """A mirror of `files` until the end of the block."""
    mirror = Mirror(files)
    try:
        yield mirror
    finally:
        if not mirror.closed.is_set():
            mirror.close()


def ends(process: str) -> bool:
    """Whether a process, by its id, is gone or waited for soon."""
    for _ in range(100):
        try:
            if not Path(f"/proc/{process}/cmdline").read_bytes():
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def pool(name: str, version: str) -> str:
    """The path of a package of the architecture `all` below an archive's URL."""
    return f"pool/main/{name[0]}/{name}/{name}_{version}_all.deb"


def write_lock(path: Path, debs: Mapping[tuple[str, str], bytes], *, machine: str) -> None:
    """Writes a lock of packages by name and version, in one set for an architecture."""
    packages = {
        package_key(name, version, "all"): LockedPackage(
            name=name,
            version=Version(version),
            architecture="all",
            sha256=Sha256(hashlib.sha256(data).hexdigest()),
            size=len(data),
            url=f"{SNAPSHOT}/{pool(name, version)}",
            depends=(),
        )
        for (name, version), data in debs.items()
    }
    sets = {"root": {machine: tuple(packages)}}
    path.write_bytes(render_lock(Lock(Sha256("0" * 64), packages, sets)))
