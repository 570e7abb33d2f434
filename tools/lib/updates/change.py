"""What an update changes."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Change:
    """A package of which another version would be locked.

    Attributes:
        lock: the lock that has it: `debian12`, `debian13`, `bazelw`, `temurin`, `nodejs`, `pip`.
        package: its name in the lock; `node24` for the release line 24 of Node.js.
        old: the locked version; empty if the package is new.
        new: the version that would be locked; empty if the package is no longer needed.
        architectures: OCI's names of the architectures that it changes on; empty for a package
            that is the same on all, such as a Python package.
        everywhere: whether it changes on all architectures that have it.
        url: of one of the new files; empty if it is not known.
        date: since when the new version exists; None if that is not known.
        images: the images that contain the package, such as `static-debian12`.
        cves: what Debian's security tracker says that the new version fixes and the old does not.
        security: whether the package's vendor calls one of the newer versions a security release.
    """

    lock: str
    package: str
    old: str
    new: str
    architectures: tuple[str, ...] = ()
    everywhere: bool = True
    url: str = ""
    date: datetime.date | None = None
    images: tuple[str, ...] = ()
    cves: tuple[str, ...] = ()
    security: bool = False


@dataclass(frozen=True, slots=True)
class SourceUpdate:
    """What updating one source gives.

    Attributes:
        changes: the packages that change, sorted.
        files: by path, the new contents of the files that differ.
        notes: lines for the user, such as what was left out.
    """

    changes: tuple[Change, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
