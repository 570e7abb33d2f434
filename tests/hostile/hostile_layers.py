"""Images whose layers cost much when they are applied, searched or tested."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.hostile.hostile_tars import MIB
from tools.lib.archive.testing import GNU, archive, header, long_text

Entries = Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Image:
    """Layers, the lowest first, made when they are needed; and the error, if they are refused."""

    layers: Callable[[], list[bytes]]
    message: str = ""


def file(name: bytes) -> bytes:
    return _entry(name, b"0")


def directory(name: bytes) -> bytes:
    return _entry(name + b"/", b"5")


def symlink(name: bytes, target: bytes) -> bytes:
    return _entry(name, b"2", target)


def files(prefix: bytes, count: int) -> Entries:
    return (file(prefix + b"%d" % number) for number in range(count))


def _entry(name: bytes, typeflag: bytes, link: bytes = b"") -> bytes:
    block = header(name=name[:100], typeflag=typeflag, link=link[:100], magic=GNU)
    if len(name) > 100:
        block = long_text(b"L", name) + block
    return long_text(b"K", link) + block if len(link) > 100 else block


def _deep(levels: int) -> Entries:
    return (directory(b"/".join([b"d"] * depth)) for depth in range(1, levels + 1))


def _deep_through_links() -> Entries:
    """Directories that are 200 deep below a link to the deepest of the last, and so on."""
    for number in range(50):
        yield directory(b"/".join([b"%d" % number, *[b"d"] * 48]))
        deepest = b"/".join([b"%d" % number, *[b"d"] * 48])
        yield symlink(deepest + b"/n", b"/%d" % (number + 1))
    yield from (file(b"/".join([b"0", *[b"d"] * 40, b"%d" % at])) for at in range(1000))


def _links_of_many_components(count: int) -> Entries:
    yield directory(b"a")
    for number in range(40):
        yield symlink(b"s%d" % number, b"a/../" * 800 + b"s%d" % (number + 1))
    yield directory(b"s40")
    # Never two in a row in one directory: its links are followed each time.
    for number in range(count):
        yield file(b"s%d/%d" % (number % 2, number))


def _directories_by_links() -> Entries:
    yield directory(b"d")
    yield symlink(b"l", b"d/l2")
    yield symlink(b"d/l2", b"../l")
    yield from files(b"l/", 10)


IMAGES = {
    "whiteout_of_a_deep_directory": Image(lambda: [archive(*_deep(250)), archive(file(b".wh.d"))]),
    "many_opaque_directories": Image(
        lambda: [
            archive(*_deep(200), *files(b"d/" * 200, 10_000)),
            archive(*(file(b"d/" * at + b".wh..wh..opq") for at in range(1, 200))),
        ]
    ),
    "one_whiteout_many_times": Image(
        lambda: [archive(*[*files(b"d/", 30_000), *[file(b".wh.d")] * 30_000])]
    ),
    "many_whiteouts": Image(
        lambda: [archive(*files(b"d/", 60_000)), archive(*files(b"d/.wh.", 60_000))]
    ),
    "deep_directories_through_links": Image(lambda: [archive(*_deep_through_links())]),
    "links_of_many_components": Image(
        lambda: [archive(*_links_of_many_components(60_000))], "symlinks|too many symbolic links"
    ),
    "links_in_a_circle": Image(
        lambda: [archive(*_directories_by_links())], "too many symbolic links"
    ),
    "hard_link_to_itself": Image(
        lambda: [archive(header(), header(typeflag=b"1", link=b"a"))], "hard link"
    ),
    "hard_link_to_nothing": Image(
        lambda: [archive(header(typeflag=b"1", link=b"b"))], "/b does not exist"
    ),
    "entry_below_a_file": Image(lambda: [archive(header(), header(name=b"a/b"))], "directory"),
    "layer_without_entries": Image(lambda: [archive()] * 500),
    "file_of_200_mib": Image(lambda: [archive(header(size=200 * MIB), bytes(200 * MIB))]),
}


def include(*lines: bytes) -> bytes:
    """A layer whose ld.so.conf has these lines."""
    text = b"\n".join(lines)
    return archive(header(name=b"etc/ld.so.conf", size=len(text)), text)


def _exponential_includes() -> bytes:
    entries: list[bytes] = []
    for number in range(40):
        text = b"include /etc/ld.so.conf.d/%d.conf\n" % (number + 1) * 2
        name = b"etc/ld.so.conf.d/%d.conf" % number
        entries += [header(name=name, size=len(text)), text]
    entries += [header(name=b"etc/ld.so.conf.d/40.conf", size=1), b"\n"]
    text = b"include /etc/ld.so.conf.d/0.conf\n"
    return archive(*entries, header(name=b"etc/ld.so.conf", size=len(text)), text)


def _includes_through_links() -> bytes:
    """A file that includes itself by the names of many links."""
    text = b"include /etc/ld.so.conf.d/*\n"
    links = (symlink(b"etc/ld.so.conf.d/%d" % at, b"../ld.so.conf") for at in range(1000))
    return archive(header(name=b"etc/ld.so.conf", size=len(text)), text, *links)


LIBRARIES: dict[str, Callable[[], bytes]] = {
    "exponential_includes": _exponential_includes,
    "includes_through_links": _includes_through_links,
    "includes_itself": lambda: include(b"include /etc/ld.so.conf"),
    "patterns_of_many_stars": lambda: include(*[b"include /" + b"*a" * 100 + b"/*" * 30] * 200),
    "many_directories": lambda: include(*(b"/usr/lib/%d" % at for at in range(5000))),
    "a_line_of_64_kib": lambda: include(b"include " + b"/x " * 21_000),
    "many_libraries": lambda: archive(*files(b"usr/lib/lib", 50_000)),
}
"""Layers that ld_so_cache searches: they are refused with one line, or searched."""
