"""Where to read Debian's archives: this machine's settings, which no manifest contains."""

from __future__ import annotations

import datetime
import glob
import re
from collections.abc import Mapping
from urllib.parse import quote

from tools.lib.cli.errors import ToolError
from tools.lib.debian.urls import parse_url, redact_url

SNAPSHOT = "https://snapshot.debian.org/archive"
# Where https://snapshot.ubuntu.com has the archive of this name.
UBUNTU = "ubuntu"
_UBUNTU_SNAPSHOT = "https://snapshot.ubuntu.com"
_STAMP = "%Y%m%dT%H%M%SZ"
_SNAPSHOT_URL = re.compile(
    rf"((?:{re.escape(SNAPSHOT)}|{re.escape(_UBUNTU_SNAPSHOT)})/([^/]+)/)[0-9]{{8}}T[0-9]{{6}}Z/(.*)"
)
_DISABLED = re.compile(
    r"^Enabled:\s*(no|false|without|off|disable)\s*$", re.IGNORECASE | re.MULTILINE
)
# From the date of a Release file until a snapshot has its packages: snapshots are taken every six
# hours, and point releases are dated some hours before they are published. Files that a later
# release replaces stay in the pool for longer.
_MARGIN = datetime.timedelta(hours=12)


def archive_base(
    archive: str, environment: Mapping[str, str], apt: list[str], now: datetime.datetime
) -> str:
    """The URL above `dists/` and `pool/` of an archive.

    The machine's settings may give it a user and a password: see `urls` before printing it.

    Args:
        archive: snapshot.debian.org's name of it: debian, debian-security, ...; or ubuntu.
        environment: its DISTROLESS_MIRROR is the URL above the archives.
        apt: the URLs of apt's sources, of which the first that ends in the archive's name is taken.
        now: the time; a server of snapshots takes the last one before it.

    Raises:
        ToolError: DISTROLESS_MIRROR is not a URL.
    """
    mirror = environment.get("DISTROLESS_MIRROR", "").rstrip("/").removesuffix("/debian")
    if mirror:
        try:
            is_http = parse_url(mirror).scheme in ("http", "https")
        except ValueError:
            is_http = False
        if not is_http or "?" in mirror or "#" in mirror:
            raise ToolError(
                f"DISTROLESS_MIRROR: invalid URL {redact_url(mirror)!r:.200}",
                "write http://mirror.example.com, with debian/ and debian-security/ below it",
            )
        return f"{mirror}/{archive}"
    for uri in apt:
        if uri.endswith(f"/{archive}"):
            return uri
    return f"{_snapshots(archive)}/{archive}/{now.strftime(_STAMP)}"


def _snapshots(archive: str) -> str:
    return _UBUNTU_SNAPSHOT if archive == UBUNTU else SNAPSHOT


def apt_uris(etc: str = "/etc/apt") -> list[str]:
    """The http(s) URLs of apt's sources, in order, without a final slash; see sources.list(5)."""
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


def snapshot_url(archive: str, release: datetime.datetime) -> str:
    """The URL above `pool/` that keeps the packages of a release made at the time `release`."""
    hour = datetime.timedelta(hours=1)
    at = release.astimezone(datetime.UTC) + _MARGIN + hour - datetime.timedelta(microseconds=1)
    at = at.replace(minute=0, second=0, microsecond=0)
    return f"{_snapshots(archive)}/{archive}/{at.strftime(_STAMP)}"


def pool_url(base: str, path: str) -> str:
    """The URL of a file in the pool; + and ~, which occur in versions, are not quoted."""
    return f"{base}/{quote(path.removeprefix('./'), safe='/+~:=@,!')}"


def without_snapshot_time(url: str) -> str:
    """A snapshot URL without the time in it; any other URL as it is."""
    return _SNAPSHOT_URL.sub(r"\1\3", url)


def split_snapshot_url(url: str) -> tuple[str, str] | None:
    """The archive and the path in it of a snapshot URL; None for any other URL."""
    match = _SNAPSHOT_URL.fullmatch(url)
    return (match[2], match[3]) if match else None


def is_snapshot_of(url: str, archive: str) -> bool:
    """Whether a URL is of a snapshot of an archive."""
    return url.startswith(f"{_snapshots(archive)}/{archive}/")
