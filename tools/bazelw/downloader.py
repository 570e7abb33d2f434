"""Bazel's downloader told of a mirror (--experimental_downloader_config). Standard library only."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping

from tools.lib.files import atomic_write
from tools.lock.mirror import SNAPSHOT, archive_base

_ARCHIVES = ("debian", "debian-security")


def rewrites(environment: Mapping[str, str], apt: list[str]) -> str:
    """Lines that try a mirror first and snapshot.debian.org second; empty where there is no mirror.

    Args:
        environment: DISTROLESS_MIRROR counts.
        apt: URLs of apt's sources.
    """
    lines = []
    for archive in _ARCHIVES:
        now = datetime.datetime.now(datetime.UTC)
        base = archive_base(archive, environment, apt, now)
        if not base.startswith(SNAPSHOT):
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
