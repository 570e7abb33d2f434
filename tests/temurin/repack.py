"""repack: turns Debian's JRE into a package like those of Temurin.

Names in its control archive do not begin with `./`. All files, configuration included, are in one
directory. The trust store is a link to the one of adoptium-ca-certificates. Libraries for X11
displays, which Debian ships in another package, are included.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator, Sequence

from tools.lib.archive import decompress
from tools.lib.cli.files import atomic_write
from tools.lib.cli.flags import Parser
from tools.lib.debian.deb import MemberStream, read_deb
from tools.lib.debian.testing import PackedEntry, deb, directory, file, md5sums
from tools.lib.elf.testing import shared_library

CONTROL = """\
Package: {name}
Version: {version}
Architecture: {architecture}
Maintainer: Nobody <nobody@example.com>
Depends: adoptium-ca-certificates, java-common, libc6
Provides: java-runtime-headless
Section: java
Description: a JRE of the shape of Temurin's, made for a test
"""


def main(argv: Sequence[str]) -> int:
    parser = Parser("repack", "Turns Debian's JRE into a package like those of Temurin.")
    parser.add_argument("--deb", required=True, help="Debian's openjdk-*-jre-headless")
    parser.add_argument("--java", required=True, help="Java's version, such as 21")
    parser.add_argument("--version", required=True, help="version of the package to make")
    parser.add_argument("--architecture", required=True, help="Debian's name")
    parser.add_argument("--output", required=True)
    args = parser.parse_args(argv)
    name = f"temurin-{args.java}-jre"
    files = entries(
        unpacked(args.deb),
        old=f"usr/lib/jvm/java-{args.java}-openjdk-{args.architecture}",
        new=f"usr/lib/jvm/{name}-{args.architecture}",
    )
    control = CONTROL.format(name=name, version=args.version, architecture=args.architecture)
    sums = md5sums(*files)
    with atomic_write(args.output) as out:
        out.write(deb(*files, control=control.encode(), sums=sums, suffix=".zst", prefix=""))
    return 0


def unpacked(path: str) -> dict[str, PackedEntry]:
    """The entries of a package by their paths, without slashes at the ends."""
    with open(path, "rb") as source:
        package = read_deb(source, os.path.getsize(path))
        chunks = decompress.chunks(MemberStream(source, package.data), package.data_suffix)
        data = io.BytesIO(b"".join(chunks))
    with tarfile.open(fileobj=data) as archive:
        found = {}
        for info in archive:
            content = archive.extractfile(info) if info.isreg() else None
            path = info.name.removeprefix("./")
            found[path] = PackedEntry(info, content.read() if content else b"")
        return found


def entries(debian: dict[str, PackedEntry], old: str, new: str) -> list[PackedEntry]:
    """The entries below `old`, moved below `new`. Files replace links into /etc."""
    parents = [f"./{new[: index + 1]}" for index, letter in enumerate(new) if letter == "/"]
    result = [directory("./"), *(directory(parent) for parent in parents)]
    for path, (info, data) in _below(debian, old):
        if path == "docs" or path.startswith("man/"):
            continue
        info.name = f"./{new}/{path}".rstrip("/")
        if path == "lib/security/cacerts":
            info.linkname = "/etc/ssl/certs/adoptium/cacerts"
        elif info.issym() and info.linkname.startswith("/etc/"):
            data = debian[info.linkname[1:]].data
            info.type, info.size = tarfile.REGTYPE, len(data)
            info.mode = 0o644
        result.append(PackedEntry(info, data))
    for name in ("libawt_xawt.so", "libsplashscreen.so"):
        result.append(file(f"./{new}/lib/{name}", shared_library(name, needed="libX11.so.6")))
    return result


def _below(debian: dict[str, PackedEntry], directory: str) -> Iterator[tuple[str, PackedEntry]]:
    for path, entry in debian.items():
        if path == directory or path.startswith(f"{directory}/"):
            yield path[len(directory) + 1 :], entry
