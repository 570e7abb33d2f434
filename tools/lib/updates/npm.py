"""Packages of an npm registry, verified by the integrity that the registry states."""

from __future__ import annotations

import base64
import datetime
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import parse_object, require_object, require_string
from tools.lib.download.download import Downloader, DownloadError

_MAX_DOCUMENT = 64 << 20
_MAX_ARCHIVE = 256 << 20
_VARIABLES = ("npm_config_registry", "NPM_CONFIG_REGISTRY")


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """What a registry has of a package.

    Attributes:
        name: of the package.
        integrity: by version, the hash of the archive (https://www.w3.org/TR/SRI/).
        dates: by version, when it was published.
    """

    name: str
    integrity: Mapping[str, str]
    dates: Mapping[str, datetime.date]


class NpmRegistry:
    """The registry that the machine is configured for.

    Args:
        url: of the registry, without a final slash.
        downloader: downloads its files.
    """

    def __init__(self, url: str, downloader: Downloader) -> None:
        try:
            self._url = downloader.add_source(url)
        except ValueError as error:
            raise ToolError(f"npm_config_registry: {error}") from None
        self._downloader = downloader

    def package(self, name: str) -> NpmPackage:
        """The versions of a package.

        Raises:
            DownloadError: the registry does not answer, or does not have the package.
            ToolError: the answer is malformed.
        """
        where = f"{self._url}/{name}"
        data = self._downloader.get(where, _MAX_DOCUMENT)
        document = parse_object(data, where)
        integrity = {}
        versions = require_object(document.get("versions"), f"{where}: versions")
        for version, item in versions.items():
            place = f"{where}: versions[{version!r:.80}]"
            dist = require_object(require_object(item, place).get("dist"), f"{place}.dist")
            integrity[version] = require_string(dist.get("integrity", ""), f"{place}.integrity")
        times = require_object(document.get("time", {}), f"{where}: time")
        dates = {
            version: _date(text, f"{where}: time[{version!r:.80}]")
            for version, text in times.items()
            if version in integrity
        }
        return NpmPackage(name, integrity, dates)

    def archive(self, package: NpmPackage, version: str) -> bytes:
        """The archive of a version.

        Raises:
            DownloadError: the registry does not answer, or does not have the archive.
            ToolError: the archive does not have the integrity that the registry states.
        """
        base = package.name.rpartition("/")[2]
        where = f"{self._url}/{package.name}/-/{base}-{version}.tgz"
        data = self._downloader.get(where, _MAX_ARCHIVE)
        _check_integrity(data, package.integrity.get(version, ""), where)
        return data


def configured_registry() -> str:
    """The URL of the machine's registry. `./bazelw` sets the variable as npm is configured.

    Raises:
        DownloadError: no registry is configured.
    """
    url = next((os.environ[name] for name in _VARIABLES if os.environ.get(name)), "")
    if not url:
        raise DownloadError(
            "no npm registry is configured", "set npm_config_registry to its URL", "not configured"
        )
    return url


def _check_integrity(data: bytes, integrity: str, where: str) -> None:
    for item in integrity.split():
        algorithm, _, digest = item.partition("-")
        if algorithm == "sha512":
            expected = base64.b64encode(hashlib.sha512(data).digest()).decode()
            if digest.partition("?")[0] == expected:
                return
            raise ToolError(
                f"{where}: the archive differs from the integrity that the registry states",
                "the file was changed, or is being replaced: try again later",
            )
    raise ToolError(f"{where}: the registry states no sha512 integrity for it")


def _date(value: object, where: str) -> datetime.date:
    text = require_string(value, where)
    try:
        return datetime.datetime.fromisoformat(text).date()
    except ValueError:
        raise ToolError(f"{where}: invalid time {text!r:.80}") from None
