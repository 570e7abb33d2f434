"""What the maintainer scripts of packages would have done, and nothing does in an image.

The scripts are in the first kilobytes of a package file, and only those are downloaded. They are
shell programs, so this finds the usual commands, and not what a command's arguments expand to. A
part of a file cannot be verified by its hash: what is found is information, nothing is built of it.

Source of the format: deb(5), deb-postinst(5), deb-triggers(5).
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tools.lib.archive.decompress import chunks
from tools.lib.cli.errors import ToolError
from tools.lib.cli.parallel import in_parallel
from tools.lock.packages import IndexPackage

Fetch = Callable[[str, int], bytes | None]
"""The first bytes of a URL, at least as many as asked for if it has them; None if not found."""

# Of the control member of most packages, compressed; those of the largest have 1 MiB.
_FIRST = 32 << 10
_MAX_MEMBER = 4 << 20
_MAX_CONTROL = 32 << 20
_SCRIPTS = ("preinst", "postinst")
_COMMAND = r"(?m)^[ \t]*(?:if |then |else |! )*(?:/usr/s?bin/|/s?bin/)?"
_USERS = re.compile(_COMMAND + r"(?:adduser|useradd|addgroup|groupadd|systemd-sysusers)\b(.*)$")
# Up to the end of a command, such as `||` or `>`.
_WORDS = re.compile(r"""(?:"[^"]*"|'[^']*'|[^|&;<>"'#])*""")
_NAME = re.compile(r"(?<![\w./=$-])[a-z_][a-z0-9_-]*(?:\.conf)?(?=$|[ \t\"';|&>])")
_ALTERNATIVE = re.compile(r"--install[ \t]+(/[\w./+-]+)[ \t]+[\w.+-]+[ \t]+(/[\w./+-]+)")
_CACHES = re.compile(
    _COMMAND + r"(ldconfig|update-ca-certificates|update-mime-database|update-icon-caches"
    r"|gtk-update-icon-cache|fc-cache|glib-compile-schemas|update-desktop-database|locale-gen"
    r"|update-java-alternatives|install-info|gdk-pixbuf-query-loaders)\b"
)
_TRIGGER = re.compile(r"(?m)^activate(?:-noawait|-await)?[ \t]+([\w./-]+)[ \t]*$")
# Listed for a kind of work; more are counted.
_LISTED = 12


@dataclass(frozen=True, slots=True)
class LeftUndone:
    """What nothing does for a package: users to make, links of alternatives, caches to write."""

    package: str
    users: tuple[str, ...]
    alternatives: tuple[str, ...]
    caches: tuple[str, ...]


def left_undone(packages: Iterable[IndexPackage], fetch: Fetch) -> list[str]:
    """Lines for the user about packages that are locked anew.

    Args:
        packages: the packages; one architecture of each is enough.
        fetch: downloads the start of a file.
    """
    distinct = {package.name: package for package in packages}
    found: list[LeftUndone | None] = []
    try:
        found = in_parallel(lambda name: _read(distinct[name], fetch), sorted(distinct))
    except ToolError as error:
        return [f"maintainer scripts were not read: {error.message}"]
    lines = _lines([each for each in found if each])
    unread = sum(each is None for each in found)
    if unread and lines:
        lines.append(f"  not found: the scripts of {unread} package{'s' if unread > 1 else ''}")
    return lines


def _lines(found: Sequence[LeftUndone]) -> list[str]:
    users = [f"{each.package} ({', '.join(each.users)})" for each in found if each.users]
    links = [f"{link} ({each.package})" for each in found for link in each.alternatives]
    caches: dict[str, list[str]] = {}
    for each in found:
        for cache in each.caches:
            caches.setdefault(cache, []).append(each.package)
    lines = []
    if users:
        lines.append(f"  users and groups (rules passwd, group): {_listed(users)}")
    if links:
        lines.append(f"  alternatives: {_listed(links)}")
    lines += [f"  {cache}: for {_listed(names)}" for cache, names in sorted(caches.items())]
    return ["maintainer scripts do not run; theirs would do:", *lines] if lines else []


def _listed(items: Sequence[str]) -> str:
    more = f" and {len(items) - _LISTED} more" if len(items) > _LISTED else ""
    return ", ".join(items[:_LISTED]) + more


def _read(package: IndexPackage, fetch: Fetch) -> LeftUndone | None:
    data = fetch(package.url, _FIRST)
    if data is None:
        return None
    try:
        files = _control_files(data, lambda size: fetch(package.url, size) or b"")
    except (ToolError, tarfile.TarError, ValueError, EOFError):
        return None
    return find_work(package.name, files)


def _control_files(data: bytes, more: Callable[[int], bytes]) -> dict[str, str]:
    """The scripts and the triggers of a package, from the first bytes of its file."""
    at = 8  # after "!<arch>\n"
    while data[at + 58 : at + 60] == b"`\n":
        name = data[at : at + 16].decode("ascii", "replace").strip().rstrip("/")
        size = int(data[at + 48 : at + 58])
        if size < 0:  # the loop would not end
            break
        if name.startswith("control.tar"):
            if size > _MAX_MEMBER:
                break
            if at + 60 + size > len(data):
                data = more(at + 60 + size)
            member = io.BytesIO(data[at + 60 : at + 60 + size])
            return _unpack(member, name.removeprefix("control.tar"))
        at += 60 + size + size % 2
    raise ValueError("no control member")


def _unpack(member: io.BytesIO, suffix: str) -> dict[str, str]:
    control = bytearray()
    for chunk in chunks(member, suffix):
        control += chunk
        if len(control) > _MAX_CONTROL:
            raise ValueError("too large")
    files = {}
    with tarfile.open(fileobj=io.BytesIO(control), mode="r:") as archive:
        for entry in archive:
            name = entry.name.removeprefix("./")
            if name in (*_SCRIPTS, "triggers") and (content := archive.extractfile(entry)):
                files[name] = content.read().decode("utf-8", "replace")
    return files


def find_work(package: str, files: dict[str, str]) -> LeftUndone:
    """What scripts would do.

    Args:
        package: the name of the package.
        files: `preinst`, `postinst` and `triggers`, those that the package has.
    """
    scripts = [files.get(name, "").replace("\\\n", " ") for name in _SCRIPTS]
    users: dict[str, None] = {}
    alternatives: dict[str, None] = {}
    caches: dict[str, None] = {}
    for script in scripts:
        for match in _USERS.finditer(script):
            words = _WORDS.match(match[1])
            names = _NAME.findall(words[0] if words else "")
            # The name is the last word; its options may have values.
            users[names[-1] if names else "?"] = None
        for match in _ALTERNATIVE.finditer(script):
            # An image has no manual pages.
            if not match[1].startswith("/usr/share/man/"):
                alternatives[f"{match[1]} -> {match[2]}"] = None
        caches |= dict.fromkeys(_CACHES.findall(script))
    caches |= dict.fromkeys(_TRIGGER.findall(files.get("triggers", "")))
    return LeftUndone(package, tuple(users), tuple(alternatives), tuple(caches))
