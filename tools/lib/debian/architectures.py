"""Names of architectures: Debian's on one side, OCI's (that is, Go's) on the other."""

from __future__ import annotations

from typing import NamedTuple


class Platform(NamedTuple):
    """An OCI platform without its os, which is always linux."""

    architecture: str
    variant: str | None = None


# Debian's names: https://wiki.debian.org/SupportedArchitectures.
# OCI's: image-spec 1.1, image-index.md.
DEBIAN_TO_OCI: dict[str, Platform] = {
    "amd64": Platform("amd64"),
    "arm64": Platform("arm64", "v8"),
    "armel": Platform("arm", "v5"),
    "armhf": Platform("arm", "v7"),
    "i386": Platform("386"),
    "loong64": Platform("loong64"),
    "mips64el": Platform("mips64le"),
    "ppc64el": Platform("ppc64le"),
    "riscv64": Platform("riscv64"),
    "s390x": Platform("s390x"),
}
