"""Reads Debian's package ca-certificates."""

from __future__ import annotations

import io
import lzma
import re
import tarfile
import zlib
from collections.abc import Mapping
from typing import NamedTuple

from debian.arfile import ArError
from debian.debfile import DebError, DebFile

from tools.ca_bundle.bundle import COPYRIGHT, PACKAGE, SOURCES
from tools.lib.errors import ToolError
from tools.lib.part import Package

# The package's certificates are 0.2 MB; nothing in it may be much larger.
_MOST = 1 << 24

_DAMAGE = (
    *(ArError, DebError, tarfile.TarError, lzma.LZMAError, zlib.error),
    *(EOFError, KeyError, OSError, ValueError),
)


class CaPackage(NamedTuple):
    """What a bundle takes from the package.

    `certificates` is path to PEM, `mtime` the newest time among them, `stanza` the control file.
    """

    package: Package
    stanza: bytes
    copyright_file: bytes
    certificates: Mapping[str, bytes]
    mtime: int


def read(path: str) -> CaPackage:
    """Reads the .deb at `path`.

    Raises:
        ToolError: it is no .deb, another package, or has no certificates.
    """
    with open(path, "rb") as source:
        data = source.read()
    try:
        with DebFile(fileobj=io.BytesIO(data)) as deb:
            stanza = deb.control.get_content("control", encoding="utf-8")
            found = {
                name: (_content(deb.data.tgz(), member), int(member.mtime))
                for member in deb.data.tgz()
                if member.isreg() and _is_wanted(name := member.name.removeprefix("./"))
            }
    except _DAMAGE as error:
        raise ToolError(f"{path}: not a whole .deb: {error}") from None
    package = _package(path, stanza or "")
    if package.name != PACKAGE:
        raise ToolError(f"{path}: the package {package.name}", f"give that of {PACKAGE}")
    copyright_file, _ = found.pop(COPYRIGHT, (b"", 0))
    if not copyright_file:
        raise ToolError(f"{path}: has no {COPYRIGHT}")
    if not found:
        raise ToolError(f"{path}: has no {SOURCES}*.crt")
    return CaPackage(
        package,
        (stanza or "").encode(),
        copyright_file,
        {name: data for name, (data, _) in found.items()},
        max(mtime for _, mtime in found.values()),
    )


def _is_wanted(name: str) -> bool:
    return name == COPYRIGHT or (name.startswith(SOURCES) and name.endswith(".crt"))


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    if member.size > _MOST:
        raise ValueError(f"{member.name} has {member.size} bytes")
    source = archive.extractfile(member)
    return source.read() if source else b""


def _package(path: str, stanza: str) -> Package:
    fields: dict[str, str] = dict(re.findall(r"(?m)^([A-Za-z-]+):[ \t]*(.*?)[ \t]*$", stanza))
    for key in ("Package", "Version", "Architecture"):
        if not fields.get(key):
            raise ToolError(f"{path}: control: has no {key}")
    source = fields.get("Source", fields["Package"]).partition(" ")[0]
    return Package(fields["Package"], fields["Version"], fields["Architecture"], source)
