"""Replaces several files at once."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator, Mapping

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def replace_files(files: Mapping[str, bytes]) -> None:
    """Writes new contents of files: all of them, or none if a write fails.

    Each file is complete at any moment: it is written beside its path, flushed to the disk, and
    renamed to the path once all others are written as well. Signals wait for the renames. If a
    rename fails, the files that were renamed before it get their old contents back.

    Args:
        files: by path, the new content.
    """
    partials = {path: f"{path}.{os.getpid()}.partial" for path in files}
    try:
        for path, data in files.items():
            _write(partials[path], data, _mode(path), path)
        with _signals_blocked():
            _rename(partials)
    finally:
        for partial in partials.values():
            with contextlib.suppress(FileNotFoundError):
                os.unlink(partial)


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode & 0o777
    except FileNotFoundError:
        return 0o644


def _write(partial: str, data: bytes, mode: int, path: str) -> None:
    try:
        with open(partial, "wb") as out:
            out.write(data)
            out.flush()
            os.fchmod(out.fileno(), mode)
            os.fsync(out.fileno())
    except OSError as error:
        # The user knows the path, not the name of the file beside it.
        raise type(error)(error.errno, error.strerror, path) from None


def _rename(partials: Mapping[str, str]) -> None:
    before: dict[str, bytes | None] = {}
    try:
        for path, partial in partials.items():
            try:
                with open(path, "rb") as source:
                    before[path] = source.read()
            except FileNotFoundError:
                before[path] = None
            os.rename(partial, path)
    except OSError:
        for path, data in before.items():
            partial = f"{partials[path]}.old"
            if data is None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
            elif not os.path.exists(partials[path]):
                _write(partial, data, _mode(path), path)
                os.rename(partial, path)
        raise


@contextlib.contextmanager
def _signals_blocked() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
