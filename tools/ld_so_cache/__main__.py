"""ld_so_cache: writes /etc/ld.so.cache for the libraries of an image, as a part of a layer."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from tools.ld_so_cache.cache import CacheEntry, CacheTarget, encode
from tools.ld_so_cache.ld_so_conf import configured_directories
from tools.ld_so_cache.library_types import has_signed_char, library_type
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

_PATH = "etc/ld.so.cache"


def main(argv: Sequence[str]) -> int:
    parser = Parser("ld_so_cache", "Writes /etc/ld.so.cache, as a part of a layer.")
    parser.add_argument(
        "--part",
        action="append",
        default=[],
        dest="readers",
        type=lambda path: lambda: read_part(path),
        metavar="PART_JSON",
        help="a part, of all layers bottom to top",
    )
    parser.add_argument(
        "--tar",
        action="append",
        default=[],
        dest="readers",
        type=lambda path: lambda: _read_tar(path),
        metavar="TAR",
        help="a layer without metadata, in its place between the parts",
    )
    parser.add_argument("--base-manifest", help="manifest of the image below all of that")
    parser.add_argument(
        "--layout",
        action="append",
        default=[],
        metavar="DIRECTORY",
        help="OCI layout that has layers of that image",
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

    parts = _read_layout(args.base_manifest, args.layout) if args.base_manifest else []
    parts += (read() for read in args.readers)
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
    content, found = _make_cache(parts, image, args.directory, architecture)
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
    return 0


def _read_tar(path: str) -> Part:
    from tools.ld_so_cache import foreign_layers  # slow to import, and most images need none

    return foreign_layers.read_tar(path)


def _read_layout(manifest: str, layouts: Sequence[str]) -> list[Part]:
    from tools.ld_so_cache import foreign_layers

    return list(foreign_layers.read_layout(manifest, layouts))


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
    specific = single_architecture(parts)
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
