"""Which vulnerabilities a new version fixes, as Debian's security tracker says.

The tracker's JSON (https://security-tracker.debian.org/tracker/data/json) is an object of 60 MB:

    {"openssl": {"CVE-2026-1": {"releases": {"bookworm": {
        "status": "resolved", "fixed_version": "3.0.17-1~deb12u3", ...}}, ...}, ...}, ...}

Its keys are source packages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import require_object, require_string
from tools.lib.debian.names import Version
from tools.lib.debian.relations import compare_versions
from tools.lib.download.download import Downloader
from tools.lib.updates.change import Change

TRACKER = "https://security-tracker.debian.org/tracker/data/json"

_MAX_DOCUMENT = 512 << 20
_HINT = "--tracker names another URL"
_BLANKS = re.compile(r"[ \t\r\n]*")
_COLON = re.compile(r"[ \t\r\n]*:[ \t\r\n]*")
# .../pool/main/o/openssl/libssl3_3.0.17-1_amd64.deb, .../pool/updates/main/o/openssl/...
_POOL = re.compile(r"/pool/(?:updates/)?[^/]+/(?:lib)?[a-z0-9]/([^/]+)/[^/]+\.deb")
# A rebuild without a change of the source.
_REBUILD = re.compile(r"\+b[0-9]+$")
_CVE = re.compile(r"CVE-([0-9]+)-([0-9]+)")

Fixed = Mapping[str, Mapping[str, Mapping[str, Version]]]
"""By source package, CVE and release, the version that fixes it."""


def fetch_fixed(url: str, downloader: Downloader, sources: Collection[str]) -> Fixed:
    """What the tracker says about source packages.

    Args:
        url: of the tracker's JSON.
        downloader: downloads it.
        sources: the names of the source packages.

    Raises:
        DownloadError: the tracker does not answer.
        ToolError: the answer is malformed.
    """
    return parse_tracker(downloader.get(url, _MAX_DOCUMENT), url, sources)


def parse_tracker(data: bytes, where: str, sources: Collection[str]) -> Fixed:
    """Reads the tracker's JSON; see fetch_fixed."""
    try:
        return {
            name: _fixed(require_object(value, f"{where}: {name}"), f"{where}: {name}")
            for name, value in _members(data.decode())
            if name in sources
        }
    except (ValueError, RecursionError):
        raise ToolError(f"{where}: not the JSON of Debian's security tracker", _HINT) from None


def _members(text: str) -> Iterator[tuple[str, object]]:
    """The members of the outermost object, one at a time: all at once would take 1 GB."""
    decoder = json.JSONDecoder()
    at = _skip(text, 0)
    separator = "{"
    while True:
        if text[at : at + 1] != separator:
            raise ValueError(separator)
        at = _skip(text, at + 1)
        if separator == "{" and text[at : at + 1] == "}":
            return
        key, at = decoder.raw_decode(text, at)
        colon = _COLON.match(text, at)
        if not colon or not isinstance(key, str):
            raise ValueError(":")
        value, at = decoder.raw_decode(text, colon.end())
        yield key, value
        at = _skip(text, at)
        if text[at : at + 1] == "}":
            return
        separator = ","


def _skip(text: str, at: int) -> int:
    """Where the next token begins."""
    match = _BLANKS.match(text, at)
    return match.end() if match else at


def _fixed(package: Mapping[str, object], where: str) -> dict[str, dict[str, Version]]:
    fixed: dict[str, dict[str, Version]] = {}
    for cve, item in package.items():
        place = f"{where}: {cve}"
        releases = require_object(require_object(item, place).get("releases"), f"{place}.releases")
        for release, value in releases.items():
            fields = require_object(value, f"{place}.releases.{release}")
            version = require_string(fields.get("fixed_version", ""), f"{place}.releases.{release}")
            # Version 0: the release never had the fault.
            if fields.get("status") == "resolved" and version not in ("", "0"):
                fixed.setdefault(cve, {})[release] = Version(version)
    return fixed


def source_of(url: str) -> str:
    """The source package of a file in a pool; empty if the URL is not that of one."""
    match = _POOL.search(url)
    return match[1] if match else ""


def with_cves(changes: Sequence[Change], releases: Mapping[str, str], fixed: Fixed) -> list[Change]:
    """The changes, with the vulnerabilities that they fix.

    A package's version is taken for that of its source. The few packages with a version of their
    own, such as gcc of gcc-defaults, have no entries in the tracker.

    Args:
        changes: the changes.
        releases: by lock, the codename of its release.
        fixed: what the tracker says.
    """
    return [
        replace(change, cves=_cves(change, releases.get(change.lock, ""), fixed))
        for change in changes
    ]


def _cves(change: Change, release: str, fixed: Fixed) -> tuple[str, ...]:
    if not (release and change.old and change.new):
        return ()
    old, new = (Version(_REBUILD.sub("", text)) for text in (change.old, change.new))
    found = [
        cve
        for cve, versions in fixed.get(source_of(change.url), {}).items()
        if release in versions
        and compare_versions(old, versions[release]) < 0 <= compare_versions(new, versions[release])
    ]
    return tuple(sorted(found, key=_by_number))


def _by_number(cve: str) -> tuple[int, int, str]:
    match = _CVE.fullmatch(cve)
    return (int(match[1]), int(match[2]), "") if match else (0, 0, cve)
