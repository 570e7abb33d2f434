"""What other programs read of a tar archive: Python's tarfile, GNU tar, and Go's archive/tar.

Each function returns the entries in the archive's order, or None if the program refuses it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.lib.archive.limits import DEFAULT_LIMITS
from tools.lib.archive.tar_entry import EntryType, path_bytes
from tools.lib.archive.tar_reader import content, members
from tools.lib.cli.errors import ToolError

_TYPES: dict[bytes, EntryType] = {
    b"0": "file",
    b"\0": "file",
    b"S": "file",
    b"1": "hardlink",
    b"2": "symlink",
    b"3": "char",
    b"4": "block",
    b"5": "directory",
    b"6": "fifo",
}
_GNU_TYPES: dict[str, EntryType] = {
    "-": "file",
    "h": "hardlink",
    "l": "symlink",
    "c": "char",
    "b": "block",
    "d": "directory",
    "p": "fifo",
}
# Mode, owner, size or device, date, time, name.
_LISTED = re.compile(r"(\S+) +(\S+) +(\S+) \S+ \S+ (.*)")
_ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry as a program reads it. `path`, and `link` of a hard link, are normalized;
    `content` is a hash, empty for what is not a file."""

    path: bytes
    type: EntryType
    mode: int
    owner: tuple[int, int]
    size: int
    link: bytes
    device: tuple[int, int]
    content: str = ""


def normalized(name: bytes) -> bytes:
    return b"/".join(part for part in name.split(b"/") if part not in (b"", b"."))


def ours(data: bytes, *, for_runtime: bool) -> list[Seen]:
    """What the strict reader reads; a ToolError if it refuses the archive."""

    def read_at(offset: int, length: int) -> bytes:
        return data[offset : offset + length]

    return [
        Seen(
            path_bytes(entry.path),
            entry.type,
            entry.mode,
            (entry.uid, entry.gid),
            entry.size,
            path_bytes(entry.link),
            entry.device,
            hashlib.sha256(b"".join(content(member, read_at))).hexdigest()
            if entry.type == "file"
            else "",
        )
        for member in members(read_at, len(data), DEFAULT_LIMITS, for_runtime=for_runtime)
        for entry in [member.entry]
    ]


def accepts(data: bytes, *, for_runtime: bool) -> bool:
    try:
        ours(data, for_runtime=for_runtime)
    except ToolError:
        return False
    return True


def python(data: bytes) -> list[Seen] | None:
    found: list[Seen] = []
    try:
        with tarfile.open(
            fileobj=io.BytesIO(data), mode="r:", encoding="utf-8", errors="surrogateescape"
        ) as archive:
            for info in archive:
                file = archive.extractfile(info) if info.isreg() else None
                kind = _TYPES[info.type]
                found.append(
                    Seen(
                        normalized(path_bytes(info.name)),
                        kind,
                        info.mode & 0o7777,
                        (info.uid, info.gid),
                        info.size if file else 0,
                        _link(kind, path_bytes(info.linkname)),
                        (info.devmajor, info.devminor) if kind in ("char", "block") else (0, 0),
                        hashlib.sha256(file.read()).hexdigest() if file else "",
                    )
                )
    except (tarfile.TarError, KeyError):
        return None
    return found


def gnu_tar(path: Path) -> list[Seen] | None:
    """The listing of GNU tar. The hash of the last file is that of all files' contents."""
    options = ["--numeric-owner", "--quoting-style=escape", "-f", str(path)]
    listing = _run(["tar", "-tv", *options])
    contents = _run(["tar", "-xO", *options])
    if listing is None or contents is None:
        return None
    found = [_listed(line) for line in listing.decode("ascii").splitlines()]
    return [
        *found,
        Seen(b"", "file", 0, (0, 0), 0, b"", (0, 0), hashlib.sha256(contents).hexdigest()),
    ]


