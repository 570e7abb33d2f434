"""Newer packages of Eclipse Temurin, from Adoptium's signed apt repository.

The manifest pins files one by one, because a repository does not keep old versions. This module
writes new pins, and locks the manifest with them.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cmp_to_key

from tools.lib.apt.candidates import PackageIndex
from tools.lib.apt.packages import IndexPackage
from tools.lib.apt.repositories import IndexCache
from tools.lib.cli.errors import ToolError
from tools.lib.cli.progress import Progress
from tools.lib.debian.names import Version
from tools.lib.debian.relations import compare_versions
from tools.lib.download.download import Downloader
from tools.lib.manifest.manifest import AptSource, Manifest, PinnedFile
from tools.lib.manifest.manifest_reader import parse_manifest
from tools.lib.resolver.locking import lock_manifests
from tools.lib.resolver.request import LockSettings, ManifestFile
from tools.lib.updates.change import SourceUpdate
from tools.lib.updates.common_version import choose_common_version, held_back_note
from tools.lib.updates.debian import locked_update

MANIFEST = "private/lock/temurin.yaml"
LOCK = "private/lock/temurin.lock.json"
REPOSITORY = "https://packages.adoptium.net/artifactory/deb"
KEY = "https://packages.adoptium.net/artifactory/api/gpg/key/public"
# "Adoptium GPG Key (DEB/RPM Signing Key)": private/lock/keys/README.md says where it is from.
FINGERPRINT = "3b04d753c9050d9a5d343f39843c48a565f8f04b"
# All suites of the repository have the same packages.
_SUITE = "trixie"
_MAX_KEY = 1 << 20
# The release line: temurin-21-jre and temurin-21-jdk move together.
_LINE = re.compile(r"temurin-([0-9]+)-.*")


@dataclass(frozen=True, slots=True)
class TemurinRepository:
    """Adoptium's repository, or a mirror of it.

    Attributes:
        url: above dists/ and pool/.
        key_url: of the OpenPGP key.
        fingerprint: of the primary key to accept, in lower case.
    """

    url: str = REPOSITORY
    key_url: str = KEY
    fingerprint: str = FINGERPRINT


def update_temurin(
    data: bytes, repository: TemurinRepository, cache: IndexCache, progress: Progress
) -> SourceUpdate:
    """Pins the newest version of each release line that all architectures have.

    Args:
        data: the manifest.
        repository: where the packages are.
        cache: fetches the indexes.
        progress: is told what is going on.

    Raises:
        DownloadError: the repository does not answer.
        ToolError: a signature is not valid.
    """
    manifest = parse_manifest(data, MANIFEST)
    progress.say("reading Adoptium's index")
    with _key_file(repository) as key:
        indexes = cache.fetch([_manifest(manifest, repository, key)])[MANIFEST].by_architecture
    pins, notes = _pins(manifest, indexes)
    if pins == list(manifest.files):
        return SourceUpdate(notes=tuple(notes))
    text = render_manifest(data, pins)
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "temurin.yaml")
        with open(path, "wb") as out:
            out.write(text)
        file = ManifestFile(path, MANIFEST, LOCK, "./knife update temurin")
        (result,) = lock_manifests([file], LockSettings(update=True), progress)
    locked = locked_update("temurin", result)
    return SourceUpdate(locked.changes, {MANIFEST: text, **locked.files}, tuple(notes))


@contextlib.contextmanager
def _key_file(repository: TemurinRepository) -> Iterator[str]:
    """The path of the repository's key for as long as the block runs."""
    key = Downloader().get(repository.key_url, _MAX_KEY)
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "adoptium.asc")
        with open(path, "wb") as out:
            out.write(key)
        yield path


def _manifest(manifest: Manifest, repository: TemurinRepository, key: str) -> Manifest:
    """What to fetch: the repository's indexes for the architectures of the manifest."""
    source = AptSource(
        archive=None,
        url=repository.url,
        suites=(_SUITE,),
        components=("main",),
        architectures=manifest.architectures,
        keyring=key,
        keys=(repository.fingerprint,),
        check_valid_until=True,
    )
    return Manifest(
        path=MANIFEST,
        sha256=manifest.sha256,
        architectures=manifest.architectures,
        sources=(source,),
        files=(),
        sets=(),
    )


def _pins(
    manifest: Manifest, indexes: Mapping[str, Sequence[PackageIndex]]
) -> tuple[list[PinnedFile], list[str]]:
    """The new pins in the order of the old ones, and notes."""
    lines: dict[str, list[PinnedFile]] = {}
    for pin in manifest.files:
        match = _LINE.fullmatch(pin.name)
        lines.setdefault(match[1] if match else pin.name, []).append(pin)
    pins: dict[tuple[str, str], PinnedFile] = {}
    notes = []
    for line, old in lines.items():
        found = {(pin.name, pin.architecture): _versions(pin, indexes) for pin in old}
        available: dict[str, set[Version]] = {}
        for (_, architecture), versions in found.items():
            common = available.setdefault(architecture, {*versions})
            common &= versions.keys()
        locked = {pin.version for pin in old}
        chosen = choose_common_version(available, locked, cmp_to_key(compare_versions))
        if chosen.held_back:
            notes.append(held_back_note(f"temurin: Java {line}", chosen.held_back, chosen.missing))
        for pin in old:
            key = (pin.name, pin.architecture)
            pins[key] = _pin(pin, found[key][chosen.version]) if chosen.version else pin
    return [pins[pin.name, pin.architecture] for pin in manifest.files], notes


def _versions(
    pin: PinnedFile, indexes: Mapping[str, Sequence[PackageIndex]]
) -> dict[Version, IndexPackage]:
    return {
        package.version: package
        for index in indexes[pin.architecture]
        for package in index.versions(pin.name)
    }


def _pin(pin: PinnedFile, package: IndexPackage) -> PinnedFile:
    if package.version == pin.version:
        return pin
    # The lock names Adoptium's site, whichever mirror was read.
    path = package.url.partition("/pool/")[2]
    return PinnedFile(
        name=pin.name,
        version=package.version,
        architecture=pin.architecture,
        url=f"{REPOSITORY}/pool/{path}",
        sha256=package.sha256,
        size=pin.size,
    )


def render_manifest(data: bytes, files: Sequence[PinnedFile]) -> bytes:
    """The manifest with other pins. They are its last section; the text above stays."""
    head, found, _ = data.decode().partition("\nfiles:\n")
    if not found:
        raise ToolError(f"{MANIFEST}: no line `files:`")
    lines = [
        f"  - name: {each.name}\n    version: {each.version}\n"
        f"    architecture: {each.architecture}\n    sha256: {each.sha256}\n    url: {each.url}\n"
        for each in files
    ]
    return f"{head}{found}{''.join(lines)}".encode()
