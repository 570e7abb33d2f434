"""Manifests: what is wanted. docs/lock.md describes the file for its writers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tools.lib.debian.lock import Sha256, Version
from tools.lock.relations import Root


class Source(NamedTuple):
    """A repository. Either `archive` or `url` is set."""

    archive: str | None
    url: str | None
    suites: tuple[str, ...]
    # None alone: a repository without components.
    components: tuple[str | None, ...]
    architectures: tuple[str, ...]
    keyring: str
    keys: tuple[str, ...]
    check_valid_until: bool


class File(NamedTuple):
    """A package file named by its hash, of no repository."""

    name: str
    version: Version
    architecture: str
    url: str
    sha256: Sha256
    size: int | None


class PackageSet(NamedTuple):
    """The packages of one layer. `bases` are the sets below it, those of its bases included."""

    name: str
    roots: tuple[Root, ...]
    bases: tuple[str, ...]
    architectures: tuple[str, ...]
    # Whether dependencies join the set; else a missing one is an error.
    resolve_dependencies: bool
    # Dependencies that may be missing, by name with the reason; those of the bases included.
    ignored_dependencies: Mapping[str, str]
    # The names that the set itself lists.
    own_ignored: tuple[str, ...]


class Manifest(NamedTuple):
    """A whole manifest. `path` is as errors name it; `sha256` is of its bytes, in hex digits."""

    path: str
    sha256: Sha256
    architectures: tuple[str, ...]
    sources: tuple[Source, ...]
    files: tuple[File, ...]
    # In an order in which bases come first.
    sets: tuple[PackageSet, ...]
