from __future__ import annotations

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.architectures import find_architecture
from tools.lib.part.part import PartEntry
from tools.lib.part.testing import ARM64, elf, file, ld_so_cache, part, symlink
from tools.lib.rootfs.image import ImageView
from tools.lib.rootfs.loader import Loader

_LOADER = "/lib64/ld-linux-x86-64.so.2"
_LIBC = [
    elf("lib/x86_64-linux-gnu/libc.so.6", "ld-linux-x86-64.so.2"),
    elf("lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"),
    symlink("lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"),
]


def missing(*entries: PartEntry, library_path: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Path and library of everything that is not found, in an image with a C library."""
    loader = Loader(ImageView([part(*_LIBC, *entries)]), find_architecture("amd64"), library_path)
    return [(each.elf.path, each.library) for each in loader.missing()]


def program(
    path: str, *needed: str, rpath: tuple[str, ...] = (), runpath: tuple[str, ...] = ()
) -> PartEntry:
    return elf(path, *needed, interpreter=_LOADER, rpath=rpath, runpath=runpath)


@pytest.mark.parametrize(
    "directory", ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib", "usr/lib"]
)
def test_default_directories(directory: str) -> None:
    assert missing(program("bin/x", "libx.so.1"), elf(f"{directory}/libx.so.1")) == []


@pytest.mark.parametrize(
    "path",
    [
        "usr/local/lib/libx.so.1",
        "lib/aarch64-linux-gnu/libx.so.1",
        # Only newer processors search here.
        "lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/libx.so.1",
    ],
)
def test_directories_that_ld_so_does_not_search(path: str) -> None:
    assert missing(program("bin/x", "libx.so.1"), elf(path)) == [("bin/x", "libx.so.1")]


def test_library_path() -> None:
    found = elf("opt/lib/libx.so.1")
    assert missing(program("bin/x", "libx.so.1"), found, library_path=("/opt/lib",)) == []


def test_cache_has_libraries_of_other_directories() -> None:
    entries = [program("bin/x", "libx.so.1"), elf("opt/lib/libx.so.1")]
    assert (
        missing(*entries, ld_so_cache({"libx.so.1": ["/lib/libx.so.1", "/opt/lib/libx.so.1"]}))
        == []
    )
    assert missing(*entries, ld_so_cache({"libx.so": ["/opt/lib/libx.so.1"]})) == [
        ("bin/x", "libx.so.1")
    ]
    assert missing(entries[0], ld_so_cache({"libx.so.1": ["/gone"]})) == [("bin/x", "libx.so.1")]


def test_cache_comes_after_runpath_and_before_default_directories() -> None:
    one, two, three = (elf(f"{place}/liba.so", place) for place in ("opt/run", "opt/cache", "lib"))
    known = ld_so_cache({"liba.so": ["/opt/cache/liba.so"]})
    start = program("bin/x", "liba.so")
    assert missing(start, two, three, known) == [
        ("opt/cache/liba.so", "opt/cache"),
        ("lib/liba.so", "lib"),
    ]
    start = program("bin/x", "liba.so", runpath=("/opt/run",))
    assert missing(start, one, two, three, known)[0] == ("opt/run/liba.so", "opt/run")


def test_missing_library_is_reported_for_each_user() -> None:
    assert missing(program("bin/x", "liba.so", "libb.so"), elf("lib/liba.so", "libb.so")) == [
        ("bin/x", "libb.so"),
        ("lib/liba.so", "libb.so"),
    ]


def test_links_are_followed_inside_the_image() -> None:
    entries = [
        program("bin/x", "libx.so.1"),
        symlink("usr/lib/libx.so.1", "/etc/alternatives/libx"),
        symlink("etc/alternatives/libx", "../../usr/lib/x/libx.so.1.2"),
        elf("usr/lib/x/libx.so.1.2", soname="libx.so.1"),
    ]
    assert missing(*entries) == []
    assert missing(*entries[:-1]) == [("bin/x", "libx.so.1")]


def test_library_for_another_machine_is_skipped() -> None:
    arm = elf("lib/x86_64-linux-gnu/libx.so.1", machine=ARM64)
    assert missing(program("bin/x", "libx.so.1"), arm) == [("bin/x", "libx.so.1")]
    assert missing(program("bin/x", "libx.so.1"), arm, elf("usr/lib/libx.so.1")) == []


def test_file_that_is_not_elf() -> None:
    assert missing(program("bin/x", "libx.so"), file("usr/lib/libx.so")) == [("bin/x", "libx.so")]


@pytest.mark.parametrize("origin", ["$ORIGIN/../lib", "${ORIGIN}/../lib", "/opt/x/lib"])
@pytest.mark.parametrize("tag", ["rpath", "runpath"])
def test_rpath_and_runpath(tag: str, origin: str) -> None:
    paths = {tag: (origin,)}
    assert missing(program("opt/x/bin/x", "liba.so", **paths), elf("opt/x/lib/liba.so")) == []


def test_lib_token_is_the_directory_of_the_architecture() -> None:
    found = elf("opt/lib/x86_64-linux-gnu/liba.so")
    assert missing(program("bin/x", "liba.so", runpath=("/opt/$LIB",)), found) == []


def test_rpath_applies_to_loaded_libraries_but_runpath_does_not() -> None:
    entries = [elf("opt/liba.so", "libb.so"), elf("opt/libb.so")]
    assert missing(program("bin/x", "liba.so", rpath=("/opt",)), *entries) == []
    assert missing(program("bin/x", "liba.so", runpath=("/opt",)), *entries) == [
        ("opt/liba.so", "libb.so")
    ]


def test_runpath_of_a_library_disables_rpath() -> None:
    middle = elf("opt/liba.so", "libb.so", rpath=("/opt",), runpath=("/srv",))
    assert missing(program("bin/x", "liba.so", rpath=("/opt",)), middle, elf("opt/libb.so")) == [
        ("opt/liba.so", "libb.so")
    ]


def test_library_that_is_loaded_already_is_found() -> None:
    start = program("opt/x", "liba.so", "libb.so", runpath=("$ORIGIN",))
    assert missing(start, elf("opt/liba.so", "libb.so"), elf("opt/libb.so")) == []


def test_origin_is_the_directory_of_the_link() -> None:
    # ld.so searches beside the link, not beside its target.
    entries = [
        program("bin/x", "liba.so", runpath=("/opt/links",)),
        symlink("opt/links/liba.so", "../real/liba.so"),
        elf("opt/real/liba.so", "libb.so", runpath=("$ORIGIN",)),
    ]
    assert missing(*entries, elf("opt/links/libb.so")) == []


def test_plugin_is_loaded_on_its_own() -> None:
    plugin = elf("usr/lib/x/plugin.so", "libx.so.1", "libc.so.6")
    assert missing(plugin) == [("usr/lib/x/plugin.so", "libx.so.1")]


def test_needed_name_with_a_slash_is_a_path() -> None:
    start = program("opt/x", "$ORIGIN/liba.so", "/opt/libb.so")
    assert missing(start, elf("opt/liba.so")) == [("opt/x", "/opt/libb.so")]


def test_dependency_cycle() -> None:
    assert missing(elf("lib/liba.so", "libb.so"), elf("lib/libb.so", "liba.so")) == []


def test_object_file_needs_nothing() -> None:
    module = elf("lib/modules/x.ko", "never.so", kind="rel")
    assert missing(module) == []


def test_search_that_takes_too_long_is_refused() -> None:
    names = [f"lib{number}.so" for number in range(200)]
    paths = [f"/{number}" for number in range(200)]
    programs = [program(f"bin/{number}", *names, runpath=tuple(paths)) for number in range(300)]
    with pytest.raises(ToolError, match=r"^the search for the libraries .* too many steps"):
        missing(*programs)


def test_rpaths_that_add_up_are_refused() -> None:
    libraries = [
        elf(f"lib/lib{number}.so", f"lib{number + 1}.so", rpath=[f"/{number}"] * 256)
        for number in range(20)
    ]
    with pytest.raises(ToolError, match=r"^/lib/lib16\.so: more than 4096 directories in DT_RPATH"):
        missing(*libraries)
