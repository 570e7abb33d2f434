"""What identifies a Debian binary package."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BinaryPackage:
    """A binary package, in the words of its control file, deb-control(5).

    `source` is the name of the source package, without a version.
    """

    name: str
    version: str
    architecture: str
    source: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
