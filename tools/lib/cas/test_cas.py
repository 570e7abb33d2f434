from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tools.lib.cas.cas import open_cas
from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Digest, digest_of
from tools.lib.registry.errors import RegistryError, TemporaryError

DATA = bytes(range(256)) * 4000
DIGEST = digest_of(DATA)
DIGITS = DIGEST.removeprefix("sha256:")


def read(url: str, offset: int = 0, digest: Digest = DIGEST, helper: str = "") -> bytes:
    store = open_cas(url, helper)
    assert store
    return b"".join(store.read(digest, len(DATA), offset))


@dataclass
class Cache:
    """An HTTP cache with one blob. `most` bytes of it are sent if that is set."""

    ranges: bool = True
    most: int | None = None
    url: str = ""
    requests: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextlib.contextmanager
def http_cache(cache: Cache) -> Iterator[Cache]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Logs nothing."""

        def do_GET(self) -> None:
            cache.requests.append(self.path)
            cache.headers.append(dict(self.headers))
            if self.path == f"/moved/cas/{DIGITS}":
                self.send_response(302)
                self.send_header("Location", f"http://localhost:1/cas/{DIGITS}")
                self.end_headers()
                return
            if self.path != f"/team/cas/{DIGITS}":
                self.send_error(404)
                return
            wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            data = DATA[int(wanted[1]) :] if wanted and cache.ranges else DATA
            self.send_response(206 if wanted and cache.ranges else 200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: cache.most])

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        cache.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield cache
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("ranges", [True, False])
def test_http_from_any_offset(ranges: bool) -> None:
    with http_cache(Cache(ranges)) as cache:
        for offset in (0, 300_000, len(DATA) - 1):
            assert read(f"{cache.url}/team/", offset) == DATA[offset:]
        assert cache.requests == [f"/team/cas/{DIGITS}"] * 3


def test_http_without_the_blob() -> None:
    with http_cache(Cache()) as cache, pytest.raises(RegistryError) as caught:
        read(cache.url)
    assert str(caught.value) == (
        f"remote cache {cache.url}: blob {DIGEST} not found (hint: build the image again with this "
        "cache; Bazel must not have --noremote_upload_local_results)"
    )


def test_http_that_breaks_is_temporary() -> None:
    with http_cache(Cache(most=1000)) as cache, pytest.raises(TemporaryError):
        read(f"{cache.url}/team")


def test_http_redirects_are_not_followed() -> None:
    with http_cache(Cache()) as cache, pytest.raises(RegistryError, match="HTTP 302"):
        read(f"{cache.url}/moved")


@pytest.fixture
def helper(tmp_path: Path) -> Path:
    path = tmp_path / "helper"
    path.write_text(
        f'#!/bin/sh\ncat > {tmp_path}/$1\necho \'{{"headers": {{"Authorization": ["Bearer x"], '
        '"X-Key": ["a", "b"]}}\'\n'
    )
    path.chmod(0o755)
    return path


def test_a_credential_helper_has_the_headers(helper: Path) -> None:
    with http_cache(Cache()) as cache:
        assert read(f"{cache.url}/team", helper=str(helper)) == DATA
    request = json.loads((helper.parent / "get").read_text())
    assert request == {"uri": f"{cache.url}/team/cas/{DIGITS}"}
    (headers,) = cache.headers
    assert headers["Authorization"] == "Bearer x"
    assert headers["x-key"] == "a, b"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo secret; exit 3", r"failed for http://\S+: exit status 3 \(hint: run: echo .*"),
        ("echo secret", r": the output is not JSON"),
    ],
)
def test_a_credential_helper_that_fails(helper: Path, script: str, message: str) -> None:
    helper.write_text(f"#!/bin/sh\n{script}\n")
    with pytest.raises(ToolError, match=message) as caught:
        read("http://127.0.0.1:1", helper=str(helper))
    assert "secret" not in str(caught.value)


def test_a_disk_cache(tmp_path: Path) -> None:
    blob = tmp_path / "cas" / DIGITS[:2] / DIGITS
    blob.parent.mkdir(parents=True)
    blob.write_bytes(DATA)
    for offset in (0, 300_000, len(DATA) - 1):
        assert read(str(tmp_path), offset) == DATA[offset:]
    other = digest_of(b"other")
    with pytest.raises(ToolError, match=f"{tmp_path}: blob {other} not found"):
        read(str(tmp_path), digest=other)


def test_no_cache() -> None:
    assert open_cas("") is None


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("relative/path", "invalid remote cache 'relative/path' (hint: write grpc://, grpcs://"),
        ("ftp://example.com", "invalid remote cache 'ftp://example.com'"),
        ("http:///cas", "invalid remote cache 'http:///cas'"),
        ("grpcs://u:secret@example.com", "remote cache grpcs://example.com: the URL must not have"),
    ],
)
def test_invalid_urls(url: str, message: str) -> None:
    with pytest.raises(ToolError, match=re.escape(message)) as caught:
        open_cas(url)
    assert "secret" not in str(caught.value)
