"""Release archives for tests, in the forms that the sources have, made in memory.

Releases that only nodejs.org has, such as those for s390x, are tested with these.
"""

from __future__ import annotations

import gzip
import struct
import tarfile

from tools.lib.debian.architectures import find_architecture
from tools.lib.debian.testing import PackedEntry, directory, file, symlink, tar

TEXT = b"Node.js is licensed for use as follows:\n"


def program(architecture: str = "amd64", content: bytes = b"node") -> bytes:
    """An ELF file for OCI's `architecture`: a header, an interpreter, and `content`."""
    known = find_architecture(architecture)
    order, bits = "<" if known.machine.byte_order == "little" else ">", known.machine.bits
    ident = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1]) + bytes(9)
    loader = known.loader.encode() + b"\0"
    size, step = (64, 56) if bits == 64 else (52, 32)
    at, length = size + step, len(loader)
    word = "Q" if bits == 64 else "I"
    header = struct.pack(
        f"{order}HHI{word}{word}{word}IHHHHHH",
        *(2, known.machine.number, 1, 0, size, 0, 0, size, step, 1, 0, 0, 0),
    )
    if bits == 64:
        segment = struct.pack(f"{order}IIQQQQQQ", 3, 4, at, 0, 0, length, length, 1)
    else:
        segment = struct.pack(f"{order}IIIIIIII", 3, at, 0, 0, length, length, 4, 1)
    return ident + header + segment + loader + content


def nodejs_org(prefix: str, node: bytes, text: bytes = TEXT) -> list[PackedEntry]:
    """The entries of an archive of nodejs.org, abridged."""
    return [
        directory(f"{prefix}/"),
        directory(f"{prefix}/bin/"),
        symlink(f"{prefix}/bin/npm", "../lib/node_modules/npm/bin/npm-cli.js"),
        file(f"{prefix}/bin/node", node, 0o755),
        directory(f"{prefix}/include/"),
        file(f"{prefix}/include/node/node.h", b"#define NODE\n"),
        file(f"{prefix}/lib/node_modules/npm/bin/npm-cli.js", b"#!/usr/bin/env node\n", 0o755),
        file(f"{prefix}/share/man/man1/node.1", b"manual"),
        file(f"{prefix}/CHANGELOG.md", b"changes"),
        file(f"{prefix}/LICENSE", text),
        file(f"{prefix}/README.md", b"readme"),
    ]


def npm(node: bytes, text: bytes = TEXT) -> list[PackedEntry]:
    """The entries of a package of the npm registry: no directories, times of 1985."""
    entries = [
        file("package/LICENSE", text),
        file("package/bin/node", node, 0o755),
        file("package/include/node/node.h", b"#define NODE\n"),
        file("package/package.json", b"{}"),
    ]
    for info, _ in entries:
        info.mtime, info.uname, info.gname = 499162500, "", ""
    return entries


def packed(*entries: PackedEntry) -> bytes:
    """An archive of the entries, compressed by gzip."""
    return gzip.compress(tar(*entries, format=tarfile.PAX_FORMAT), mtime=0)
