"""The one way in which a tool fails: one line that says what, where and what to do."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence


class ToolError(Exception):
    """Bad input or a bad environment, told to the user in one line.

    Anything else that escapes a tool is a bug of ours and keeps its traceback.

    Args:
        message: what is wrong and where; starts with the file or name it is about.
        hint: what to do about it, if there is something to do.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        line = f"{self.message} (hint: {self.hint})" if self.hint else self.message
        # One error is one line, and no terminal obeys it, whatever bytes an archive's names hold.
        text = line.encode("ascii", "backslashreplace").decode()
        return text if text.isprintable() else "".join(map(_printable, text))


def _printable(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]


def run(main: Callable[[Sequence[str]], int], argv: Sequence[str]) -> int:
    """Calls `main` with argv less the program's name; returns the exit status.

    A ToolError becomes `error: ...` on stderr and status 1, an OSError too (a full disk, a missing
    file); Ctrl-C becomes status 130, SIGTERM 143. Both let `finally` clean up what is half done.
    """
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return main(argv[1:])
    except ToolError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader went away: not an error to talk about, and nobody to talk to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        print(f"error: {ToolError(f'{where}{error.strerror or error}')}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _terminate(number: int, frame: object) -> None:
    sys.exit(128 + number)
