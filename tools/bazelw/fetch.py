"""Package files over HTTP, several at a time, each by its hash. Standard library only."""

from __future__ import annotations

import hashlib
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import NamedTuple

from tools.bazelw.progress import Progress
from tools.lib.errors import ToolError

_CONNECTIONS = 8
_TIMEOUT = 30.0
_PAUSES = (0.5, 2.0)
_BUSY = (408, 425, 429, 500, 502, 503, 504)
_CHUNK = 1 << 18


class Deb(NamedTuple):
    """A package file: its name, where it is to be had (tried in order), its hash and bytes."""

    name: str
    urls: tuple[str, ...]
    sha256: str
    size: int


class Gone(Exception):
    """No source has the file any more; the text is its name."""


class _Stopped(Exception):
    """Another file failed, or Ctrl-C."""


def fetch_all(
    debs: Sequence[Deb], store: str, progress: Progress, arrived: Callable[[str], None]
) -> None:
    """Brings package files into `store`, as `<sha256>.deb`; what is there and whole stays.

    Args:
        debs: which.
        store: a directory.
        progress: is told of the bytes.
        arrived: called with each file's path, from several threads.

    Raises:
        Gone: a file that no source has.
        ToolError: a network that does not work, or content that is another.
    """
    stop = threading.Event()

    def one(deb: Deb) -> None:
        path = os.path.join(store, f"{deb.sha256}.deb")
        # It was renamed to that name when its hash was right.
        if os.path.exists(path):
            progress.advance(deb.size)
        else:
            _fetch(deb, path, progress, stop)
        if not stop.is_set():
            arrived(path)

    progress.expect(sum(deb.size for deb in debs))
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        try:
            # The largest first, so that none of them is left alone at the end.
            pending = [pool.submit(one, deb) for deb in sorted(debs, key=lambda deb: -deb.size)]
            done, _ = wait(pending, return_when=FIRST_EXCEPTION)
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
    for future in done:
        if (error := future.exception()) and not isinstance(error, _Stopped):
            raise error


def _fetch(deb: Deb, path: str, progress: Progress, stop: threading.Event) -> None:
    failure = ""
    for url in deb.urls:
        for pause in (*_PAUSES, None):
            try:
                _download(url, deb, path, progress, stop)
                return
            except urllib.error.HTTPError as error:
                error.close()
                if error.code in (404, 410):
                    break
                failure = f"{url}: the server answers {error.code} {error.reason}"
                if error.code not in _BUSY:
                    break
            except _Wrong as error:
                # A mirror with another file of that name: the next source may have the right one.
                failure = f"{url}: {error}"
                break
            except (urllib.error.URLError, OSError) as error:
                failure = f"{url}: {getattr(error, 'reason', error)}"
            if pause is None or stop.wait(pause):
                break
        if stop.is_set():
            raise _Stopped
    if not failure:
        raise Gone(deb.name)
    raise ToolError(failure, "offline? DISTROLESS_MIRROR names a mirror, https_proxy a proxy")


class _Wrong(Exception):
    """The content is not what the lock says."""


def _download(url: str, deb: Deb, path: str, progress: Progress, stop: threading.Event) -> None:
    partial = f"{path}.{os.getpid()}.partial"
    digest, size = hashlib.sha256(), 0
    try:
        with (
            urllib.request.urlopen(url, timeout=_TIMEOUT) as response,
            open(partial, "wb") as out,
        ):
            while chunk := response.read(_CHUNK):
                if stop.is_set():
                    raise _Stopped
                size += len(chunk)
                if size > deb.size:
                    raise _Wrong(f"larger than the {deb.size} bytes that the lock says")
                digest.update(chunk)
                out.write(chunk)
                progress.advance(len(chunk))
        if size < deb.size:
            raise OSError(f"the connection broke off after {size} of {deb.size} bytes")
        if digest.hexdigest() != deb.sha256:
            raise _Wrong(f"sha256 is {digest.hexdigest()}, the lock says {deb.sha256}")
        os.rename(partial, path)
    except BaseException:
        progress.advance(-size)
        if os.path.exists(partial):
            os.unlink(partial)
        raise
