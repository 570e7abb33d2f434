"""How a tool fails: one line on stderr that says what, where and what to do; exit status 1.

Only lines that the user can paste into a file may follow it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence


class ToolError(Exception):
    """An error in the input or the environment, reported to the user in one line.

    Any other exception that escapes a tool is a bug of the tool and keeps its traceback.

    Args:
        message: what is wrong and where; starts with the file or name it is about.
        hint: what the user can do about it; "" if there is nothing to suggest.
        paste: lines that the hint refers to, for the user to paste.
    """

    def __init__(self, message: str, hint: str = "", paste: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.paste = tuple(paste)

    def __str__(self) -> str:
        line = f"{self.message} (hint: {self.hint})" if self.hint else self.message
        return "\n".join(map(_printable_line, (line, *self.paste)))


def _printable_line(line: str) -> str:
    """Names in archives can hold newlines and escape sequences; an error is one printable line."""
    text = line.encode("ascii", "backslashreplace").decode()
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]


def run(main: Callable[[Sequence[str]], int], argv: Sequence[str], *, error_status: int = 1) -> int:
    """Calls `main` with `argv` without the program's name; returns the exit status.

    A ToolError or an OSError (disk full, file not found) becomes `error: ...` on stderr and status
    `error_status`. SIGINT becomes status 130, SIGTERM 143; both unwind the stack, so `finally`
    blocks clean up.
    """
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return main(argv[1:])
    except ToolError as error:
        print(f"error: {error}", file=sys.stderr)
        return error_status
    except BrokenPipeError:
        # The reader of our output is gone (`tool | head`): nothing to report, and nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return error_status
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        print(f"error: {ToolError(f'{where}{error.strerror or error}')}", file=sys.stderr)
        return error_status
    except KeyboardInterrupt:
        return 130


def _terminate(number: int, frame: object) -> None:
    sys.exit(128 + number)
