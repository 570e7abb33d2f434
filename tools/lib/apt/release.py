"""Release files: what a suite contains (https://wiki.debian.org/DebianRepository/Format)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from tools.lib.cli.errors import ToolError
from tools.lib.debian.deb822 import parse_paragraph

_ENTRY = re.compile(r"[0-9a-f]{64} [0-9]{1,18} [^ ]+")
# How far the clock of the archive may be ahead of ours.
_CLOCK_SKEW = datetime.timedelta(hours=1)
# Supported compressions; "" is none.
_SUFFIXES = (".xz", ".zst", ".bz2", ".lzma", ".gz", "")
# Debian's largest index has 13 MB compressed and 60 MB as text.
MAX_COMPRESSED = 64 << 20
MAX_TEXT = 128 << 20


@dataclass(frozen=True, slots=True)
class ReleaseEntry:
    """A file of a suite as its Release file lists it. `size` is in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class PackagesFile:
    """A Packages file as a Release file lists it.

    Attributes:
        path: below the suite's directory, without the suffix of a compression.
        entries: by the suffix of each compression, the smallest file first.
    """

    path: str
    entries: Mapping[str, ReleaseEntry]

    @property
    def text(self) -> ReleaseEntry | None:
        """The uncompressed file; None if only compressed ones are listed."""
        return self.entries.get("")

    @property
    def content(self) -> frozenset[tuple[str, ReleaseEntry]]:
        """Equal for indexes that are listed with the same files, whatever their path and suite."""
        return frozenset(self.entries.items())


@dataclass(frozen=True, slots=True)
class Release:
    """The Release file of a suite, from bytes whose signature is valid.

    Attributes:
        where: its URL, for errors.
        fields: its fields, by lower-case names.
        entries: the files that it lists with a SHA-256, by path.
        date: when it was made.
    """

    where: str
    fields: Mapping[str, str]
    entries: Mapping[str, ReleaseEntry]
    date: datetime.datetime

    @property
    def by_hash(self) -> bool:
        """Whether the suite has its indexes under their hashes, too."""
        return self._is_yes("acquire-by-hash")

    @property
    def automatic(self) -> bool:
        """Whether apt installs from the suite by itself."""
        return not self._is_yes("notautomatic")

    def _is_yes(self, field: str) -> bool:
        return self.fields.get(field, "").lower() == "yes"


def parse_release(payload: bytes, where: str) -> Release:
    """Reads a Release file.

    Args:
        payload: what its signature covers.
        where: its URL, for errors.

    Raises:
        ToolError: the file is malformed or lists no file with a SHA-256.
    """
    fields = parse_paragraph(payload.decode("utf-8", "replace"), where)
    entries = {}
    for line in fields.get("sha256", "").split("\n"):
        words = line.split()
        if not words:
            continue
        if not _ENTRY.fullmatch(" ".join(words)):
            raise ToolError(f"{where}: invalid line in SHA256: {line!r:.80}")
        entries[words[2]] = ReleaseEntry(words[0], int(words[1]))
    if not entries:
        raise ToolError(f"{where}: missing field SHA256")
    return Release(where, fields, entries, _date(fields, "date", where))


def check_release(
    release: Release, suite: str, now: datetime.datetime, *, valid_until: bool
) -> None:
    """Raises a ToolError unless the file is of `suite` and current.

    Args:
        release: the file.
        suite: the Suite or Codename that was asked for; one that ends in / is a path instead.
        now: the time.
        valid_until: whether to refuse a file that has expired.
    """
    names = [release.fields[name] for name in ("suite", "codename") if release.fields.get(name)]
    if names and not suite.endswith("/") and suite not in names:
        raise ToolError(
            f"{release.where}: expected the suite {suite}, found {' alias '.join(names)}",
            "name the suite as its Release file does",
        )
    if release.date > now + _CLOCK_SKEW:
        raise ToolError(
            f"{release.where}: dated in the future: {release.date}", "check this machine's clock"
        )
    if valid_until and "valid-until" in release.fields:
        until = _date(release.fields, "valid-until", release.where)
        if now > until:
            raise ToolError(
                f"{release.where}: expired on {until}",
                "use an up-to-date mirror; for an archive that is no longer updated, set"
                " `check_valid_until: false` in the manifest",
            )


def packages_files(
    release: Release, component: str | None, architecture: str
) -> list[PackagesFile]:
    """The indexes of one component for one architecture.

    Args:
        release: the suite.
        component: None for a repository without components.
        architecture: Debian's name of it.

    Returns:
        One index, or two if packages of architecture `all` have an index of their own. A suite
        with packages for `all` only has one for every architecture.

    Raises:
        ToolError: the suite does not list the component or the architecture.
    """
    if component is None:
        return [_packages_file(release, "Packages", f"no Packages for {architecture}")]
    path = f"{component}/binary-%s/Packages"
    architectures = release.fields.get("architectures", "").split()
    if architectures == ["all"]:
        return [_packages_file(release, path % "all", f"no {component} for all")]
    found = [_packages_file(release, path % architecture, f"no {component} for {architecture}")]
    support = release.fields.get("no-support-for-architecture-all", "").lower() != "packages"
    if "all" in architectures and support and _entries(release, path % "all"):
        found.append(_packages_file(release, path % "all", ""))
    return found


def by_hash_path(index: PackagesFile, entry: ReleaseEntry) -> str:
    """The path of one of the files of `index` under its hash."""
    directory = index.path.rpartition("/")[0]
    return f"{directory}/by-hash/SHA256/{entry.sha256}".lstrip("/")


def _entries(release: Release, path: str) -> dict[str, ReleaseEntry]:
    found = [
        (suffix, release.entries[path + suffix])
        for suffix in _SUFFIXES
        if path + suffix in release.entries
    ]
    # The text comes last even if it is the smallest file: a repository may list but not have it.
    return dict(sorted(found, key=lambda item: (not item[0], item[1].size)))


def _packages_file(release: Release, path: str, missing: str) -> PackagesFile:
    entries = _entries(release, path)
    if not entries:
        others = [
            each.removeprefix(path) for each in release.entries if each.startswith(f"{path}.")
        ]
        if others:
            raise ToolError(
                f"{release.where}: {path}: unsupported compression {', '.join(others):.80}",
                f"supported are {', '.join(filter(None, _SUFFIXES))} and none",
            )
        found = {key: release.fields.get(key, "?") for key in ("architectures", "components")}
        raise ToolError(
            f"{release.where}: {missing}",
            f"the suite has architectures {found['architectures']} and components"
            f" {found['components']}; `architectures` of a source restricts it",
        )
    for suffix, entry in entries.items():
        limit = MAX_COMPRESSED if suffix else MAX_TEXT
        if entry.size > limit:
            raise ToolError(f"{release.where}: {path}{suffix}: larger than {limit} bytes")
    return PackagesFile(path, entries)


def _date(fields: Mapping[str, str], name: str, where: str) -> datetime.datetime:
    try:
        date = parsedate_to_datetime(fields.get(name, ""))
        # Without a zone it is UTC.
        return (date if date.tzinfo else date.replace(tzinfo=datetime.UTC)).astimezone(datetime.UTC)
    except (ValueError, TypeError, OverflowError):
        raise ToolError(f"{where}: invalid {name.title()}: {fields.get(name)!r:.80}") from None
