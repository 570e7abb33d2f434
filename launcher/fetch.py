"""Package files over HTTP, several at a time, each by its hash. Standard library only."""

from __future__ import annotations

import hashlib
import http.client
import os
import queue
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from launcher.progress import Progress
from tools.lib.cli.errors import ToolError

PARTIAL = ".partial"
"""End of the names of what is not whole yet."""

_CONNECTIONS = 8
_TIMEOUT = 20.0
_PAUSES = (0.5, 2.0)
_BUSY = (408, 425, 429, 500, 502, 503, 504)
_GONE = (404, 410)
_CHUNK = 1 << 18
_NETWORK = (
    urllib.error.URLError,
    TimeoutError,
    ConnectionError,
    ssl.SSLError,
    http.client.IncompleteRead,
)


class Deb(NamedTuple):
    """A package file: its name, where it is to be had (tried in order), its hash and bytes."""

    name: str
    urls: tuple[str, ...]
    sha256: str
    size: int


class Gone(Exception):
    """No source has the file any more; the text tells which one."""


class _Stopped(Exception):
    """Another file failed, or Ctrl-C."""


class _Wrong(Exception):
    """The content is not what the lock says; `resumed`: some of it was there already."""

    resumed = False


def arrivals(debs: Sequence[Deb], store: str, progress: Progress) -> Iterator[str]:
    """Brings package files into `store`, as `<sha256>.deb`; yields the path of each that is there.

    What an earlier call has left there is used, parts of files too. Nobody else may use `store`.

    Args:
        debs: which.
        store: a directory.
        progress: is told of the bytes.

    Raises:
        Gone: a file that a source had, and no source has.
        ToolError: a network that does not work, or content that is another.
    """
    progress.begin(sum(deb.size for deb in debs))
    stop = threading.Event()
    # The largest first, so that none of them is left alone at the end.
    todo = queue.SimpleQueue[Deb | None]()
    for each in [*sorted(debs, key=lambda deb: -deb.size), *(None,) * _CONNECTIONS]:
        todo.put(each)
    done = queue.SimpleQueue[str | Exception]()

    def work() -> None:
        while not stop.is_set() and (deb := todo.get()):
            try:
                done.put(_bring(deb, store, progress, stop))
            except Exception as error:
                done.put(error)

    # Daemons: whoever is stopped does not wait for a server that is silent.
    threads = [threading.Thread(target=work, daemon=True) for _ in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    try:
        for _ in debs:
            found = done.get()
            if isinstance(found, Exception):
                raise found
            yield found
    except Gone:
        # The caller may go on, with other files in the same store.
        stop.set()
        for thread in threads:
            thread.join()
        raise
    finally:
        stop.set()


def _bring(deb: Deb, store: str, progress: Progress, stop: threading.Event) -> str:
    path = os.path.join(store, f"{deb.sha256}.deb")
    # It was renamed to that name when its hash was right.
    if os.path.exists(path) and os.path.getsize(path) == deb.size:
        progress.reuse(deb.size)
        return path
    failures: dict[str, str] = {}
    gone: list[str] = []
    ahead = deb.urls
    for pause in (*_PAUSES, None):
        again = []
        for url in ahead:
            try:
                try:
                    _download(url, deb, path, progress, stop)
                except _Wrong as error:
                    if not error.resumed:
                        raise
                    # It began with what another source had brought.
                    _download(url, deb, path, progress, stop)
                return path
            except urllib.error.HTTPError as error:
                error.close()
                if error.code in _GONE:
                    gone.append(urllib.parse.urlsplit(url).hostname or url)
                else:
                    failures[url] = f"the server answers {error.code} {error.reason}"
                    again += [url] if error.code in _BUSY else []
            except _Wrong as error:
                failures[url] = str(error)
            except _NETWORK as error:
                reason = getattr(error, "reason", error)
                failures[url] = str(getattr(reason, "strerror", None) or reason)
                # Once it is gone from a mirror, an archive out of reach is none worth waiting for.
                again += [] if gone else [url]
            except (http.client.HTTPException, ValueError) as error:
                failures[url] = str(error) or type(error).__name__
            if stop.is_set():
                raise _Stopped
        ahead = tuple(again)
        if not ahead or pause is None:
            break
        if stop.wait(pause):
            raise _Stopped
    # What is the same for several is told once.
    reasons = {failure: url for url, failure in reversed(failures.items())}
    text = "; ".join(f"{url}: {failure}" for failure, url in reversed(reasons.items()))
    if gone:
        hosts = ", ".join(dict.fromkeys(gone))
        raise Gone(f"{deb.name} is gone from {hosts}" + (f" ({text})" if text else ""))
    raise ToolError(text, "offline? DISTROLESS_MIRROR names a mirror, https_proxy a proxy")


def _download(url: str, deb: Deb, path: str, progress: Progress, stop: threading.Event) -> None:
    """Brings `path`; what it could not end, the next call goes on with."""
    with open(path + PARTIAL, "ab+") as out:
        out.seek(0)
        before = out.read()
        if len(before) >= deb.size:
            before = b""
        headers = {"Range": f"bytes={len(before)}-"} if before else {}
        size = 0
        try:
            request = urllib.request.Request(url, headers=headers)
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:
                if response.status != http.HTTPStatus.PARTIAL_CONTENT:
                    before = b""
                out.truncate(len(before))
                digest = hashlib.sha256(before)
                size = len(before)
                progress.advance(size)
                if response.length is not None and size + response.length != deb.size:
                    raise _Wrong(f"has {size + response.length} bytes, the lock says {deb.size}")
                while chunk := response.read(_CHUNK):
                    if stop.is_set():
                        raise _Stopped
                    out.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                    progress.advance(len(chunk))
                    if size > deb.size:
                        raise _Wrong(f"has more than the {deb.size} bytes of the lock")
            if size < deb.size:
                raise ConnectionError(f"broke off after {size} of {deb.size} bytes")
            if digest.hexdigest() != deb.sha256:
                raise _Wrong(f"sha256 is {digest.hexdigest()}, the lock says {deb.sha256}")
        except BaseException as error:
            progress.advance(-size)
            if isinstance(error, _Wrong):
                out.truncate(0)
                error.resumed = bool(before)
            raise
    os.rename(path + PARTIAL, path)
