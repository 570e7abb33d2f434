"""The checks of an image that look at one entry, or at who claims a path."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tools.check_image.findings import Finding
from tools.lib.part.part import Part, owner
from tools.lib.rootfs.image import Image

# Debian policy 9.1.1 and usrmerge: what base-files has as links into /usr from Debian 13 on.
_MERGED_USR = frozenset(("bin", "sbin", "lib", "lib32", "lib64", "libo32", "libx32"))

_SETUID, _SETGID, _STICKY, _OTHERS_WRITE = 0o4000, 0o2000, 0o1000, 0o0002

# What the container runtime mounts, and where nobody follows a link but a reader of documentation.
_MOUNTED = ("/proc/", "/sys/", "/dev/", "/run/")
_DOCUMENTATION = ("usr/share/doc/", "usr/share/man/", "usr/share/info/")


def paths(parts: Sequence[Part]) -> Iterator[Finding]:
    """Paths that two parts claim, unless both have a directory there, or one replaces it."""
    claims: dict[str, str] = {}
    for part in parts:
        name = owner(part)
        for entry in part["entries"]:
            path = entry["path"]
            if path in claims and path not in part["replaces"]:
                yield Finding(
                    "path", path, "", name, f"in {claims[path]} too", "exclude it from one of them"
                )
            else:
                claims[path] = name
    for part in parts:
        for entry in part["directories"]:
            path = entry["path"]
            if path in claims:
                yield Finding(
                    "path",
                    path,
                    "",
                    owner(part),
                    f"a directory here, and none in {claims[path]}",
                    "exclude it from one of them",
                )


def modes(parts: Sequence[Part]) -> Iterator[Finding]:
    """Files that lend their owner's rights, and what everyone may change."""
    for entry, name in _owned(parts, "entries"):
        mode = int(entry["mode"], 8)
        if entry["type"] in ("file", "hardlink"):
            rights = [
                text for bit, text in ((_SETUID, "setuid"), (_SETGID, "setgid")) if mode & bit
            ]
            if "security.capability" in entry.get("xattrs", ()):
                rights.append("with file capabilities")
            if rights:
                yield Finding(
                    "setuid",
                    entry["path"],
                    "",
                    name,
                    f"{' and '.join(rights)}, mode {entry['mode']}",
                    "leave it out, or list it",
                )
            if mode & _OTHERS_WRITE:
                yield _writable(entry, name)
    for entry, name in _owned(parts, "directories"):
        if int(entry["mode"], 8) & (_OTHERS_WRITE | _STICKY) == _OTHERS_WRITE:
            yield _writable(entry, name)


def _writable(entry: dict[str, Any], name: str) -> Finding:
    return Finding(
        "writable",
        entry["path"],
        "",
        name,
        f"everyone may write to it, mode {entry['mode']}",
        "set another mode; a directory for all has the sticky bit, 1777",
    )


def packages(parts: Sequence[Part]) -> Iterator[Finding]:
    """Packages that scanners of images would not see."""
    registered = {
        entry["path"]
        for entry, _ in _owned(parts, "entries")
        if entry["path"].startswith("var/lib/dpkg/status.d/")
    }
    for part in parts:
        package = part["package"]
        status = f"var/lib/dpkg/status.d/{package['name']}" if package else None
        if status is not None and status not in registered:
            yield Finding(
                "status",
                status,
                "",
                owner(part),
                "the package's files are in the image, its control stanza is not",
                "do not exclude var/lib/dpkg/status.d",
            )


def architectures(parts: Sequence[Part], architecture: str) -> Iterator[Finding]:
    """Parts that are made for another architecture than the image."""
    for part in parts:
        if part["architecture"] not in (None, architecture):
            yield Finding(
                "architecture",
                "",
                "",
                owner(part),
                f"it is for {part['architecture']}, the image for {architecture}",
                f"take the part for {architecture}",
            )


def merged_usr(parts: Sequence[Part]) -> Iterator[Finding]:
    """Parts with paths in /bin, /lib and their like, if one of these is a link into /usr."""
    entries = (entry for part in parts for entry in part["entries"])
    if not any(entry["path"] in _MERGED_USR and _leads_to_usr(entry) for entry in entries):
        return
    for part in parts:
        first: dict[str, str] = {}
        for entry in (*part["entries"], *part["directories"]):
            top = entry["path"].partition("/")[0]
            if top in _MERGED_USR and not _leads_to_usr(entry):
                first.setdefault(top, entry["path"])
        for top, path in first.items():
            fault = f"in /{top}, which is a link to usr/{top} in a merged /usr"
            yield Finding(
                "merged-usr", path, "", owner(part), fault, "set merged_usr for the package"
            )


def _leads_to_usr(entry: dict[str, Any]) -> bool:
    return bool(
        entry.get("type") == "symlink" and entry["link"].strip("/") == f"usr/{entry['path']}"
    )


def links(parts: Sequence[Part], image: Image) -> Iterator[Finding]:
    """Symlinks that lead nowhere, but for those into what is mounted, and in documentation."""
    for entry, name in _owned(parts, "entries"):
        path = entry["path"]
        if entry["type"] != "symlink" or path.startswith(_DOCUMENTATION) or image.exists(path):
            continue
        target = posixpath.normpath(posixpath.join("/", posixpath.dirname(path), entry["link"]))
        if f"{target}/".startswith(_MOUNTED):
            continue
        yield Finding(
            "link",
            path,
            "",
            name,
            f"the link leads to {entry['link']}, which is not in the image",
            "add what it leads to, or exclude it",
        )


def _owned(parts: Iterable[Part], key: str) -> Iterator[tuple[dict[str, Any], str]]:
    for part in parts:
        name = owner(part)
        for entry in part[key]:
            yield entry, name
