"""manifest_jar: writes a jar that has only a manifest: the class to start, and other jars."""

from __future__ import annotations

import sys
import urllib.parse
import zipfile
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_write
from tools.lib.cli.flags import Parser

_LINE = 72
# The earliest time of the zip format, which has no time zones.
_TIME = (1980, 1, 1, 0, 0, 0)


def main(argv: Sequence[str]) -> int:
    parser = Parser("manifest_jar", "Writes a jar that has only a manifest.")
    parser.add_argument("--jar-out", required=True, help="output: the jar")
    parser.add_argument("--main-class", required=True, help="qualified name of the class to start")
    parser.add_argument(
        "--class-path",
        action="append",
        default=[],
        help="path of a jar, relative to the directory of this one",
    )
    args = parser.parse_args(argv)
    content = manifest(args.main_class, args.class_path)
    with atomic_write(args.jar_out) as out, zipfile.ZipFile(out, "w") as jar:
        info = zipfile.ZipInfo("META-INF/MANIFEST.MF", _TIME)
        info.create_system = 3
        info.external_attr = 0o100644 << 16
        jar.writestr(info, content)
    return 0


def manifest(main_class: str, class_path: Sequence[str]) -> bytes:
    """The manifest, whose lines have at most 72 bytes (JAR file specification).

    Raises:
        ToolError: the name of the class is not one.
    """
    if not all(name.isidentifier() for name in main_class.replace("$", "_").split(".")):
        raise ToolError(
            f"main_class: invalid name of a class '{main_class}'", "write it like com.example.App"
        )
    lines = ["Manifest-Version: 1.0", f"Main-Class: {main_class}"]
    if class_path:
        lines.append(f"Class-Path: {' '.join(urllib.parse.quote(path) for path in class_path)}")
    wrapped = [piece for line in lines for piece in _wrap(line.encode())]
    return b"\r\n".join([*wrapped, b"", b""])


def _wrap(line: bytes) -> list[bytes]:
    """Continues a long line on lines that begin with a space."""
    return [
        line[:_LINE],
        *(b" " + line[at : at + _LINE - 1] for at in range(_LINE, len(line), _LINE - 1)),
    ]


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
