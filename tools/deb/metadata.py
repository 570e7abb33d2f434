"""The files that register a package, as scanners read them: /var/lib/dpkg/status.d/<package>."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

from tools.deb import merged_usr
from tools.lib.archive.tar_entry import path_bytes
from tools.lib.archive.tar_reader import Member, ReadAt, content
from tools.lib.debian.deb import Deb

_DIRECTORY = "var/lib/dpkg/status.d"

_LINE = re.compile(rb"(?m)^([0-9a-f]{32}) [ *](?:\./|/)?(.+)$")


def registration(
    deb: Deb, kept: Sequence[Member], read_at: ReadAt, merge_usr: bool
) -> dict[str, bytes]:
    """The files by path.

    Args:
        deb: the package.
        kept: the entries of the layer, sorted by path.
        read_at: the package's uncompressed archive of files.
        merge_usr: whether `kept` is moved below /usr.
    """

    def md5(member: Member) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        for chunk in content(member, read_at):
            digest.update(chunk)
        return digest.hexdigest()

    path = f"{_DIRECTORY}/{deb.control.package.name}"
    files = {path: deb.control.paragraph}
    if deb.md5sums is not None:
        files[f"{path}.md5sums"] = _md5sums(deb.md5sums, kept, merge_usr, md5)
    return files


def _md5sums(
    shipped: bytes, kept: Sequence[Member], merge_usr: bool, digest: Callable[[Member], str]
) -> bytes:
    """A line for each file that is kept, sorted by path, as dh_md5sums(1) writes it.

    Args:
        shipped: the package's own; it has no lines for configuration files.
        kept: the entries of the layer.
        merge_usr: whether `kept` is moved below /usr.
        digest: the md5 of a file that has no line.
    """
    known: dict[str, str] = {}
    for md5, name in _LINE.findall(shipped):
        path = name.decode("utf-8", "surrogateescape")
        known[merged_usr.place(path) if merge_usr else path] = md5.decode()
    files = {member.entry.path: member for member in kept if member.entry.type == "file"}
    lines: list[str] = []
    for member in kept:
        entry = member.entry
        if entry.type in ("file", "hardlink"):
            file = files[entry.link or entry.path]
            md5 = known.get(entry.path) or known.get(file.entry.path) or digest(file)
            lines.append(f"{md5}  {entry.path}\n")
    return path_bytes("".join(lines))
