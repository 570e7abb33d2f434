"""Atomic writes of files, and canonical JSON."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from tools.lib.cli.errors import ToolError


@contextlib.contextmanager
def atomic_write(path: str, mode: int = 0o644) -> Iterator[IO[bytes]]:
    """Opens a temporary file next to `path` for writing and renames it to `path` on success.

    On any exception the temporary file is removed and `path` is unchanged.
    """
    with atomic_writes([path], mode) as (out,):
        yield out


@contextlib.contextmanager
def atomic_writes(paths: Sequence[str], mode: int = 0o644) -> Iterator[list[IO[bytes]]]:
    """Opens a temporary file next to each path; renames them to the paths once all are written.

    On any exception the temporary files are removed, and so are the paths already renamed to. An
    OSError about a temporary file is raised as one about its path.
    """
    partials = {f"{path}.{os.getpid()}.partial": path for path in paths}
    done: list[str] = []
    try:
        with contextlib.ExitStack() as opened:
            yield [opened.enter_context(open(partial, "wb")) for partial in partials]
        for partial in partials:
            os.chmod(partial, mode)
        for partial, path in partials.items():
            os.rename(partial, path)
            done.append(path)
    except BaseException as error:
        for left in (*done, *partials):
            with contextlib.suppress(OSError):
                os.unlink(left)
        if isinstance(error, OSError) and error.filename in partials:
            raise type(error)(error.errno, error.strerror, partials[error.filename]) from None
        raise


def write_whole(files: Mapping[str, bytes]) -> None:
    """Writes all files or none; `files` maps a path to its content."""
    with atomic_writes(list(files)) as outs:
        for out, data in zip(outs, files.values(), strict=True):
            out.write(data)


def dump_json(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8, a final newline.

    The surrogates of `surrogateescape` become the bytes that they stand for: names in archives need
    not be UTF-8.

    Raises:
        ToolError: another lone surrogate, an infinite number, or nested too deeply.
    """
    try:
        text = json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        return text.encode("utf-8", "surrogateescape") + b"\n"
    except UnicodeEncodeError:
        raise ToolError("a string contains a lone surrogate, which UTF-8 cannot encode") from None
    except RecursionError:
        raise ToolError("a value is nested too deeply") from None
    except ValueError as error:
        raise ToolError(f"a value cannot be written as JSON: {error}") from None


def write_json(path: str, value: Any) -> None:
    """Writes canonical JSON to `path`, atomically."""
    with atomic_write(path) as out:
        out.write(dump_json(value))
