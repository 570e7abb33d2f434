"""Reads Debian's package ca-certificates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tools.ca_bundle.bundle import COPYRIGHT, PACKAGE, SOURCES
from tools.deb.unpack import unpacked
from tools.lib.archive import tar_reader as tar
from tools.lib.cli.errors import ToolError
from tools.lib.debian.package import BinaryPackage


class CaPackage(NamedTuple):
    """What a bundle takes from the package.

    `certificates` is path to PEM, `mtime` the newest time among them, `stanza` the control file.
    """

    package: BinaryPackage
    stanza: bytes
    copyright_file: bytes
    certificates: Mapping[str, bytes]
    mtime: int


def read(path: str, beside: str) -> CaPackage:
    """Reads the .deb at `path`; what it unpacks to is put `beside` an output, and is gone then.

    Raises:
        ToolError: it is no .deb, another package, or has no certificates.
    """
    with unpacked(path, beside) as (deb, members, read_at):
        package = deb.control.package
        if package.name != PACKAGE:
            raise ToolError(f"the package {package.name}", f"give that of {PACKAGE}")
        found = {
            entry.path: (b"".join(tar.content(member, read_at)), entry.mtime)
            for member in members
            if (entry := member.entry).type == "file" and _is_wanted(entry.path)
        }
        copyright_file, _ = found.pop(COPYRIGHT, (b"", 0))
        if not copyright_file:
            raise ToolError(f"has no {COPYRIGHT}")
        if not found:
            raise ToolError(f"has no {SOURCES}*.crt")
        return CaPackage(
            package,
            deb.control.paragraph,
            copyright_file,
            {name: data for name, (data, _) in found.items()},
            max(mtime for _, mtime in found.values()),
        )


def _is_wanted(name: str) -> bool:
    return name == COPYRIGHT or (name.startswith(SOURCES) and name.endswith(".crt"))
