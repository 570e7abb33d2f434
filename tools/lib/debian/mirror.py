"""Where Debian's archives are read from: configuration of the machine, never of a manifest."""

from __future__ import annotations

import datetime
import glob
import re
from collections.abc import Mapping
from urllib.parse import quote

from tools.lib.cli.errors import ToolError

SNAPSHOT = "https://snapshot.debian.org/archive"
_STAMP = "%Y%m%dT%H%M%SZ"
_DISABLED = re.compile(
    r"^Enabled:\s*(no|false|without|off|disable)\s*$", re.IGNORECASE | re.MULTILINE
)
# From the date of a Release file until a snapshot surely has its packages: snapshots are taken
# every six hours, and point releases are dated some hours before they are published. What a later
# release has replaced stays in the pool for longer than that.
_MARGIN = datetime.timedelta(hours=12)


def archive_base(
    archive: str, environment: Mapping[str, str], apt: list[str], now: datetime.datetime
) -> str:
    """The URL above `dists/` and `pool/` of an archive.

    Args:
        archive: snapshot.debian.org's name of it: debian, debian-security, ...
        environment: DISTROLESS_MIRROR is the URL above the archives.
        apt: URLs of apt's sources; one that ends in the archive's name is taken.
        now: the time; snapshot.debian.org redirects to its last snapshot.

    Raises:
        ToolError: DISTROLESS_MIRROR is no URL.
    """
    mirror = environment.get("DISTROLESS_MIRROR", "").rstrip("/").removesuffix("/debian")
    if mirror:
        if not re.match(r"https?://[^/]", mirror):
            raise ToolError(
                f"DISTROLESS_MIRROR: {mirror} is no http(s) URL",
                "such as http://mirror.example.com, with debian/ and debian-security/ below it",
            )
        return f"{mirror}/{archive}"
    for uri in apt:
        if uri.endswith(f"/{archive}"):
            return uri
    return f"{SNAPSHOT}/{archive}/{now.strftime(_STAMP)}"


def apt_uris(etc: str = "/etc/apt") -> list[str]:
    """The http(s) URLs of apt's sources (sources.list(5)), in order, without a final slash."""
    found = []
    for pattern in ("sources.list", "sources.list.d/*.list", "sources.list.d/*.sources"):
        for path in sorted(glob.glob(f"{etc}/{pattern}")):
            try:
                with open(path, encoding="utf-8", errors="replace") as source:
                    text = source.read()
            except OSError:
                continue
            lines = [line for line in text.split("\n") if not line.lstrip().startswith("#")]
            stanzas = re.split(r"\n\s*\n", "\n".join(lines))
            for stanza in stanzas if path.endswith(".sources") else ["\n".join(lines)]:
                if not _DISABLED.search(stanza):
                    found += re.findall(r"https?://[^\s\]]+", stanza)
    return list(dict.fromkeys(uri.rstrip("/") for uri in found))


def snapshot_base(archive: str, release: datetime.datetime) -> str:
    """The URL above `pool/` at which the packages of a release stay available."""
    hour = datetime.timedelta(hours=1)
    at = release.astimezone(datetime.UTC) + _MARGIN + hour - datetime.timedelta(microseconds=1)
    at = at.replace(minute=0, second=0, microsecond=0)
    return f"{SNAPSHOT}/{archive}/{at.strftime(_STAMP)}"


def join(base: str, path: str) -> str:
    """A URL of the pool; characters of versions such as + and ~ stand as they are."""
    return f"{base}/{quote(path.removeprefix('./'), safe='/+~:=@,!')}"


def without_stamp(url: str) -> str:
    """A URL less the time of its snapshot; what is no snapshot's is returned as it is."""
    return re.sub(rf"^({re.escape(SNAPSHOT)}/[^/]+/)[0-9]{{8}}T[0-9]{{6}}Z/", r"\1", url)
