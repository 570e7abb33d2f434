"""Reads Debian's package ca-certificates, from which trust stores are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tools.lib.archive import tar_reader
from tools.lib.cli.errors import ToolError
from tools.lib.debian.control import Control
from tools.lib.debian.unpack import unpack_deb

_PACKAGE = "ca-certificates"
# What the package enables by default: all of Mozilla's. Debian's own images have the same.
_CERTIFICATES = "usr/share/ca-certificates/mozilla/"
COPYRIGHT = f"usr/share/doc/{_PACKAGE}/copyright"


@dataclass(frozen=True, slots=True)
class CaCertificates:
    """What trust stores need of the package.

    `certificates` is the content of each PEM file by its path, `mtime` the newest time among them
    in seconds since 1970.
    """

    control: Control
    copyright_file: bytes
    certificates: Mapping[str, bytes]
    mtime: int


def read_ca_certificates(path: str, output: str) -> CaCertificates:
    """Reads the package.

    Args:
        path: the .deb.
        output: the path of an output; the scratch file is on the same file system.

    Raises:
        ToolError: the file is not a .deb, is another package, or has no certificates.
    """
    with unpack_deb(path, output) as package:
        name = package.deb.control.package.name
        if name != _PACKAGE:
            raise ToolError(
                f"unexpected package {name}", f"set `deb` to Debian's package {_PACKAGE}"
            )
        files: dict[str, bytes] = {}
        mtimes: list[int] = []
        copyright_file = b""
        for member in package.members:
            entry = member.entry
            is_certificate = entry.path.startswith(_CERTIFICATES) and entry.path.endswith(".crt")
            if entry.type != "file" or not (is_certificate or entry.path == COPYRIGHT):
                continue
            content = b"".join(tar_reader.content(member, package.read_at))
            if is_certificate:
                files[entry.path] = content
                mtimes.append(entry.mtime)
            else:
                copyright_file = content
        if not copyright_file:
            raise ToolError(f"missing file {COPYRIGHT}")
        if not files:
            raise ToolError(f"missing files {_CERTIFICATES}*.crt")
        return CaCertificates(package.deb.control, copyright_file, files, max(mtimes))
