"""Files that are either whole or absent, and JSON that is the same bytes for the same value."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from typing import IO, Any

from tools.lib.errors import ToolError


@contextlib.contextmanager
def atomic_write(path: str, mode: int = 0o644) -> Iterator[IO[bytes]]:
    """Opens a file beside `path` for writing and renames it onto `path` on success.

    On any exception the partial file is removed and `path` stays as it was.
    """
    partial = f"{path}.{os.getpid()}.partial"
    try:
        with open(partial, "wb") as out:
            yield out
        os.chmod(partial, mode)
        os.rename(partial, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(partial)
        raise


def dump_json(value: Any) -> bytes:
    """The canonical JSON of this project: sorted keys, no spaces, UTF-8, a final newline."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogateescape") + b"\n"


def write_json(path: str, value: Any) -> None:
    """Writes canonical JSON to `path`, whole or not at all."""
    with atomic_write(path) as out:
        out.write(dump_json(value))


def read_json(path: str) -> Any:
    """Parses the JSON file at `path`; a ToolError names the file and the position of the fault."""
    with open(path, "rb") as source:
        data = source.read()
    try:
        return json.loads(data.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError) as error:
        raise ToolError(f"{path}: not JSON: {error}") from None
