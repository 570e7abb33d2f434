from __future__ import annotations

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.part.testing import directory, elf, file, hardlink, ld_so_cache, part, symlink
from tools.lib.rootfs.image import ImageView

BASE = part(
    symlink("lib", "usr/lib"),
    elf("usr/lib/liba.so"),
    elf("usr/lib/libb.so"),
    file("etc/passwd", text="root"),
    directories=[directory("tmp", 0o1777)],
)


def elf_paths(image: ImageView) -> list[str]:
    return [each.path for each in image.elf_files]


def test_paths_follow_links() -> None:
    image = ImageView([BASE])
    found = image.elf_file("/lib/liba.so")
    assert found
    assert (found.path, found.owner) == ("usr/lib/liba.so", "//x:y")
    assert image.elf_file("/etc/passwd") is None
    assert image.text("/etc/../etc/passwd") == "root"
    assert image.exists("tmp")
    assert not image.exists("/lib/libz.so")


def test_libraries_of_the_cache() -> None:
    image = ImageView([BASE, part(ld_so_cache({"liba.so": ["/lib/liba.so"]}))])
    assert image.cached_paths("liba.so") == ("/lib/liba.so",)
    assert image.cached_paths("libb.so") == ()
    assert ImageView([BASE]).cached_paths("liba.so") == ()


def test_upper_layers_hide_files_of_lower_ones() -> None:
    tar = part(file("lib/liba.so"), file("usr/lib/.wh.libb.so"), foreign=True)
    assert elf_paths(ImageView([BASE, tar])) == []
    replacing = part(elf("usr/lib/liba.so", "libz.so"), replaces=["usr/lib/liba.so"])
    (other, new) = ImageView([BASE, replacing]).elf_files
    assert (other.path, new.info.needed) == ("usr/lib/libb.so", ("libz.so",))


def test_file_with_another_name_is_still_visible() -> None:
    linked = part(hardlink("opt/liba.so", "lib/liba.so"), foreign=True)
    image = ImageView([BASE, linked, part(file("usr/lib/.wh.liba.so"), foreign=True)])
    assert image.elf_file("/opt/liba.so")
    assert not image.exists("/usr/lib/liba.so")
    assert len(image.elf_files) == 2


def test_paths_of_foreign_parts_are_resolved() -> None:
    tar = part(
        file("lib/x/new"),
        symlink("lib/link", "x"),
        hardlink("lib/libc.so", "lib/liba.so"),
        directories=[directory("lib/x", 0o711)],
        foreign=True,
    )
    image = ImageView([BASE, tar])
    assert [entry.path for entry in image.parts[1].entries] == [
        "usr/lib/x/new",
        "usr/lib/link",
        "usr/lib/libc.so",
    ]
    inode = image.inode("/usr/lib/x")
    assert inode
    assert inode.mode & 0o7777 == 0o711
    assert image.conflicts == []


def test_directory_of_a_foreign_part_hides_nothing_below_a_link() -> None:
    tar = part(elf("lib/libc.so"), directories=[directory("lib")], foreign=True)
    image = ImageView([BASE, tar])
    assert [each.entry.path for each in image.conflicts] == ["lib"]
    assert elf_paths(image) == ["usr/lib/liba.so", "usr/lib/libb.so", "usr/lib/libc.so"]


def test_entries_that_cannot_be_unpacked_are_left_out() -> None:
    tar = part(file("etc/passwd/x"), hardlink("etc/x", "etc/gone"), file("etc/y"), foreign=True)
    image = ImageView([BASE, tar])
    assert [each.entry.path for each in image.conflicts] == ["etc/passwd/x", "etc/x"]
    assert image.exists("/etc/y")
    assert not image.exists("/etc/x")


def test_file_and_directory_at_one_path() -> None:
    with pytest.raises(ToolError, match="its parent is not a directory"):
        ImageView([part(file("srv")), part(file("srv/x"))])
