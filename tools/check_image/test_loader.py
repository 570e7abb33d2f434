from __future__ import annotations

import pytest

from tools.check_image.loader import Loader
from tools.lib.debian.architectures import find_architecture
from tools.lib.part.part import PartEntry
from tools.lib.part.testing import ARM64, elf, file, ld_so_cache, part, symlink
from tools.lib.rootfs.image import ImageView

_LOADER = "/lib64/ld-linux-x86-64.so.2"
_LIBC = [
    elf("lib/x86_64-linux-gnu/libc.so.6", "ld-linux-x86-64.so.2"),
    elf("lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"),
    symlink("lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"),
]


def missing(*entries: PartEntry, library_path: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Path and needed name of all that is not found, beside a C library."""
    loader = Loader(ImageView([part(*_LIBC, *entries)]), find_architecture("amd64"), library_path)
    return [(each.elf.path, each.library) for each in loader.missing()]


def program(
    path: str, *needed: str, rpath: tuple[str, ...] = (), runpath: tuple[str, ...] = ()
) -> PartEntry:
    return elf(path, *needed, interpreter=_LOADER, rpath=rpath, runpath=runpath)


@pytest.mark.parametrize(
    "directory", ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib", "usr/lib"]
)
def test_the_system_s_directories(directory: str) -> None:
    assert missing(program("bin/x", "libx.so.1"), elf(f"{directory}/libx.so.1")) == []


@pytest.mark.parametrize(
    "path",
    [
        "usr/local/lib/libx.so.1",
        "lib/aarch64-linux-gnu/libx.so.1",
        # What only a newer processor finds.
        "lib/x86_64-linux-gnu/glibc-hwcaps/x86-64-v3/libx.so.1",
    ],
)
def test_directories_where_ld_so_does_not_look(path: str) -> None:
    assert missing(program("bin/x", "libx.so.1"), elf(path)) == [("bin/x", "libx.so.1")]


def test_directories_of_ld_library_path_and_the_cache() -> None:
    found = elf("opt/lib/libx.so.1")
    assert missing(program("bin/x", "libx.so.1"), found, library_path=("/opt/lib",)) == []


def test_the_cache_has_libraries_of_other_directories() -> None:
    entries = [program("bin/x", "libx.so.1"), elf("opt/lib/libx.so.1")]
    assert (
        missing(*entries, ld_so_cache({"libx.so.1": ["/lib/libx.so.1", "/opt/lib/libx.so.1"]}))
        == []
    )
    assert missing(*entries, ld_so_cache({"libx.so": ["/opt/lib/libx.so.1"]})) == [
        ("bin/x", "libx.so.1")
    ]
    assert missing(entries[0], ld_so_cache({"libx.so.1": ["/gone"]})) == [("bin/x", "libx.so.1")]


def test_the_cache_is_asked_after_a_runpath_and_before_the_system_s_directories() -> None:
    one, two, three = (elf(f"{place}/liba.so", place) for place in ("opt/run", "opt/cache", "lib"))
    known = ld_so_cache({"liba.so": ["/opt/cache/liba.so"]})
    start = program("bin/x", "liba.so")
    assert missing(start, two, three, known) == [
        ("opt/cache/liba.so", "opt/cache"),
        ("lib/liba.so", "lib"),
    ]
    start = program("bin/x", "liba.so", runpath=("/opt/run",))
    assert missing(start, one, two, three, known)[0] == ("opt/run/liba.so", "opt/run")


def test_a_missing_library_is_told_of_each_that_needs_it() -> None:
    assert missing(program("bin/x", "liba.so", "libb.so"), elf("lib/liba.so", "libb.so")) == [
        ("bin/x", "libb.so"),
        ("lib/liba.so", "libb.so"),
    ]


def test_links_lead_to_libraries_inside_the_image() -> None:
    entries = [
        program("bin/x", "libx.so.1"),
        symlink("usr/lib/libx.so.1", "/etc/alternatives/libx"),
        symlink("etc/alternatives/libx", "../../usr/lib/x/libx.so.1.2"),
        elf("usr/lib/x/libx.so.1.2", soname="libx.so.1"),
    ]
    assert missing(*entries) == []
    assert missing(*entries[:-1]) == [("bin/x", "libx.so.1")]


def test_a_library_for_another_machine_is_passed_over() -> None:
    arm = elf("lib/x86_64-linux-gnu/libx.so.1", machine=ARM64)
    assert missing(program("bin/x", "libx.so.1"), arm) == [("bin/x", "libx.so.1")]
    assert missing(program("bin/x", "libx.so.1"), arm, elf("usr/lib/libx.so.1")) == []


def test_a_file_that_is_not_elf_is_no_library() -> None:
    assert missing(program("bin/x", "libx.so"), file("usr/lib/libx.so")) == [("bin/x", "libx.so")]


@pytest.mark.parametrize("origin", ["$ORIGIN/../lib", "${ORIGIN}/../lib", "/opt/x/lib"])
@pytest.mark.parametrize("tag", ["rpath", "runpath"])
def test_rpath_and_runpath(tag: str, origin: str) -> None:
    paths = {tag: (origin,)}
    assert missing(program("opt/x/bin/x", "liba.so", **paths), elf("opt/x/lib/liba.so")) == []


def test_lib_in_a_runpath_is_the_architecture_s_directory() -> None:
    found = elf("opt/lib/x86_64-linux-gnu/liba.so")
    assert missing(program("bin/x", "liba.so", runpath=("/opt/$LIB",)), found) == []


def test_an_rpath_holds_for_the_libraries_that_it_brings_and_a_runpath_does_not() -> None:
    entries = [elf("opt/liba.so", "libb.so"), elf("opt/libb.so")]
    assert missing(program("bin/x", "liba.so", rpath=("/opt",)), *entries) == []
    assert missing(program("bin/x", "liba.so", runpath=("/opt",)), *entries) == [
        ("opt/liba.so", "libb.so")
    ]


def test_a_library_s_runpath_puts_the_rpaths_out_of_force() -> None:
    middle = elf("opt/liba.so", "libb.so", rpath=("/opt",), runpath=("/srv",))
    assert missing(program("bin/x", "liba.so", rpath=("/opt",)), middle, elf("opt/libb.so")) == [
        ("opt/liba.so", "libb.so")
    ]


def test_what_a_program_has_loaded_by_its_runpath_is_there_for_its_libraries() -> None:
    start = program("opt/x", "liba.so", "libb.so", runpath=("$ORIGIN",))
    assert missing(start, elf("opt/liba.so", "libb.so"), elf("opt/libb.so")) == []


def test_origin_is_where_the_library_was_found() -> None:
    # As with a link to a library of another folder: its neighbours are the link's.
    entries = [
        program("bin/x", "liba.so", runpath=("/opt/links",)),
        symlink("opt/links/liba.so", "../real/liba.so"),
        elf("opt/real/liba.so", "libb.so", runpath=("$ORIGIN",)),
    ]
    assert missing(*entries, elf("opt/links/libb.so")) == []


def test_a_plugin_is_opened_by_itself() -> None:
    plugin = elf("usr/lib/x/plugin.so", "libx.so.1", "libc.so.6")
    assert missing(plugin) == [("usr/lib/x/plugin.so", "libx.so.1")]


def test_a_needed_name_with_a_slash_is_a_path() -> None:
    start = program("opt/x", "$ORIGIN/liba.so", "/opt/libb.so")
    assert missing(start, elf("opt/liba.so")) == [("opt/x", "/opt/libb.so")]


def test_libraries_that_need_each_other_end() -> None:
    assert missing(elf("lib/liba.so", "libb.so"), elf("lib/libb.so", "liba.so")) == []


def test_object_files_are_not_loaded() -> None:
    module = elf("lib/modules/x.ko", "never.so", kind="rel")
    assert missing(module) == []
