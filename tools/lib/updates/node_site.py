"""The releases of Node.js on nodejs.org, verified by the release team's signatures."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    parse_object,
    require_list,
    require_object,
    require_string,
    require_strings,
)
from tools.lib.download.download import Downloader
from tools.lib.openpgp.openpgp import Keyring, verify_clearsigned

SITE = "https://nodejs.org/dist"
NodeVersion = tuple[int, ...]

_MAX_INDEX = 16 << 20
_MAX_SUMS = 1 << 20
_MAX_ARCHIVE = 256 << 20
_VERSION = re.compile(r"v?([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,4})")
_SUM = re.compile(r"([0-9a-f]{64})  (\S+)")


@dataclass(frozen=True, slots=True)
class NodeRelease:
    """A release in the index.

    Attributes:
        version: its three numbers.
        date: of the release.
        platforms: for which it has archives: `linux-x64`.
        security: whether it is a security release.
    """

    version: NodeVersion
    date: datetime.date
    platforms: frozenset[str]
    security: bool


@dataclass(slots=True)
class NodeSite:
    """nodejs.org, or a mirror of it.

    Attributes:
        url: of the directory with index.json, without a final slash.
        downloader: downloads its files.
        keyring: the release team's keys.
        now: the time at which a key must be valid.
    """

    url: str
    downloader: Downloader
    keyring: Keyring
    now: datetime.datetime
    _sums: dict[NodeVersion, Mapping[str, str]] = field(default_factory=dict)

    def releases(self) -> list[NodeRelease]:
        """All releases. The index is not signed: it only says which releases to look for.

        Raises:
            DownloadError: the site does not answer.
            ToolError: the index is malformed.
        """
        where = f"{self.url}/index.json"
        data = self.downloader.get(where, _MAX_INDEX)
        # A document of this project's reader is an object.
        document = parse_object(b'{"index":' + data + b"}", where)
        items = require_list(document["index"], where)
        return [_release(item, f"{where}: [{number}]") for number, item in enumerate(items)]

    def sha256(self, version: NodeVersion, file: str) -> str:
        """The signed hash of a file of a release.

        Raises:
            DownloadError: the site does not have the signed hashes.
            ToolError: no key of the release team has signed them, or the file is not among them.
        """
        if version not in self._sums:
            where = f"{self.url}/v{version_text(version)}/SHASUMS256.txt.asc"
            message = self.downloader.get(where, _MAX_SUMS)
            text = verify_clearsigned(message, self.keyring, self.now, where).decode(
                "utf-8", "replace"
            )
            self._sums[version] = {
                match[2]: match[1] for match in map(_SUM.fullmatch, text.splitlines()) if match
            }
        if file not in self._sums[version]:
            raise ToolError(
                f"{self.url}/v{version_text(version)}/SHASUMS256.txt.asc: does not list {file}"
            )
        return self._sums[version][file]

    def archive(self, version: NodeVersion, file: str) -> bytes:
        """A file of a release.

        Raises:
            DownloadError: the site does not have it.
            ToolError: it does not have the signed hash.
        """
        where = f"{self.url}/v{version_text(version)}/{file}"
        data = self.downloader.get(where, _MAX_ARCHIVE)
        if hashlib.sha256(data).hexdigest() != self.sha256(version, file):
            raise ToolError(
                f"{where}: SHA-256 differs from what SHASUMS256.txt.asc lists",
                "the file was changed, or is being replaced: try again later",
            )
        return data


def parse_version(text: str) -> NodeVersion | None:
    """The numbers of `24.21.0` or `v24.21.0`; None for anything else, such as a prerelease."""
    match = _VERSION.fullmatch(text)
    return tuple(map(int, match.groups())) if match else None


def version_text(version: NodeVersion) -> str:
    """`24.21.0`."""
    return ".".join(map(str, version))


def _release(value: object, where: str) -> NodeRelease:
    fields = require_object(value, where)
    text = require_string(fields.get("version"), f"{where}.version")
    version = parse_version(text)
    if version is None:
        raise ToolError(f"{where}.version: invalid version {text!r:.80}")
    date = require_string(fields.get("date"), f"{where}.date")
    try:
        day = datetime.date.fromisoformat(date)
    except ValueError:
        raise ToolError(f"{where}.date: invalid date {date!r:.80}") from None
    files = require_strings(fields.get("files"), f"{where}.files")
    return NodeRelease(version, day, frozenset(files), fields.get("security") is True)
