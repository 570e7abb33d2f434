"""The keyrings that come with the module, for sources that do not name one."""

from __future__ import annotations

import os
import re

# Also of a snapshot: .../debian/20260711T230000Z.
_SNAPSHOT_TIME = re.compile(r"/[0-9]{8}T[0-9]{6}Z$")


def default_keyring(archive: str | None, url: str | None) -> str | None:
    """The path of the keyring for an archive of Debian or Ubuntu; None for other repositories.

    rules/private/apt_manifest.bzl has the same rule.

    Args:
        archive: the archive's name, or None.
        url: the repository's URL without a final slash, or None. It counts if it ends in an
            archive's name.
    """
    vendor = archive_name(archive, url).partition("-")[0]  # debian-security, ubuntu-ports
    return _path(f"{vendor}-archive-keyring.pgp") if vendor in ("debian", "ubuntu") else None


def archive_name(archive: str | None, url: str | None) -> str:
    """The archive that a repository is, by its name or the last name in its URL."""
    return archive or _SNAPSHOT_TIME.sub("", url or "").rpartition("/")[2]


def _path(name: str) -> str:
    root = os.path.dirname(os.path.abspath(__file__)).removesuffix("tools/lib/manifest")
    return os.path.join(root, "rules", "keyrings", name)
