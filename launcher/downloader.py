"""Bazel's downloader told of a mirror (--experimental_downloader_config). Standard library only."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping

from tools.lib.cli.files import atomic_write
from tools.lib.debian.mirror import SNAPSHOT, archive_base

_MAIN = "debian"
_ARCHIVES = (_MAIN, "debian-security")


def mirror(archive: str, environment: Mapping[str, str], apt: list[str]) -> str:
    """The URL above `dists/` and `pool/` on this machine's mirror of an archive; empty: no mirror.

    Args:
        archive: snapshot.debian.org's name of it.
        environment: DISTROLESS_MIRROR counts.
        apt: URLs of apt's sources.
    """
    base = archive_base(archive, environment, apt, datetime.datetime.now(datetime.UTC))
    if not base.startswith(SNAPSHOT):
        return base
    if archive != _MAIN and (main := mirror(_MAIN, environment, apt)):
        # Most have it beside; where not, the next source is asked.
        return f"{main.removesuffix(_MAIN)}{archive}"
    return ""


def rewrites(environment: Mapping[str, str], apt: list[str]) -> str:
    """Lines that try a mirror first and snapshot.debian.org second; empty where there is no mirror.

    Args:
        environment, apt: as for `mirror`.
    """
    lines = []
    for archive in _ARCHIVES:
        if base := mirror(archive, environment, apt):
            lines.append(f"rewrite snapshot\\.debian\\.org/archive/{archive}/[^/]+/(.*) {base}/$1")
    if lines:
        lines.append("rewrite (snapshot\\.debian\\.org/.*) $1")
    return "".join(f"{line}\n" for line in lines)


def write(bazelrc: str, environment: Mapping[str, str], apt: list[str]) -> None:
    """Writes a bazelrc, and beside it the file of rewrites that it names, if there is a mirror."""
    text = rewrites(environment, apt)
    config = os.path.splitext(bazelrc)[0] + ".downloader"
    with atomic_write(config) as out:
        out.write(text.encode())
    with atomic_write(bazelrc) as out:
        if text:
            out.write(f'common "--experimental_downloader_config={config}"\n'.encode())
