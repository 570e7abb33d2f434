"""Resolves the texts of symlinks in an image."""

from __future__ import annotations


def target_of(path: str, link: str) -> str | None:
    """Returns the path that a symlink's text means.

    None if a relative text leads above the root: what it means depends on where the image is.
    """
    is_absolute = link.startswith("/")
    parts = [] if is_absolute else path.split("/")[:-1]
    for name in link.split("/"):
        if name == "..":
            if not parts and not is_absolute:
                return None
            del parts[-1:]
        elif name not in ("", "."):
            parts.append(name)
    return "/".join(parts)
