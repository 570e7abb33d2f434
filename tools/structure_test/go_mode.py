"""File modes as Go's FileMode.String() writes them."""

from __future__ import annotations

import stat

# Letters of file types, in Go's FileMode.String().
_TYPES = {
    stat.S_IFDIR: "d",
    stat.S_IFLNK: "L",
    stat.S_IFBLK: "D",
    stat.S_IFIFO: "p",
    stat.S_IFSOCK: "S",
}
_SPECIAL = ((stat.S_ISUID, "u"), (stat.S_ISGID, "g"))


def go_mode(mode: int) -> str:
    """An st_mode as Go's FileMode.String() writes it: `-rw-r--r--`, `dtrwxrwxrwx`, `Lrwxrwxrwx`."""
    prefix = _TYPES.get(stat.S_IFMT(mode), "")
    character_device = stat.S_ISCHR(mode)
    if character_device:
        prefix += "D"
    prefix += "".join(letter for bit, letter in _SPECIAL if mode & bit)
    if character_device:
        prefix += "c"
    if mode & stat.S_ISVTX:
        prefix += "t"
    return (prefix or "-") + stat.filemode(mode & 0o777)[1:]
