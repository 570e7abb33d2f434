"""Tells Bazel's downloader about a mirror (--experimental_downloader_config).

Standard library only.
"""

from __future__ import annotations

import datetime
import os
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass

from launcher.network import split_userinfo
from tools.lib.cli.errors import ToolError
from tools.lib.cli.files import atomic_writes
from tools.lib.debian.mirror import SNAPSHOT, archive_base

_MAIN = "debian"
_ARCHIVES = (_MAIN, "debian-security")
_ONLY_OWNER = 0o600


@dataclass(frozen=True, slots=True)
class DownloaderConfig:
    """What Bazel is told. The rules have no passwords, because Bazel prints URLs in its errors.

    Attributes:
        rules: lines of a downloader config; empty without a mirror.
        netrc: lines of a netrc file; empty if the mirror needs no password.
    """

    rules: str
    netrc: str


def mirror_url(archive: str, environment: Mapping[str, str], apt: list[str]) -> str:
    """The URL above `dists/` and `pool/` of an archive on this machine's mirror.

    Args:
        archive: its name on snapshot.debian.org.
        environment: DISTROLESS_MIRROR is used.
        apt: the URLs of apt's sources.

    Returns:
        A URL without a final slash, perhaps with userinfo; empty if no mirror is configured.
    """
    try:
        base = archive_base(archive, environment, apt, datetime.datetime.now(datetime.UTC))
        split_userinfo(base)
    except (ToolError, ValueError):
        # The value may have a password.
        raise ToolError(
            "DISTROLESS_MIRROR: not an http or https URL",
            "set it to a URL such as http://mirror.example.com, with debian/ below it",
        ) from None
    if not base.startswith(SNAPSHOT):
        return base
    if archive != _MAIN and (main := mirror_url(_MAIN, environment, apt)):
        # Most mirrors have all archives side by side. If not, Bazel tries the next URL.
        return f"{main.removesuffix(_MAIN)}{archive}"
    return ""


def downloader_config(environment: Mapping[str, str], apt: list[str]) -> DownloaderConfig:
    """The rules that make Bazel try the mirror first, then snapshot.debian.org.

    Args:
        environment: as for `mirror_url`.
        apt: as for `mirror_url`.
    """
    rules = []
    logins = {}
    for archive in _ARCHIVES:
        if not (mirror := mirror_url(archive, environment, apt)):
            continue
        url, user, password = split_userinfo(mirror)
        rules.append(f"rewrite snapshot\\.debian\\.org/archive/{archive}/[^/]+/(.*) {url}/$1")
        if user or password:
            if len(f"{user} {password}".split()) != 2:
                raise ToolError(
                    f"{url}: user and password must not be empty or have spaces",
                    "change them in DISTROLESS_MIRROR or apt's sources",
                )
            logins[urllib.parse.urlsplit(url).hostname] = f"login {user} password {password}"
    if rules:
        rules.append("rewrite (snapshot\\.debian\\.org/.*) $1")
    return DownloaderConfig(
        "".join(f"{rule}\n" for rule in rules),
        "".join(f"machine {host} {login}\n" for host, login in logins.items()),
    )


def write_bazelrc(path: str, config: DownloaderConfig, netrc: str) -> None:
    """Writes a bazelrc, and the files that belong to it.

    Args:
        path: the bazelrc. With the suffix `.downloader`, it is the path of the rules. With the
            suffix `.netrc`, it is that of a netrc file, if the mirror needs a password.
        config: what Bazel is told.
        netrc: the content of the user's netrc file, to keep in the new one.
    """
    stem = os.path.splitext(path)[0]
    files = {}
    if config.netrc:
        # Bazel takes the last entry of a host. An empty line ends a macro.
        files[f"{stem}.netrc"] = f"{netrc}\n\n{config.netrc}"
    files[f"{stem}.downloader"] = config.rules
    flag = f'common "--experimental_downloader_config={stem}.downloader"\n'
    files[path] = flag if config.rules else ""
    with atomic_writes(list(files), _ONLY_OWNER) as outs:
        for out, text in zip(outs, files.values(), strict=True):
            out.write(text.encode("utf-8", "surrogateescape"))
