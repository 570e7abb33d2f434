"""Which wheels an image's Python can use, and which of them is best.

Source: the PyPA specifications "Binary distribution format" (names of wheels) and "Platform
compatibility tags".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError

# OCI's names of architectures, and those of Linux, which wheels have.
MACHINES = {
    "amd64": "x86_64",
    "arm": "armv7l",
    "arm64": "aarch64",
    "ppc64le": "ppc64le",
    "riscv64": "riscv64",
    "s390x": "s390x",
}
# Names of platforms from before the version of the C library was part of them (PEP 600).
_OLD_MANYLINUX = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
_MANYLINUX = re.compile(r"manylinux_(\d+)_(\d+)")
_VERSION = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Target:
    """What wheels are for: the version of CPython, OCI's architecture, and the version of glibc."""

    python: tuple[int, int]
    architecture: str
    glibc: tuple[int, int]

    @property
    def machine(self) -> str:
        return MACHINES[self.architecture]


def parse_version(text: str, where: str) -> tuple[int, int]:
    """Reads `3.11`.

    Raises:
        ToolError: it is not such a version.
    """
    found = _VERSION.fullmatch(text)
    if not found:
        raise ToolError(f"{where}: invalid version '{text}'", "write it like 3.11")
    return int(found[1]), int(found[2])


def rank(filename: str, target: Target) -> tuple[int, ...] | None:
    """How good a wheel is: the higher the better, None if it does not fit.

    A wheel for the exact version of Python is better than one for its stable ABI, and that is
    better than one without a library. Among these, the newest C library wins, as with pip.

    Args:
        filename: `name-version(-build)?-python-abi-platform.whl`; a tag may be several, joined by
            dots.
        target: what the wheel is for.
    """
    parts = filename.removesuffix(".whl").split("-")
    if not filename.endswith(".whl") or len(parts) not in (5, 6):
        return None
    pythons, abis, platforms = (part.split(".") for part in parts[-3:])
    ranks = [
        (*code, *place, _build(parts))
        for python in pythons
        for abi in abis
        for platform in platforms
        if (code := _code_rank(python, abi, target.python))
        and (place := _platform_rank(platform, target))
    ]
    return max(ranks, default=None)


def _code_rank(python: str, abi: str, version: tuple[int, int]) -> tuple[int, int] | None:
    major, minor = version
    found = re.fullmatch(r"(py|cp)(\d)(\d*)", python)
    if not found or int(found[2]) != major:
        return None
    kind, wanted = found[1], int(found[3] or 0)
    if wanted > minor:
        return None
    if kind == "cp" and abi == f"cp{major}{minor}" and wanted == minor:
        return 4, wanted
    if kind == "cp" and abi == "abi3" and found[3]:
        return 3, wanted
    if abi == "none" and (kind == "py" or wanted == minor):
        return (2 if kind == "cp" else 1), wanted
    return None


def _platform_rank(platform: str, target: Target) -> tuple[int, int] | None:
    if platform == "any":
        return 0, 0
    if not platform.endswith(f"_{target.machine}"):
        return None
    name = platform.removesuffix(f"_{target.machine}")
    if name == "linux":
        return 1, 0
    found = _MANYLINUX.fullmatch(name)
    glibc = (int(found[1]), int(found[2])) if found else _OLD_MANYLINUX.get(name)
    return glibc if glibc and glibc <= target.glibc else None


def _build(parts: list[str]) -> int:
    digits = re.match(r"\d+", parts[2]) if len(parts) == 6 else None
    return int(digits[0]) if digits else 0
