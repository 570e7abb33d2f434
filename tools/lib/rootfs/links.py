"""Where the texts of symlinks lead in an image."""

from __future__ import annotations


def target_of(path: str, link: str) -> str | None:
    """The path that a symlink's text means; None if a relative one climbs above the root."""
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
