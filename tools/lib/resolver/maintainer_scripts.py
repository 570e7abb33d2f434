"""What the maintainer scripts of packages would have done, and nothing does in an image.

The scripts are in the first kilobytes of a package file, and only those are downloaded. They are
shell programs, so this finds the usual commands, and values of variables only if they are literal.
A part of a file cannot be verified by its hash: what is found is information, nothing is built of
it.

Source of the format: deb-postinst(5), deb-triggers(5).
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tools.lib.apt.packages import IndexPackage
from tools.lib.archive.limits import MAX_CONTROL_FILE, MIB
from tools.lib.cli.errors import ToolError
from tools.lib.cli.parallel import in_parallel
from tools.lib.debian.alternatives import read_alternatives
from tools.lib.debian.deb import control_member, read_control_files
from tools.lib.debian.shell_words import commands_of, expand, lines_of, literal_variables

Fetch = Callable[[str, int], bytes | None]
"""The first bytes of a URL, at least as many as asked for if it has them; None if not found."""

# Of the control member of most packages, compressed; those of the largest have 1 MiB.
_FIRST = 32 << 10
_MAX_MEMBER = 4 * MIB
_SCRIPTS = ("preinst", "postinst")
_FILES = dict.fromkeys((*_SCRIPTS, "triggers"), MAX_CONTROL_FILE)
_COMMAND = r"(?m)^[ \t]*(?:if |then |else |! )*(?:/usr/s?bin/|/s?bin/)?"
_USERS = re.compile(_COMMAND + r"(?:adduser|useradd|addgroup|groupadd)\b")
_SYSUSERS = re.compile(_COMMAND + r"systemd-sysusers\b")
_NAME = re.compile(r"[a-z_][a-z0-9_-]*")
_CONFIG = re.compile(r"[\w.-]+\.conf")
_CACHES = re.compile(
    _COMMAND + r"(ldconfig|update-ca-certificates|update-mime-database|update-icon-caches"
    r"|gtk-update-icon-cache|fc-cache|glib-compile-schemas|update-desktop-database|locale-gen"
    r"|update-java-alternatives|install-info|gdk-pixbuf-query-loaders)\b"
)
_TRIGGER = re.compile(r"(?m)^activate(?:-noawait|-await)?[ \t]+([\w./-]+)[ \t]*$")
# What does in an image what a command does in Debian.
_INSTEAD = {
    "ldconfig": "oci_image makes a cache where an image needs one",
    "locale-gen": "see the rule locale",
    "update-ca-certificates": "see the rule trust_store",
}
# Listed for a kind of work; more are counted.
_LISTED = 12


@dataclass(frozen=True, slots=True)
class LeftUndone:
    """What nothing does for a package: users to make, links of alternatives, caches to write.

    Attributes:
        package: the name of the package.
        users: names of users and groups, or words for those whose names are not in the scripts.
        alternatives: links and what they lead to.
        caches: commands and triggers.
    """

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
    unread = [name for name, each in zip(sorted(distinct), found, strict=True) if each is None]
    if unread and lines:
        lines.append(f"  not known, because their scripts were not read: {_listed(unread)}")
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
        lines.append(f"  users and groups (see the rules passwd, group): {_listed(users)}")
    if links:
        lines.append(f"  alternatives (`alternatives = True` of an image): {_listed(links)}")
    for cache, names in sorted(caches.items()):
        instead = f" ({_INSTEAD[cache]})" if cache in _INSTEAD else ""
        lines.append(f"  {cache}{instead}: {_listed(names)}")
    title = "nothing runs maintainer scripts; those of the new packages would make or update:"
    return [title, *lines] if lines else []


def _listed(items: Sequence[str]) -> str:
    more = f" and {len(items) - _LISTED} more" if len(items) > _LISTED else ""
    return ", ".join(items[:_LISTED]) + more


def _read(package: IndexPackage, fetch: Fetch) -> LeftUndone | None:
    data = fetch(package.url, _FIRST)
    if data is None:
        return None
    try:
        # The data after the control files is not there.
        member = control_member(io.BytesIO(data), sys.maxsize)
        end = member.offset + member.size
        if len(data) < end <= _MAX_MEMBER:
            data = fetch(package.url, end) or b""
        files = read_control_files(io.BytesIO(data), member, _FILES)
    except ToolError:
        return None
    texts = {name: content.decode("utf-8", "replace") for name, content in files.items()}
    return find_work(package.name, texts)


def find_work(package: str, files: dict[str, str]) -> LeftUndone:
    """What scripts would do.

    Args:
        package: the name of the package.
        files: `preinst`, `postinst` and `triggers`, those that the package has.
    """
    users: dict[str, None] = {}
    alternatives: dict[str, None] = {}
    caches: dict[str, None] = {}
    for name in _SCRIPTS:
        script = files.get(name, "")
        lines = lines_of(script)
        variables = literal_variables(lines)
        for line in lines:
            users |= dict.fromkeys(_users(line, variables))
        caches |= dict.fromkeys(_CACHES.findall("\n".join(lines)))
        found = read_alternatives(script)
        for each in found.known:
            # An image has no manual pages.
            if not each.master.link.startswith("/usr/share/man/"):
                alternatives[f"{each.master.link} -> {each.master.path}"] = None
        if found.unknown:
            alternatives["links that the script computes"] = None
    caches |= dict.fromkeys(_TRIGGER.findall(files.get("triggers", "")))
    return LeftUndone(package, tuple(users), tuple(alternatives), tuple(caches))


def _users(line: str, variables: dict[str, str | None]) -> list[str]:
    """The users and groups that a line makes."""
    is_sysusers = _SYSUSERS.search(line)
    if not is_sysusers and not _USERS.search(line):
        return []
    try:
        words = next(each for each in commands_of(line) if _USERS.match(each[0]) or is_sysusers)
    except (StopIteration, ValueError):
        words = []
    if is_sysusers:
        configs = [word for word in words if _CONFIG.fullmatch(word)]
        return [f"those of /usr/lib/sysusers.d/{each}" for each in configs] or [
            "those of /usr/lib/sysusers.d"
        ]
    # The name is the last word; options may have values.
    try:
        name = expand(words[-1], variables) if len(words) > 1 else ""
    except ValueError:
        name = ""
    return [name if _NAME.fullmatch(name) else "a name that the script computes"]