def as_gnu_tar(seen: Sequence[Seen], data: bytes) -> list[Seen]:
    """What `gnu_tar` returns for the entries that the strict reader sees in `data`."""

    def read_at(offset: int, length: int) -> bytes:
        return data[offset : offset + length]

    digest = hashlib.sha256()
    for member in members(read_at, len(data)):
        for chunk in content(member, read_at):
            digest.update(chunk)
    listed = [
        Seen(each.path, each.type, each.mode, each.owner, each.size, each.link, each.device)
        for each in seen
    ]
    return [*listed, Seen(b"", "file", 0, (0, 0), 0, b"", (0, 0), digest.hexdigest())]


def go_program(directory: Path) -> str | None:
    """Builds the program that reads with Go's archive/tar; None if this machine has no Go."""
    if not shutil.which("go"):
        return None
    source = Path(__file__).with_name("readtar.go")
    program = directory / "readtar"
    environment = _ENVIRONMENT | {"HOME": str(directory), "GOCACHE": str(directory / "cache")}
    environment |= {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"}
    subprocess.run(
        ["go", "build", "-o", str(program), str(source)],
        check=True,
        env=environment,
        cwd=directory,
    )
    return str(program)


def go(program: str, paths: Sequence[Path]) -> list[list[Seen] | None]:
    output = subprocess.run([program, *map(str, paths)], check=True, stdout=subprocess.PIPE).stdout
    return [_go_entries(json.loads(line)) for line in output.splitlines()]


def _go_entries(entries: Sequence[dict[str, str | int]] | None) -> list[Seen] | None:
    if entries is None:
        return None
    found: list[Seen] = []
    for each in entries:
        flag = str(each["Type"]).encode("latin-1")
        if flag == b"g":
            continue  # Go hands it to the program
        kind = _TYPES[flag]
        found.append(
            Seen(
                normalized(bytes.fromhex(str(each["Name"]))),
                kind,
                int(each["Mode"]) & 0o7777,
                (int(each["Uid"]), int(each["Gid"])),
                int(each["Size"]) if kind == "file" else 0,
                _link(kind, bytes.fromhex(str(each["Link"]))),
                (int(each["Major"]), int(each["Minor"])) if kind in ("char", "block") else (0, 0),
                str(each["Content"]) if kind == "file" else "",
            )
        )
    return found


def _link(kind: EntryType, link: bytes) -> bytes:
    if kind == "hardlink":
        return normalized(link)
    return link if kind == "symlink" else b""


def _run(command: Sequence[str]) -> bytes | None:
    result = subprocess.run(command, env=_ENVIRONMENT, capture_output=True)
    return result.stdout if result.returncode == 0 else None


def _listed(line: str) -> Seen:
    """An entry of `tar -tv`."""
    match = _LISTED.fullmatch(line)
    assert match, line
    mode, owner, size, name = match.groups()
    kind = _GNU_TYPES[mode[0]]
    link = ""
    if kind in ("hardlink", "symlink"):
        name, link = name.split(" link to " if kind == "hardlink" else " -> ")
    uid, gid = owner.split("/")
    device = tuple(map(int, size.split(","))) if kind in ("char", "block") else (0, 0)
    return Seen(
        normalized(_unescaped(name)),
        kind,
        _octal_mode(mode[1:]),
        (int(uid), int(gid)),
        0 if kind in ("char", "block") else int(size),
        _link(kind, _unescaped(link)),
        (device[0], device[1]),
    )


def _unescaped(text: str) -> bytes:
    named = {
        b"n": b"\n",
        b"t": b"\t",
        b"b": b"\b",
        b"f": b"\f",
        b"r": b"\r",
        b"v": b"\v",
        b"a": b"\a",
    }
    return re.sub(
        rb"\\([0-7]{3}|.)",
        lambda match: (
            bytes([int(match[1], 8)]) if len(match[1]) == 3 else named.get(match[1], match[1])
        ),
        text.encode("ascii"),
    )


def _octal_mode(text: str) -> int:
    mode = 0
    for at, letter in enumerate(text):
        bit = 0o400 >> at
        if letter in "rwxst":
            mode |= bit
        if letter in "sStT":
            mode |= {2: 0o4000, 5: 0o2000, 8: 0o1000}[at]
    return mode
