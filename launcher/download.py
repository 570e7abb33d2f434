"""Downloads files of known size and SHA-256, several at a time. Standard library only."""

from __future__ import annotations

import hashlib
import http
import os
import queue
import threading
import urllib.error
import urllib.parse
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from launcher.network import (
    NETWORK_ERRORS,
    NOT_FOUND_STATUSES,
    REQUEST_ERRORS,
    TEMPORARY_STATUSES,
    explain,
    open_url,
    without_userinfo,
)
from launcher.progress import Progress
from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import Sha256

PARTIAL = ".partial"
"""Suffix of the names of incomplete files and directories."""

_CONNECTIONS = 8
_TIMEOUT = 30.0
_RETRY_DELAYS = (0.5, 2.0)
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Download:
    """A file to download.

    Attributes:
        name: what error messages call it.
        urls: where it is, in the order to try.
        sha256: of its content.
        size: of its content, in bytes.
    """

    name: str
    urls: tuple[str, ...]
    sha256: Sha256
    size: int


class NotFoundError(Exception):
    """No source has the file, and at least one of them said so. The text names the file."""


class _CancelledError(Exception):
    """Another download failed, or the caller stopped."""


class _MismatchError(Exception):
    """The content differs from what was expected.

    `resumed`: its first bytes were there before, so they may be the ones that are wrong.
    """

    resumed = False


def download_all(
    files: Sequence[Download],
    directory: str,
    progress: Progress,
    *,
    timeout: float | None = _TIMEOUT,
    retry_delays: Sequence[float] = _RETRY_DELAYS,
) -> Generator[str, None, None]:
    """Downloads files to `directory`; yields the path of each, `<sha256>.deb`, when it is complete.

    Files and partial files of an earlier call are reused.

    Args:
        files: the files, in any order.
        directory: where to keep them; no other process may use it at the same time.
        progress: is told the bytes.
        timeout: seconds without data after which a connection has failed; None without a limit.
        retry_delays: seconds to wait before each new attempt after a network error.

    Raises:
        NotFoundError: no source has one of the files.
        ToolError: the network failed, or a source has different content.
    """
    progress.start(sum(file.size for file in files))
    worker = _Worker(directory, progress, timeout, retry_delays)
    todo = queue.SimpleQueue[Download | None]()
    # The largest first: none of them then starts last and keeps the rest waiting.
    for item in [*sorted(files, key=lambda file: -file.size), *(None,) * _CONNECTIONS]:
        todo.put(item)
    done = queue.SimpleQueue[str | Exception]()

    def work() -> None:
        while not worker.stop.is_set() and (file := todo.get()):
            try:
                done.put(worker.download(file))
            except Exception as error:
                done.put(error)

    # Daemon threads: an interrupted program does not wait for a silent server.
    threads = [threading.Thread(target=work, daemon=True) for _ in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    try:
        for _ in files:
            result = done.get()
            if isinstance(result, Exception):
                raise result
            yield result
    except NotFoundError:
        # The caller may continue with other files in this directory.
        worker.stop.set()
        for thread in threads:
            thread.join()
        raise
    finally:
        worker.stop.set()


class _Worker:
    """Downloads one file after another; shared by all threads.

    Attributes:
        stop: set it to cancel all downloads.
    """

    def __init__(
        self,
        directory: str,
        progress: Progress,
        timeout: float | None,
        retry_delays: Sequence[float],
    ) -> None:
        self.stop = threading.Event()
        self._directory = directory
        self._progress = progress
        self._timeout = timeout
        self._retry_delays = retry_delays

    def download(self, file: Download) -> str:
        """Downloads a file from the first source that has it; returns its path."""
        path = os.path.join(self._directory, f"{file.sha256}.deb")
        # The file got this name after its hash was verified; a power failure can still truncate it.
        if os.path.exists(path) and os.path.getsize(path) == file.size:
            self._progress.skip(file.size)
            return path
        failures: dict[str, str] = {}
        missing: list[str] = []
        urls: Sequence[str] = file.urls
        for delay in (*self._retry_delays, None):
            retry = []
            for url in urls:
                try:
                    self._download_from(url, file, path)
                    return path
                except urllib.error.HTTPError as error:
                    error.close()
                    if error.code in NOT_FOUND_STATUSES:
                        missing.append(urllib.parse.urlsplit(url).hostname or url)
                    else:
                        failures[url] = explain(error)
                        retry += [url] if error.code in TEMPORARY_STATUSES else []
                except _MismatchError as error:
                    failures[url] = str(error)
                except NETWORK_ERRORS as error:
                    failures[url] = explain(error)
                    # When a mirror lacks the file, an unreachable archive is not worth waiting for.
                    retry += [] if missing else [url]
                except REQUEST_ERRORS as error:
                    failures[url] = explain(error)
                if self.stop.is_set():
                    raise _CancelledError
            urls = retry
            if not urls or delay is None:
                break
            if self.stop.wait(delay):
                raise _CancelledError
        raise _failure(file, missing, failures)

    def _download_from(self, url: str, file: Download, path: str) -> None:
        """Downloads a file from one source.

        The partial file is kept after an interruption; the next attempt continues it.
        """
        try:
            self._attempt(url, file, path)
        except _MismatchError as error:
            if not error.resumed:
                raise
            # The first bytes came from another source or an earlier call. Start again.
            self._attempt(url, file, path)

    def _attempt(self, url: str, file: Download, path: str) -> None:
        with open(path + PARTIAL, "ab+") as out:
            out.seek(0)
            head = out.read()
            if len(head) >= file.size:
                head = b""
            headers = {"Range": f"bytes={len(head)}-"} if head else {}
            size = 0
            try:
                with open_url(url, self._timeout, headers) as response:
                    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
                        head = b""
                    out.truncate(len(head))
                    digest = hashlib.sha256(head)
                    size = len(head)
                    self._progress.advance(size)
                    if response.length is not None:
                        _check_size(size + response.length, file)
                    while chunk := response.read(_CHUNK):
                        if self.stop.is_set():
                            raise _CancelledError
                        out.write(chunk)
                        digest.update(chunk)
                        size += len(chunk)
                        self._progress.advance(len(chunk))
                        if size > file.size:
                            _check_size(size, file)
                if size < file.size:
                    raise ConnectionError(f"connection closed after {size} of {file.size} bytes")
                if digest.hexdigest() != file.sha256:
                    raise _MismatchError(f"SHA-256 is {digest.hexdigest()}, expected {file.sha256}")
            except BaseException as error:
                self._progress.advance(-size)
                if isinstance(error, _MismatchError):
                    out.truncate(0)
                    error.resumed = bool(head)
                raise
        os.rename(path + PARTIAL, path)


def _check_size(size: int, file: Download) -> None:
    if size != file.size:
        raise _MismatchError(f"size is {size} bytes, expected {file.size}")


def _failure(
    file: Download, missing: Sequence[str], failures: dict[str, str]
) -> NotFoundError | ToolError:
    """The error after all sources failed: the hosts without the file, and why each URL failed."""
    # Report a reason that several URLs share once, with the first of them.
    first = {reason: url for url, reason in reversed(failures.items())}
    reasons = "; ".join(
        f"{without_userinfo(url)}: {reason}" for reason, url in reversed(first.items())
    )
    if missing:
        hosts = ", ".join(dict.fromkeys(missing))
        return NotFoundError(
            f"{file.name}: not found on {hosts}" + (f" ({reasons})" if reasons else "")
        )
    return ToolError(
        f"download failed: {reasons}",
        "without internet access, set DISTROLESS_MIRROR to a mirror or https_proxy to a proxy",
    )
