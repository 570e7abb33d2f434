"""The files of the private root's packages, as its lock names them. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Mapping

from launcher.download import Download
from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import LockedPackage, PackageKey, read_lock
from tools.lib.debian.mirror import split_snapshot_url

BAZEL_PACKAGE = "bazel-bootstrap"
"""The Debian package of Bazel."""

_SET = "root"
_RELOCK = "./knife lock private/lock/bazelw.yaml"


def read_packages(path: str, architecture: str) -> Mapping[PackageKey, LockedPackage]:
    """The root's packages for an architecture.

    Args:
        path: the lock file.
        architecture: Debian's name.
    """
    lock = read_lock(path)
    keys = lock.sets.get(_SET, {})
    if architecture not in keys:
        raise ToolError(
            f"{path}: no packages for {architecture}, only for {', '.join(sorted(keys))}",
            "install bazelisk, or Bazel of the version in .bazelversion",
        )
    return {key: lock.packages[key] for key in keys[architecture]}


def locked_downloads(path: str, architecture: str, mirror: str, bazel: str) -> list[Download]:
    """The downloads of the root's packages: from a mirror, or else from snapshot.debian.org.

    Args:
        path: the lock file.
        architecture: Debian's name.
        mirror: the URL above `pool/`; empty without a mirror.
        bazel: the version of Bazel that the lock must have.
    """
    packages = read_packages(path, architecture).values()
    versions = [package.version for package in packages if package.name == BAZEL_PACKAGE]
    if not any(is_bazel_version(version, bazel) for version in versions):
        raise ToolError(
            f"{path}: Bazel is {', '.join(versions) or 'missing'}, .bazelversion says {bazel}",
            _RELOCK,
        )
    return [_download(path, package, mirror) for package in packages]


def _download(path: str, package: LockedPackage, mirror: str) -> Download:
    if package.size is None:
        raise ToolError(f"{path}: {package.name}: the size is missing", _RELOCK)
    snapshot = split_snapshot_url(package.url)
    urls = [package.url]
    if snapshot:
        # Machines without CA certificates use http. The hash is verified in any case.
        urls.append(package.url.replace("https:", "http:", 1))
        if mirror:
            urls.insert(0, f"{mirror}/{snapshot[1]}")
    return Download(package.name, tuple(urls), package.sha256, package.size)


def is_bazel_version(debian: str, bazel: str) -> bool:
    """Whether a version of a Debian package, such as 7.7.1+ds-3, is the Bazel version `bazel`."""
    return re.match(rf"{re.escape(bazel)}(?![0-9.])", debian) is not None
