"""ld_so_cache: writes /etc/ld.so.cache for the libraries of an image, as a part of a layer."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from tools.ld_so_cache import cache, config
from tools.ld_so_cache.machines import has_signed_char, library_type
from tools.ld_so_cache.scan import Findings, scan
from tools.lib.archive.tar_entry import Entry, path_bytes
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.elf.abi import abi
from tools.lib.part import merge
from tools.lib.part import reader as metadata
from tools.lib.part.output import add_flags, part_writer
from tools.lib.part.part import Part
from tools.lib.rootfs.image import Image

_PATH = "etc/ld.so.cache"


def main(argv: Sequence[str]) -> int:
    parser = Parser("ld_so_cache", "Makes /etc/ld.so.cache, as a part of a layer.")
    parser.add_argument(
        "--part",
        action="append",
        default=[],
        dest="layers",
        type=lambda path: (metadata.read, path),
        help="part.json, of all layers bottom to top",
    )
    parser.add_argument(
        "--tar",
        action="append",
        default=[],
        dest="layers",
        type=lambda path: (_read_tar, path),
        help="a layer from elsewhere, between the parts",
    )
    parser.add_argument("--base-manifest", help="manifest of the image below all that")
    parser.add_argument(
        "--layout", action="append", default=[], help="OCI layout that has layers of that image"
    )
    parser.add_argument(
        "--directory", action="append", default=[], help="where libraries lie, besides the system's"
    )
    parser.add_argument("--architecture", help="OCI's name; by default that of the parts")
    add_flags(parser)
    args = parser.parse_args(argv)

    parts = _read_layout(args.base_manifest, args.layout) if args.base_manifest else []
    parts += (read(path) for read, path in args.layers)
    for directory in args.directory:
        if not directory.startswith("/"):
            raise ToolError(f"{args.label}: directory {directory:.80}: it does not start with /")
    architecture = _architecture(parts, args.architecture, args.label)
    content, found = _make(parts, args.directory, architecture)
    mtime = merge.newest(parts) or 0
    entries = {
        path: Entry(path, "symlink", 0o777, mtime=mtime, link=link)
        for path, link in found.links.items()
    }
    entries[_PATH] = Entry(_PATH, "file", 0o644, mtime=mtime, size=len(content))
    with part_writer(args) as writer:
        for path in sorted(entries, key=path_bytes):
            if path == _PATH:
                writer.add(entries[path], [content], libraries=_paths(found.libraries))
            else:
                writer.add(entries[path])
        writer.close(label=args.label, architecture=architecture, package=None, replaces=[_PATH])
    return 0


def _read_tar(path: str) -> Part:
    from tools.ld_so_cache import tars  # slow to import, and most images have none

    return tars.read(path)


def _read_layout(manifest: str, layouts: Sequence[str]) -> list[Part]:
    from tools.ld_so_cache import tars

    return list(tars.read_layout(manifest, layouts))


def _make(
    parts: Sequence[Part], directories: Sequence[str], architecture: str
) -> tuple[bytes, Findings]:
    """The cache, and what was found for it."""
    target = abi(architecture, "")
    signed = has_signed_char(target.machine.number)
    image = Image(parts)
    found = scan(
        image,
        [*directories, *config.directories(image), *target.directories],
        lambda elf: library_type(elf, target.machine),
        signed=signed,
    )
    content = cache.encode(
        found.libraries,
        map(path_bytes, found.hwcaps),
        cache.Target(target.machine.data, signed),
        _generator(parts).encode(),
    )
    return content, found


def _paths(libraries: Iterable[cache.Library]) -> dict[str, list[str]]:
    """Where each name is found on every processor."""
    paths: dict[str, list[str]] = {}
    for each in libraries:
        if each.hwcaps is None:
            name, path = (
                text.decode("utf-8", "surrogateescape") for text in (each.name, each.path)
            )
            paths.setdefault(name, []).append(path)
    return paths


def _architecture(parts: Sequence[Part], given: str | None, label: str) -> str:
    specific = merge.specific(parts)
    found = specific["architecture"] if specific else None
    if found and given and found != given:
        raise ToolError(f"{label}: architecture {given:.80}, and parts for {found}")
    if not (found or given):
        raise ToolError(
            f"{label}: no part is for a certain architecture, and caches differ",
            "set the architecture, or name the image that has the C library",
        )
    return given or found or ""


def _generator(parts: Sequence[Part]) -> str:
    """What the C library's own ldconfig says of itself in a cache."""
    for package in _c_libraries(parts):
        version = str(package["version"])
        upstream = version.rpartition(":")[2].rpartition("-")[0]
        vendor = "Ubuntu" if "ubuntu" in version else "Debian"
        return f"ldconfig ({vendor} GLIBC {version}) stable release version {upstream}"
    return "ld_so_cache"


def _c_libraries(parts: Sequence[Part]) -> Iterator[dict[str, str]]:
    for part in parts:
        if part["package"] and part["package"].get("source") == "glibc":
            for entry in part["entries"]:
                if (entry.get("elf") or {}).get("soname") == "libc.so.6":
                    yield part["package"]


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
