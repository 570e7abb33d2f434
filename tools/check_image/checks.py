"""The checks that look at one entry, or at who has a path."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from tools.check_image.findings import Finding
from tools.lib.part.part import PartDirectory, PartEntry
from tools.lib.rootfs.image import ImageView

_SETUID, _SETGID, _STICKY, _OTHERS_WRITE = 0o4000, 0o2000, 0o1000, 0o0002

# The container runtime mounts these.
_MOUNTED = ("/proc/", "/sys/", "/dev/", "/run/")
# Only readers of documentation follow a link here.
_DOCUMENTATION = ("usr/share/doc/", "usr/share/man/", "usr/share/info/")

# Where programs and the loader look. Elsewhere packages have links to files of packages that they
# only suggest, and to what their maintainer scripts or an administrator make.
_SEARCHED = re.compile(r"(usr/)?(s?bin|lib[^/]*)/.*|etc/(ssl|alternatives)/.*|etc/os-release")

_STATUS = "var/lib/dpkg/status.d/"


def check_modes(image: ImageView) -> Iterator[Finding]:
    """Files that run with the rights of another user, and what every user may write to."""
    for owned in image.overlay.entries.values():
        entry, owner = owned.entry, owned.part.owner
        if entry.type in ("file", "hardlink"):
            if rights := _rights(entry):
                yield Finding(
                    check="setuid",
                    path=entry.path,
                    owner=owner,
                    fault=f"{' and '.join(rights)}, mode {entry.mode:04o}",
                    hint="exclude it, or list it in a file of `waivers`",
                )
            if entry.mode & _OTHERS_WRITE:
                yield _writable(entry, owner)
    for part in image.parts:
        for directory in part.directories:
            if directory.mode & (_OTHERS_WRITE | _STICKY) == _OTHERS_WRITE:
                yield _writable(directory, part.owner)


def _rights(entry: PartEntry) -> list[str]:
    rights = [name for bit, name in ((_SETUID, "setuid"), (_SETGID, "setgid")) if entry.mode & bit]
    if "security.capability" in entry.xattrs:
        rights.append("file capabilities")
    return rights


def _writable(entry: PartEntry | PartDirectory, owner: str) -> Finding:
    hint = "change its mode"
    if isinstance(entry, PartDirectory):
        hint += "; a directory for all users needs the sticky bit, 1777"
    return Finding(
        check="writable",
        path=entry.path,
        owner=owner,
        fault=f"every user may write to it, mode {entry.mode:04o}",
        hint=hint,
    )


def check_packages(image: ImageView) -> Iterator[Finding]:
    """Packages that image scanners would not see."""
    for part in image.parts:
        if part.package and (path := _STATUS + part.package.name) not in image.overlay.entries:
            yield Finding(
                check="status",
                path=path,
                owner=part.owner,
                fault="missing, although files of the package are in the image",
                hint="do not exclude var/lib/dpkg/status.d",
            )


def check_copyrights(image: ImageView) -> Iterator[Finding]:
    """Packages whose copyright file is not in the image."""
    links = {
        path: owned.entry.link
        for path, owned in image.overlay.entries.items()
        if owned.entry.type == "symlink" and path.startswith(_DOCUMENTATION)
    }
    checked: set[str] = set()
    for part in image.parts:
        if part.package is None or part.package.name in checked:
            continue
        checked.add(part.package.name)
        directory = f"usr/share/doc/{part.package.name}"
        path = f"{directory}/copyright"
        if image.exists(path):
            continue
        fault, hint = "missing", "add the file, or list it in a file of `waivers`"
        for link in (path, directory):
            if link in links:
                fault = f"missing: /{link} is a symlink to {links[link]}, which is not in the image"
                hint = "add the package that has it, or replace the link"
                break
        yield Finding(check="copyright", path=path, owner=part.owner, fault=fault, hint=hint)


def check_links(image: ImageView) -> Iterator[Finding]:
    """Symlinks that lead nowhere.

    Those into what the runtime mounts and in documentation may, and so may those of packages where
    neither programs nor libraries are searched.
    """
    for owned in image.overlay.entries.values():
        entry = owned.entry
        path = entry.path
        if entry.type != "symlink" or path.startswith(_DOCUMENTATION) or image.exists(path):
            continue
        if owned.part.package is not None and not _SEARCHED.fullmatch(path):
            continue
        target = posixpath.normpath(posixpath.join("/", posixpath.dirname(path), entry.link))
        if f"{target}/".startswith(_MOUNTED):
            continue
        yield Finding(
            check="link",
            path=path,
            owner=owned.part.owner,
            fault=f"dangling symlink to {entry.link}",
            hint="add the target, or exclude the link",
        )
