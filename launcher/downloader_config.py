"""Tells Bazel's downloader about a mirror (--experimental_downloader_config).

Standard library only.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping

from tools.lib.cli.files import atomic_write
from tools.lib.debian.mirror import SNAPSHOT, archive_base

_MAIN = "debian"
_ARCHIVES = (_MAIN, "debian-security")


def mirror_url(archive: str, environment: Mapping[str, str], apt: list[str]) -> str:
    """The URL above `dists/` and `pool/` of an archive on this machine's mirror.

    Args:
        archive: its name on snapshot.debian.org.
        environment: DISTROLESS_MIRROR is used.
        apt: the URLs of apt's sources.

    Returns:
        A URL without a final slash; empty if no mirror is configured.
    """
    base = archive_base(archive, environment, apt, datetime.datetime.now(datetime.UTC))
    if not base.startswith(SNAPSHOT):
        return base
    if archive != _MAIN and (main := mirror_url(_MAIN, environment, apt)):
        # Most mirrors have all archives side by side. If not, Bazel tries the next URL.
        return f"{main.removesuffix(_MAIN)}{archive}"
    return ""


def rewrite_rules(environment: Mapping[str, str], apt: list[str]) -> str:
    """Rules that make Bazel try the mirror first, then snapshot.debian.org.

    Args:
        environment: as for `mirror_url`.
        apt: as for `mirror_url`.

    Returns:
        Lines of a downloader config; empty if no mirror is configured.
    """
    lines = []
    for archive in _ARCHIVES:
        if base := mirror_url(archive, environment, apt):
            lines.append(f"rewrite snapshot\\.debian\\.org/archive/{archive}/[^/]+/(.*) {base}/$1")
    if lines:
        lines.append("rewrite (snapshot\\.debian\\.org/.*) $1")
    return "".join(f"{line}\n" for line in lines)


def write_bazelrc(path: str, environment: Mapping[str, str], apt: list[str]) -> None:
    """Writes a bazelrc, and the downloader config that it names.

    Args:
        path: the bazelrc; the config has the same name with the suffix `.downloader`.
        environment: as for `mirror_url`.
        apt: as for `mirror_url`.
    """
    rules = rewrite_rules(environment, apt)
    config = os.path.splitext(path)[0] + ".downloader"
    with atomic_write(config) as out:
        out.write(rules.encode())
    with atomic_write(path) as out:
        if rules:
            out.write(f'common "--experimental_downloader_config={config}"\n'.encode())
