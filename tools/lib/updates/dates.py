"""Since when new versions of Debian packages exist."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from tools.lib.cli.parallel import in_parallel
from tools.lib.debian.mirror import apt_uris, archive_base, split_snapshot_url
from tools.lib.download.download import Downloader, DownloadError
from tools.lib.updates.change import Change

# The magic number of an ar archive, and the header of its first member (ar(5)).
_HEADER = re.compile(rb"!<arch>\ndebian-binary[ /]*([0-9]{1,12}) ")
_HEADER_SIZE = 68
_THREADS = 12


def with_dates(changes: Sequence[Change], downloader: Downloader) -> list[Change]:
    """The changes, with the dates of their new files where they lack one.

    dpkg-deb gives the members of a package file the time of the newest entry in the package's
    changelog, whichever server has the file. It is in the first bytes of the file.

    Args:
        changes: the changes.
        downloader: downloads these bytes.
    """
    locate = _locator(downloader, datetime.datetime.now(datetime.UTC))
    urls = sorted({each.url for each in changes if each.url and not each.date})
    found = in_parallel(lambda url: _date(locate(url), downloader), urls, _THREADS)
    dates = dict(zip(urls, found, strict=True))
    return [replace(each, date=each.date or dates.get(each.url)) for each in changes]


def _locator(downloader: Downloader, now: datetime.datetime) -> Callable[[str], str]:
    """Where this machine gets the file of a snapshot's URL."""
    bases: dict[str, str] = {}

    def locate(url: str) -> str:
        found = split_snapshot_url(url)
        if not found:
            return url
        archive, path = found
        if archive not in bases:
            bases[archive] = downloader.add_source(
                archive_base(archive, os.environ, apt_uris(), now)
            )
        return f"{bases[archive]}/{path}"

    return locate


def _date(url: str, downloader: Downloader) -> datetime.date | None:
    """The date in a package file; None if the server does not have the file or the file no date."""
    try:
        match = _HEADER.match(downloader.get(url, _HEADER_SIZE))
    except DownloadError:
        return None
    if not match or not int(match[1]):
        return None
    return datetime.datetime.fromtimestamp(int(match[1]), datetime.UTC).date()
