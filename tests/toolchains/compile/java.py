"""Java programs: a program and its libraries in one reproducible jar."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Sequence

from tests.toolchains.compile import process
from tools.lib.cli.errors import ToolError
from tools.lib.cli.files import atomic_write

_MANIFEST = "META-INF/MANIFEST.MF"
_LINE = 72
# The earliest time of the zip format, which has no time zones.
_TIME = (1980, 1, 1, 0, 0, 0)
# Manifests, signatures and indexes of merged jars, which do not hold for the result.
_NOT_MERGED = (".SF", ".RSA", ".DSA", ".EC", "MANIFEST.MF", "INDEX.LIST")


def java(argv: Sequence[str]) -> None:
    """`compile java`: a jar, from sources, other jars and further files."""
    parser = process.parser("java", "Compiles Java and writes a jar.")
    parser.add_argument(
        "--release", required=True, help="oldest version of Java that runs the program"
    )
    parser.add_argument("--main-class", required=True)
    parser.add_argument("--jar", action="append", default=[], help="a jar to merge")
    parser.add_argument(
        "--class-path", action="append", default=[], help="a jar to compile against only"
    )
    parser.add_argument(
        "--resource",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "FILE"),
        help="a further file, and its name in the jar",
    )
    parser.add_argument("sources", nargs="+")
    flags = parser.parse_args(argv)
    process.check_compiler(flags.compiler, "javac", flags.package)
    jars = [*flags.jar, *flags.class_path]
    with process.scratch() as scratch:
        classes = os.path.join(scratch, "classes")
        process.run(
            [
                flags.compiler,
                "-J-XX:-UsePerfData",
                "-encoding",
                "UTF-8",
                "-proc:none",
                "-Xlint:all",
                "-Werror",
                f"--release={flags.release}",
                *(["--class-path", ":".join(jars)] if jars else []),
                "-d",
                classes,
                *flags.sources,
            ],
            scratch,
        )
        files = dict(_classes(classes))
    for jar in flags.jar:
        for name, content in _members(jar):
            _add(files, name, content, jar)
    for name, path in flags.resource:
        with open(path, "rb") as source:
            _add(files, name, source.read(), path)
    _write_jar(flags.output, flags.main_class, files)


def _add(files: dict[str, bytes], name: str, content: bytes, source: str) -> None:
    if files.setdefault(name, content) != content:
        raise ToolError(f"{source}: duplicate entry {name}, which differs from the first")


def _classes(directory: str) -> Iterator[tuple[str, bytes]]:
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as source:
                yield os.path.relpath(path, directory), source.read()


def _members(jar: str) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(jar) as source:
            for info in source.infolist():
                # Each jar may be a module, but the merged jar is not.
                merged = not info.filename.endswith((*_NOT_MERGED, "module-info.class"))
                if merged and not info.is_dir():
                    yield info.filename, source.read(info)
    except zipfile.BadZipFile as error:
        raise ToolError(f"{jar}: not a jar: {error}") from None


def manifest(main_class: str) -> bytes:
    """The manifest of a jar. Its lines have at most 72 bytes (JAR file specification)."""
    line = f"Main-Class: {main_class}".encode()
    lines = [
        line[:_LINE],
        *(b" " + line[at : at + _LINE - 1] for at in range(_LINE, len(line), _LINE - 1)),
    ]
    return b"\r\n".join([b"Manifest-Version: 1.0", *lines, b"", b""])


def _write_jar(path: str, main_class: str, files: dict[str, bytes]) -> None:
    with atomic_write(path) as out, zipfile.ZipFile(out, "w") as jar:
        # The manifest comes first, as jar(1) writes it. Entries are not compressed: the output of
        # zlib differs between versions, and layers are compressed anyway.
        for name, content in [(_MANIFEST, manifest(main_class)), *sorted(files.items())]:
            info = zipfile.ZipInfo(name, _TIME)
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            jar.writestr(info, content)
