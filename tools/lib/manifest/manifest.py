"""Manifests: which packages are wanted, and from where. docs/lock.md describes the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.lib.data.yaml_fields import name_path
from tools.lib.debian.lock import Sha256
from tools.lib.debian.names import DebianArchitecture, PackageName, Version
from tools.lib.debian.relations import RequestedPackage


@dataclass(frozen=True, slots=True)
class AptSource:
    """An apt repository. Either `archive` or `url` is set.

    Attributes:
        archive: one of snapshot.debian.org's archives, such as debian-security.
        url: the URL above `dists/` and `pool/`, without a final slash.
        suites: the suites to read.
        components: the components to read; None alone for a repository without components.
        architectures: the architectures to read the source for.
        keyring: path of the OpenPGP keyring.
        keys: fingerprints of the primary keys to accept; empty: all of the keyring.
        check_valid_until: whether to refuse a Release file that has expired.
    """

    archive: str | None
    url: str | None
    suites: tuple[str, ...]
    components: tuple[str | None, ...]
    architectures: tuple[str, ...]
    keyring: str
    keys: tuple[str, ...]
    check_valid_until: bool


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """A package file outside of any repository. `size` is in bytes, None if unknown."""

    name: PackageName
    version: Version
    architecture: DebianArchitecture
    url: str
    sha256: Sha256
    size: int | None


@dataclass(frozen=True, slots=True)
class PackageSet:
    """The packages of one layer.

    Attributes:
        name: the set's name.
        packages: the packages that the manifest lists for it.
        bases: names of the sets below it, those of its bases included.
        architectures: the architectures that the set is for.
        resolve_dependencies: whether dependencies join the set; else a missing one is an error.
        ignored_dependencies: dependencies that may be missing, by name with the reason; those of
            the bases included.
        own_ignored: the names among them that the set itself lists.
    """

    name: str
    packages: tuple[RequestedPackage, ...]
    bases: tuple[str, ...]
    architectures: tuple[str, ...]
    resolve_dependencies: bool
    ignored_dependencies: Mapping[str, str]
    own_ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole manifest.

    Attributes:
        path: of the file, or what errors call it.
        sha256: of its meaning, see `manifest_hash`; the label of the base image counts.
        architectures: Debian's names of them.
        sources: the repositories to take packages from.
        files: package files outside of any repository.
        sets: the package sets; bases come before the sets that name them.
        install: the name of the apt.install tag, if tags say the manifest; else empty.
        names: what errors call the fields at some paths, see `name_path`.
    """

    path: str
    sha256: Sha256
    architectures: tuple[str, ...]
    sources: tuple[AptSource, ...]
    files: tuple[PinnedFile, ...]
    sets: tuple[PackageSet, ...]
    install: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def place(self, path: str) -> str:
        """What errors call the field at a path: `sets.app`, or the tag that says it."""
        return name_path(path, self.names)
