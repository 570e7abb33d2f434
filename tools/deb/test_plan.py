import pytest

from tools.deb.path_filter import PathFilter
from tools.deb.plan import plan_part
from tools.lib.archive.extents import Extent
from tools.lib.archive.tar_entry import TarEntry
from tools.lib.archive.tar_member import TarMember
from tools.lib.cli.errors import ToolError

DATA = (Extent(0, 512, 1),)


def file(path: str, mode: int = 0o644) -> TarMember:
    return TarMember(TarEntry(path, "file", mode, size=1), DATA)


def directory(path: str, mode: int = 0o755) -> TarMember:
    return TarMember(TarEntry(path, "directory", mode), ())


def symlink(path: str, link: str) -> TarMember:
    return TarMember(TarEntry(path, "symlink", 0o777, link=link), ())


def hardlink(path: str, link: str) -> TarMember:
    return TarMember(TarEntry(path, "hardlink", 0o644, link=link), ())


def planned(*members: TarMember, exclude: str = "", merged_usr: bool = False) -> list[TarMember]:
    return plan_part(members, PathFilter([exclude] if exclude else [], []), merged_usr)


def paths(*members: TarMember, exclude: str = "", merged_usr: bool = False) -> list[str]:
    kept = planned(*members, exclude=exclude, merged_usr=merged_usr)
    return [member.entry.path for member in kept]


def test_entries_are_sorted_by_the_bytes_of_their_paths() -> None:
    assert paths(file("a/x"), file("b"), file("a-b"), file("a.b")) == ["a-b", "a.b", "a/x", "b"]


def test_directories_that_become_empty_are_left_out_and_those_that_were_empty_are_kept() -> None:
    members = [
        *(directory(path) for path in ("usr", "usr/share", "usr/share/man", "usr/share/man/man1")),
        file("usr/share/man/man1/x"),
        *(directory(path) for path in ("var", "var/empty", "usr/share/doc", "usr/share/doc/x")),
        file("usr/share/doc/x/copyright"),
    ]
    assert paths(*members) == [
        *("usr", "usr/share", "usr/share/doc", "usr/share/doc/x", "usr/share/doc/x/copyright"),
        *("var", "var/empty"),
    ]


def test_an_empty_directory_can_be_excluded() -> None:
    assert paths(directory("boot"), directory("home"), exclude="boot") == ["home"]


def test_the_first_of_hard_links_has_the_data() -> None:
    first, second, third = planned(
        hardlink("a", "b"),
        hardlink("c", "a"),
        TarMember(TarEntry("b", "file", 0o4755, size=1), DATA),
    )
    assert (first.entry.path, first.entry.type, first.extents) == ("a", "file", DATA)
    assert (second.entry.path, second.entry.type, second.entry.link) == ("b", "hardlink", "a")
    assert (third.entry.path, third.entry.type, third.entry.link) == ("c", "hardlink", "a")
    assert {member.entry.mode for member in (first, second, third)} == {0o4755}


def test_a_hard_link_whose_target_is_excluded_becomes_the_file() -> None:
    kept = planned(file("usr/share/doc/x/a"), hardlink("usr/b", "usr/share/doc/x/a"))
    assert [(member.entry.path, member.entry.type, member.entry.size) for member in kept] == [
        ("usr/b", "file", 1)
    ]
    assert kept[0].extents == DATA


def test_a_hard_link_to_a_symlink_becomes_that_symlink() -> None:
    kept = planned(symlink("a", "x"), hardlink("b", "a"))
    assert [(member.entry.type, member.entry.link) for member in kept] == [("symlink", "x")] * 2


def test_long_chains_of_hard_links_take_linear_time() -> None:
    chain = [hardlink(f"{n}", f"{n + 1}") for n in range(20_000)]
    assert len(planned(*chain, file("20000"))) == 20_001
    with pytest.raises(ToolError, match="hard link"):
        planned(*chain, hardlink("20000", "0"))


def test_the_target_of_a_copyright_link_is_kept() -> None:
    members = [
        symlink("usr/share/doc/x/copyright", "../y/LICENSE"),
        symlink("usr/share/doc/y/LICENSE", "/usr/share/doc/y/text"),
        file("usr/share/doc/y/text"),
        file("usr/share/doc/y/other"),
    ]
    assert paths(*members) == [
        "usr/share/doc/x/copyright",
        "usr/share/doc/y/LICENSE",
        "usr/share/doc/y/text",
    ]


def test_the_number_of_directories_is_limited() -> None:
    files = [file(f"{n}/d/f") for n in range(70_000)]
    with pytest.raises(ToolError, match="more than 131072 directories"):
        planned(*files)


def test_the_paths_of_directories_are_limited_together() -> None:
    deep = [file(f"{n}/" + "d/" * 2000 + "f") for n in range(10)]
    with pytest.raises(ToolError, match="paths of directories exceed 16777216 characters"):
        planned(*deep)


def test_a_merged_usr_moves_files_and_keeps_the_meaning_of_links() -> None:
    kept = planned(
        directory("bin"),
        directory("lib"),
        directory("lib/x"),
        directory("usr"),
        directory("usr/lib", 0o700),
        file("bin/sh"),
        symlink("bin/up", "../usr/share/data"),
        symlink("bin/sibling", "sh"),
        symlink("bin/across", "../lib/x/f"),
        symlink("bin/absolute", "/lib/x/f"),
        symlink("lib/x/far", "../../etc/conf"),
        symlink("etc/y", "../lib/x/f"),
        hardlink("lib64/h", "bin/sh"),
        file("lib/x/f"),
        file("library"),
        merged_usr=True,
    )
    links = {each.entry.path: each.entry.link for each in kept if each.entry.link}
    assert links == {
        "etc/y": "../lib/x/f",
        "usr/bin/absolute": "/lib/x/f",
        "usr/bin/across": "../lib/x/f",
        "usr/bin/sibling": "sh",
        "usr/bin/up": "../share/data",
        "usr/lib/x/far": "../../../etc/conf",
        "usr/lib64/h": "usr/bin/sh",
    }
    others = {each.entry.path: each.entry.mode for each in kept if not each.entry.link}
    assert others == {
        "library": 0o644,
        "usr": 0o755,
        "usr/bin": 0o755,
        "usr/bin/sh": 0o644,
        "usr/lib": 0o700,  # its own mode, not that of /lib
        "usr/lib/x": 0o755,
        "usr/lib/x/f": 0o644,
    }


def test_a_merged_usr_keeps_the_links_of_base_files() -> None:
    kept = planned(symlink("bin", "usr/bin"), symlink("lib64", "usr/lib64"), merged_usr=True)
    assert [(each.entry.path, each.entry.link) for each in kept] == [
        ("bin", "usr/bin"),
        ("lib64", "usr/lib64"),
    ]


def test_a_merged_usr_has_no_links_between_the_two_places() -> None:
    members = [symlink("bin/x", "/usr/bin/x"), symlink("usr/lib/y", "../../lib/y")]
    assert paths(*members, file("usr/bin/x"), file("lib/y"), merged_usr=True) == [
        "usr/bin/x",
        "usr/lib/y",
    ]


def test_a_file_at_both_places_is_an_error_with_a_merged_usr() -> None:
    with pytest.raises(ToolError, match="usr/bin/x: duplicate entry"):
        planned(file("bin/x"), file("usr/bin/x"), merged_usr=True)
