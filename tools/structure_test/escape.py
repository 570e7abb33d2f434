"""Makes text of an image printable: names and output may have bytes that control a terminal."""

from __future__ import annotations


class _Escapes(dict[int, str]):
    """Replacements of characters for str.translate, made when they are first needed."""

    def __init__(self, kept: str) -> None:
        super().__init__()
        self._kept = kept

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character.isprintable() or character in self._kept:
            text = character
        elif 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, by "surrogateescape"
            text = f"\\x{code - 0xDC00:02x}"
        else:
            text = character.encode("unicode_escape").decode()
        self[code] = text
        return text


_LINE = _Escapes("")
_LINES = _Escapes("\n\t")


def escape_line(text: str) -> str:
    """A single line: every character that is not printable becomes an escape sequence."""
    return text.translate(_LINE)


def escape_lines(text: str) -> str:
    """As `escape_line`, but newlines and tabs are kept. `\\r\\n` becomes a newline."""
    return text.replace("\r\n", "\n").translate(_LINES)
