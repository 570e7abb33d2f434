"""Release files: what a suite holds (https://wiki.debian.org/DebianRepository/Format)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from tools.lib.cli.errors import ToolError
from tools.lock.packages import parse_stanza

_LISTED = re.compile(r"[0-9a-f]{64} [0-9]{1,18} [^ ]+")
# How far a clock of ours may be behind that of the archive.
_CLOCKS = datetime.timedelta(hours=1)
# What we can decompress, the smallest first.
_SUFFIXES = (".xz", ".gz", "")
# Debian's largest indexes are of 13 MB, and of 60 MB as text.
MAX_INDEX = 64 << 20
MAX_TEXT = 256 << 20


class Listed(NamedTuple):
    """A file of a suite, as its Release file lists it."""

    sha256: str
    # Bytes.
    size: int


class Index(NamedTuple):
    """A Packages file, as a Release file lists it."""

    # Below the suite's directory, without the suffix of a compression.
    path: str
    # By the suffix of each compression it is to be had in, the smallest first.
    files: Mapping[str, Listed]

    @property
    def text(self) -> Listed | None:
        """The index itself; None if only its compressed files are listed."""
        return self.files.get("")

    @property
    def key(self) -> str:
        """The same for indexes that are the same, of whichever architecture and suite."""
        return list(self.files.values())[-1].sha256


class Release(NamedTuple):
    """A suite, read from bytes whose signature is valid."""

    where: str
    fields: Mapping[str, str]
    files: Mapping[str, Listed]
    date: datetime.datetime

    @property
    def by_hash(self) -> bool:
        """Whether indexes are there by their hashes, beside their names."""
        return self._says("acquire-by-hash")

    @property
    def automatic(self) -> bool:
        """Whether apt would install from the suite by itself."""
        return not self._says("notautomatic")

    def _says(self, field: str) -> bool:
        return self.fields.get(field, "").lower() == "yes"


def parse_release(payload: bytes, where: str) -> Release:
    """Reads a Release file."""
    fields = parse_stanza(payload.decode("utf-8", "replace"))
    files = {}
    for line in fields.get("sha256", "").split("\n"):
        words = line.split()
        if not words:
            continue
        if not _LISTED.fullmatch(" ".join(words)):
            raise ToolError(f"{where}: not a line of SHA256: {line!r:.80}")
        files[words[2]] = Listed(words[0], int(words[1]))
    if not files:
        raise ToolError(f"{where}: lists no file with its SHA256")
    return Release(where, fields, files, _date(fields, "date", where))


def check(release: Release, suite: str, now: datetime.datetime, *, valid_until: bool) -> None:
    """Raises a ToolError unless the file is of `suite` and current.

    Args:
        release: the file.
        suite: the Suite or Codename that was asked for; a name that ends in / is a path instead.
        now: the time.
        valid_until: whether a file that has expired is refused.
    """
    names = [release.fields[name] for name in ("suite", "codename") if release.fields.get(name)]
    if names and not suite.endswith("/") and suite not in names:
        raise ToolError(
            f"{release.where}: asked for the suite {suite}, got {' alias '.join(names)}",
            "name the suite as its Release file does",
        )
    if release.date > now + _CLOCKS:
        raise ToolError(
            f"{release.where}: made in the future, {release.date}", "is the clock right?"
        )
    if valid_until and "valid-until" in release.fields:
        until = _date(release.fields, "valid-until", release.where)
        if now > until:
            raise ToolError(
                f"{release.where}: expired, it was valid until {until}",
                "an outdated mirror; for an archive that is no longer updated: "
                "`check_valid_until: false` in the manifest",
            )


def indexes(release: Release, component: str | None, architecture: str) -> list[Index]:
    """The indexes with the packages of one component for one architecture.

    Args:
        release: the suite.
        component: None for a repository without components.
        architecture: Debian's name.

    Returns:
        One index, or two where packages of architecture `all` have an index of their own.
    """
    if component is None:
        return [_index(release, "Packages", f"no Packages for {architecture}")]
    path = f"{component}/binary-%s/Packages"
    found = [_index(release, path % architecture, f"no {component} for {architecture}")]
    apart = "all" in release.fields.get("architectures", "").split()
    support = release.fields.get("no-support-for-architecture-all", "").lower() != "packages"
    if apart and support and _listed(release, path % "all"):
        found.append(_index(release, path % "all", ""))
    return found


def by_hash_path(index: Index, listed: Listed) -> str:
    """Where one of the files of `index` is under a name that never means another file."""
    directory = index.path.rpartition("/")[0]
    return f"{directory}/by-hash/SHA256/{listed.sha256}".lstrip("/")


def _listed(release: Release, path: str) -> dict[str, Listed]:
    return {each: release.files[path + each] for each in _SUFFIXES if path + each in release.files}


def _index(release: Release, path: str, missing: str) -> Index:
    files = _listed(release, path)
    if not files:
        has = {key: release.fields.get(key, "?") for key in ("architectures", "components")}
        raise ToolError(
            f"{release.where}: {missing}",
            f"the suite has architectures {has['architectures']} and components"
            f" {has['components']}; `architectures` of a source restricts it",
        )
    if any(each.size > (MAX_INDEX if suffix else MAX_TEXT) for suffix, each in files.items()):
        raise ToolError(f"{release.where}: {path}: larger than any index is")
    return Index(path, files)


def _date(fields: Mapping[str, str], name: str, where: str) -> datetime.datetime:
    try:
        date = parsedate_to_datetime(fields.get(name, ""))
        # Without a zone it is UTC.
        return (date if date.tzinfo else date.replace(tzinfo=datetime.UTC)).astimezone(datetime.UTC)
    except (ValueError, TypeError, OverflowError):
        raise ToolError(f"{where}: {name.title()} is no date: {fields.get(name)!r:.80}") from None
