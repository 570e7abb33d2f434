"""The directories that a merged /usr has as links, such as /lib to usr/lib.

Source: usrmerge(7) and debootstrap's `setup_merged_usr`, which makes those that an architecture
needs; base-files of Debian 13 keeps other packages from making any of them (DEP 17).
"""

from __future__ import annotations

MERGED_USR_DIRECTORIES = frozenset(("bin", "sbin", "lib", "lib32", "lib64", "libo32", "libx32"))


def is_merged_link(path: str, target: str) -> bool:
    """Whether a symlink at `path` (no leading slash) to `target` is one of a merged /usr."""
    return path in MERGED_USR_DIRECTORIES and target.strip("/") == f"usr/{path}"
