"""ld_so_cache: writes /etc/ld.so.cache for the libraries of an image, as a part of a layer."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tools.ld_so_cache.cache import CacheEntry, CacheTarget, encode
from tools.ld_so_cache.ld_so_conf import configured_directories
from tools.ld_so_cache.library_types import has_signed_char, library_type
from tools.ld_so_cache.needed import needed_directories
from tools.ld_so_cache.scan import ScanResult, scan
from tools.lib.archive.tar_entry import TarEntry, path_bytes
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.debian.architectures import find_architecture
from tools.lib.debian.package import BinaryPackage
from tools.lib.part.merge import newest_mtime, single_architecture
from tools.lib.part.output import add_flags, part_writer
from tools.lib.part.part import Part
from tools.lib.part.part_json import read_part
from tools.lib.rootfs.image import ImageView
from tools.lib.rootfs.image_flags import add_image_flags, read_image_parts

_PATH = "etc/ld.so.cache"


def main(argv: Sequence[str]) -> int:
    parser = Parser("ld_so_cache", "Writes /etc/ld.so.cache, as a part of a layer.")
    add_image_flags(parser)
    parser.add_argument(
        "--new-part",
        action="append",
        default=[],
        metavar="PART_JSON",
        help="a part that an image adds to all of that; the output is an empty part if ld.so finds"
        " the libraries that these need without a cache, and a cache of the others lists these",
    )
    parser.add_argument(
        "--directory",
        action="append",
        default=[],
        help="absolute path of a directory to search before the others",
    )
    parser.add_argument("--architecture", help="OCI's name; by default that of the parts")
    add_flags(parser)
    args = parser.parse_args(argv)

    parts = read_image_parts(args)
    if args.new_part:
        return _make_if_needed(args, parts, [read_part(path) for path in args.new_part])
    for directory in args.directory:
        if not directory.startswith("/"):
            raise ToolError(f"{args.label}: directories: {directory!r:.80} is not an absolute path")
    architecture = _architecture(parts, args.architecture, args.label)
    image = ImageView(parts)
    for directory in args.directory:
        inode = image.inode(directory)
        if inode is None or not inode.is_dir:
            raise ToolError(
                f"{args.label}: directories: {directory!r:.80} is not a directory of the image",
                "correct or remove it",
            )
    _write_cache(args, parts, image, args.directory, architecture)
    return 0


def _make_if_needed(args: Any, base: Sequence[Part], new: Sequence[Part]) -> int:
    """Writes a cache for an image if one of its new parts needs it, or else an empty part."""
    parts = [*base, *new]
    directories: list[str] | None = None
    # What is wrong with the image is for its checks to say, which know more about it.
    with contextlib.suppress(ToolError):
        specific = single_architecture(parts, args.label)
        if specific and specific.architecture:
            image = ImageView(parts)
            own = {entry.path for part in new for entry in part.entries}
            architecture = find_architecture(specific.architecture)
            if _PATH not in own:  # a cache of the user's own is as they want it
                directories = needed_directories(image, architecture, own)
    if directories is not None:
        _write_cache(args, parts, image, directories, architecture.name)
    else:
        with part_writer(args) as writer:
            writer.close(label=args.label, architecture=None, package=None)
    return 0


def _write_cache(
    args: Any,
    parts: Sequence[Part],
    image: ImageView,
    directories: Sequence[str],
    architecture: str,
) -> None:
    content, found = _make_cache(parts, image, directories, architecture)
    mtime = newest_mtime(parts) or 0
    entries = {
        path: TarEntry(path, "symlink", 0o777, mtime=mtime, link=link)
        for path, link in found.links.items()
    }
    entries[_PATH] = TarEntry(_PATH, "file", 0o644, mtime=mtime, size=len(content))
    with part_writer(args) as writer:
        for path in sorted(entries, key=path_bytes):
            if path == _PATH:
                writer.add(entries[path], [content], libraries=_paths_by_name(found.entries))
            else:
                writer.add(entries[path])
        writer.close(label=args.label, architecture=architecture, package=None, replaces=[_PATH])


def _make_cache(
    parts: Sequence[Part], image: ImageView, directories: Sequence[str], architecture: str
) -> tuple[bytes, ScanResult]:
    """The bytes of the cache, and what it lists."""
    target = find_architecture(architecture)
    machine = target.machine
    signed = has_signed_char(machine.number)
    found = scan(
        image,
        [*directories, *configured_directories(image), *target.library_directories],
        lambda elf: library_type(elf, machine),
        signed=signed,
    )
    content = encode(
        found.entries,
        map(path_bytes, found.hwcaps),
        CacheTarget(machine.byte_order, signed),
        _generator(parts).encode(),
    )
    return content, found


def _paths_by_name(entries: Iterable[CacheEntry]) -> dict[str, list[str]]:
    """The paths where each library is found on every processor."""
    paths: dict[str, list[str]] = {}
    for each in entries:
        if each.hwcaps is None:
            name, path = (
                text.decode("utf-8", "surrogateescape") for text in (each.name, each.path)
            )
            paths.setdefault(name, []).append(path)
    return paths


def _architecture(parts: Sequence[Part], given: str | None, label: str) -> str:
    specific = single_architecture(parts, label)
    found = specific.architecture if specific else None
    if found and given and found != given:
        raise ToolError(f"{label}: architecture is {given:.80}, but the parts are for {found}")
    if not (found or given):
        raise ToolError(
            f"{label}: the architecture is unknown: every part fits all of them",
            "set `architecture`, or let `base` name the image with the C library",
        )
    return given or found or ""


def _generator(parts: Sequence[Part]) -> str:
    """The text by which ldconfig of the image's C library identifies itself in a cache."""
    for package in _c_libraries(parts):
        upstream = package.version.rpartition(":")[2].rpartition("-")[0]
        vendor = "Ubuntu" if "ubuntu" in package.version else "Debian"
        return f"ldconfig ({vendor} GLIBC {package.version}) stable release version {upstream}"
    return "ld_so_cache"


def _c_libraries(parts: Sequence[Part]) -> Iterator[BinaryPackage]:
    for part in parts:
        if part.package and part.package.source == "glibc":
            for entry in part.entries:
                if entry.elf and entry.elf.soname == "libc.so.6":
                    yield part.package


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
