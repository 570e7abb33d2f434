from __future__ import annotations

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.part.merge import merge_directories, newest_mtime, single_architecture
from tools.lib.part.part import Part, PartDirectory
from tools.lib.part.testing import directory, entry, file, hardlink, part, symlink

BASE_FILES = part(symlink("lib", "usr/lib"), package="base-files")


def generated(name: str, *entries: str, **directories: int) -> Part:
    """A part of a rule, with files and with directories of certain modes."""
    return part(
        *map(file, entries),
        label=f"//x:{name}",
        directories=[directory(path, mode) for path, mode in directories.items()],
    )


def test_directories_of_all_parts_are_sorted_by_bytes_and_unique() -> None:
    merged = merge_directories(
        [
            part(directories=[directory("usr"), directory("usr/lib"), directory("usr-é")]),
            part(directories=[directory("etc"), directory("usr"), directory("usr/\udcff")]),
        ]
    )
    assert [each.path for each in merged] == ["etc", "usr", "usr-é", "usr/lib", "usr/\udcff"]


def test_directory_has_the_newest_time() -> None:
    parts = [part(directories=[directory("etc", mtime=time)]) for time in (5, 9, 7)]
    assert merge_directories(parts) == (directory("etc", mtime=9),)


def test_duplicate_entry_names_both_packages() -> None:
    parts = [
        part(file("usr/bin/x"), package="a"),
        part(symlink("usr/bin/x", "y"), package="b"),
    ]
    with pytest.raises(ToolError, match=r"usr/bin/x: duplicate entry: in a 1 and in b 1"):
        merge_directories(parts)


def test_duplicate_entry_of_a_package_and_a_rule() -> None:
    parts = [part(file("etc/passwd"), package="base"), generated("passwd", "etc/passwd")]
    with pytest.raises(ToolError, match=r"etc/passwd: .* in base 1 and in //x:passwd"):
        merge_directories(parts)


@pytest.mark.parametrize("order", [1, -1])
def test_directory_never_replaces_a_link(order: int) -> None:
    parts = [
        part(symlink("opt/x", "/srv"), package="a"),
        part(file("opt/x/y"), package="b"),
    ]
    with pytest.raises(ToolError, match=r"opt/x: symlink to /srv in a 1, directory in b 1"):
        merge_directories(parts[::order])


def test_package_without_merged_usr_on_a_merged_base_gets_a_hint() -> None:
    old = part(file("lib/x.so"), package="old", directories=[directory("lib")])
    with pytest.raises(ToolError) as caught:
        merge_directories([BASE_FILES, old])
    assert caught.value.hint == "set `merged_usr` for old 1"


@pytest.mark.parametrize(
    ("own", "path"),
    [
        (generated("files", "lib/x.so"), "/usr/lib/x.so"),
        (generated("files", lib=0o755), "/usr/lib"),
    ],
)
def test_generated_file_in_lib_on_a_merged_base_gets_a_hint(own: Part, path: str) -> None:
    with pytest.raises(ToolError) as caught:
        merge_directories([own], [BASE_FILES])
    assert caught.value.hint == f"write {path} in //x:files"


@pytest.mark.parametrize("order", [1, -1])
def test_declared_directory_beats_a_package_and_an_implied_one(order: int) -> None:
    parts = [
        generated("tmp", tmp=0o1777),
        part(package="base-files", directories=[directory("tmp", 0o755)]),
        generated("file", "tmp/f"),
    ]
    assert merge_directories(parts[::order]) == (directory("tmp", 0o1777),)


@pytest.mark.parametrize("order", [1, -1])
def test_directory_of_a_package_beats_an_implied_one(order: int) -> None:
    mail = directory("mail", 0o2775)
    parts = [part(package="base-files", directories=[mail]), generated("file", "mail/f")]
    assert merge_directories(parts[::order]) == (mail,)


@pytest.mark.parametrize("packages", [("a", "b"), (None, None)])
def test_equal_claims_that_differ_are_an_error(packages: tuple[str | None, ...]) -> None:
    parts = [
        part(package=package, label=f"//x:{mode:o}", directories=[directory("srv", mode)])
        for package, mode in zip(packages, (0o755, 0o700), strict=True)
    ]
    first, second = (each.owner for each in parts)
    with pytest.raises(ToolError, match=rf"srv: .* 0755 0:0 in {first}, 0700 0:0 in {second}"):
        merge_directories(parts)


def test_hard_link_to_an_earlier_part() -> None:
    perl = part(file("usr/bin/perl"), package="a")
    link = part(hardlink("usr/bin/perl5", "usr/bin/perl"), package="b")
    assert [each.path for each in merge_directories([perl, link])] == ["usr", "usr/bin"]


@pytest.mark.parametrize(
    ("others", "order"),
    [
        pytest.param([], 1, id="missing"),
        pytest.param([part(file("y"))], 1, id="later"),
        pytest.param([part(symlink("y", "z"))], -1, id="symlink"),
    ],
)
def test_hard_link_needs_an_earlier_file(others: list[Part], order: int) -> None:
    parts = [part(hardlink("x", "y"), package="b"), *others]
    with pytest.raises(ToolError, match=r"x: hard link in b 1 to y, which is not an earlier file"):
        merge_directories(parts[::order])


def test_package_replaces_nothing_of_the_base() -> None:
    base, package = part(file("etc/x"), package="a"), part(file("etc/x"), package="b")
    with pytest.raises(ToolError, match=r"etc/x: .* in a 1, in a layer below and in b 1"):
        merge_directories([package], [base])


def test_package_may_repeat_a_symlink_of_the_base() -> None:
    base = part(symlink("usr/lib/ssl/certs", "/etc/ssl/certs"))
    openssl = part(symlink("usr/lib/ssl/certs", "/etc/ssl/certs", mtime=9), package="openssl")
    assert [each.path for each in merge_directories([openssl], [base])] == [
        *("usr", "usr/lib", "usr/lib/ssl")
    ]
    other = part(symlink("usr/lib/ssl/certs", "/srv"), package="other")
    with pytest.raises(ToolError, match="usr/lib/ssl/certs: duplicate entry"):
        merge_directories([other], [base])


def test_parts_of_one_layer_cannot_have_the_same_symlink() -> None:
    parts = [part(symlink("x", "y"), package=name) for name in "ab"]
    with pytest.raises(ToolError, match="x: duplicate entry"):
        merge_directories(parts)


def test_generated_part_may_replace_an_entry_of_the_base() -> None:
    base = part(file("etc/x"), symlink("etc/y", "x"), package="a")
    assert len(merge_directories([generated("b", "etc/x", "etc/y")], [base])) == 1


def test_replaced_path_must_be_in_the_base() -> None:
    cache = part(file("etc/x"), label="//x:b", replaces=["etc/x"])
    base = part(file("etc/x"), package="a")
    assert [each.path for each in merge_directories([cache], [base])] == ["etc"]
    with pytest.raises(ToolError, match=r"etc/x: .* in a 1 and in //x:b"):
        merge_directories([base, cache])


def test_package_replaces_only_what_it_declares() -> None:
    package = part(file("etc/x"), file("etc/y"), package="b", replaces=["etc/x"])
    base = part(file("etc/x"), file("etc/y"), package="a")
    with pytest.raises(ToolError, match=r"etc/y: .* in a 1, in a layer below and in b 1"):
        merge_directories([package], [base])


def test_directory_does_not_replace_a_link_of_the_base() -> None:
    with pytest.raises(ToolError, match=r"lib: symlink to usr/lib in base-files 1"):
        merge_directories([part(file("lib/x"), package="a")], [BASE_FILES])


def test_link_does_not_replace_a_directory_of_the_base() -> None:
    base = part(package="base", directories=[directory("lib")])
    with pytest.raises(ToolError, match=r"lib: symlink to usr/lib in .*, directory in base 1"):
        merge_directories([BASE_FILES], [base])


def home(mode: int, mtime: int = 1) -> PartDirectory:
    return directory("home", mode, mtime)


def test_implied_directory_keeps_the_mode_of_the_base() -> None:
    base = part(label="//x:home", directories=[home(0o700, 9)])
    implied = directory("home", mtime=3, implied=True)
    upper = part(entry("home/f", mtime=3), label="//x:file", directories=[implied])
    # The time is this layer's: a change of the base must not change the bytes of this layer.
    assert merge_directories([upper], [base]) == (home(0o700, 3),)


def test_declared_directory_changes_the_mode_of_the_base() -> None:
    base, upper = generated("base", home=0o700), generated("upper", home=0o770)
    assert merge_directories([upper], [base]) == (home(0o770),)


def test_implied_directory_keeps_the_mode_of_the_topmost_layer_of_the_base() -> None:
    base = [generated("lower", home=0o700), generated("middle", home=0o770)]
    upper = part(file("home/f"), label="//x:file")
    assert merge_directories([upper], base) == (home(0o770),)


def test_implied_directory_keeps_the_mode_of_a_foreign_layer() -> None:
    base = [
        part(package="base-files", directories=[home(0o755)]),
        part(label="//x:tar", directories=[home(0o711)], foreign=True),
    ]
    assert merge_directories([part(file("home/f"))], base) == (home(0o711),)


def test_package_may_have_what_a_foreign_layer_deletes() -> None:
    base = [
        part(file("etc/x"), package="a"),
        part(file("etc/.wh.x"), label="//x:tar", foreign=True),
    ]
    package = part(file("etc/x"), package="b")
    assert [each.path for each in merge_directories([package], base)] == ["etc"]


def test_package_keeps_the_mode_of_a_package_of_the_base() -> None:
    base = part(package="a", directories=[home(0o2775)])
    uppers = [part(package=name, directories=[home(0o755)]) for name in ("b", "c")]
    assert merge_directories(uppers, [base]) == (home(0o2775),)


def test_directories_of_the_base_are_not_repeated() -> None:
    assert merge_directories([], [generated("base", home=0o700)]) == ()


def test_conflicts_within_the_base_are_not_reported() -> None:
    base = [
        part(file("x"), file("y"), package="a"),
        part(file("x"), package="b", directories=[directory("y")]),
    ]
    assert merge_directories([part(file("z"), package="c")], base) == ()


def test_single_architecture() -> None:
    arm = part(architecture="arm")
    assert single_architecture([part(), arm, part()], "//:x") is arm
    assert single_architecture([part()], "//:x") is None
    assert single_architecture([part()], "//:x", [arm]) is None


def test_two_architectures_are_named() -> None:
    parts = [part(package="a", architecture="arm"), part(package="b", architecture="amd64")]
    with pytest.raises(ToolError) as caught:
        single_architecture(parts, "//:x")
    assert str(caught.value) == (
        "//:x: b 1 is for amd64, but a 1 is for arm (hint: use packages for arm: a label without"
        " an architecture, such as @bookworm//b, follows the target platform; or build for amd64,"
        " on a base that has it, with --platforms=@distroless//rules/platforms:linux_amd64)"
    )
    with pytest.raises(ToolError, match=r"//:x: b 1 is for amd64, but a 1, in a layer below, is"):
        single_architecture(parts[1:], "//:x", parts[:1])


def test_newest_mtime() -> None:
    assert newest_mtime([part(file("x"), directories=[directory("y", mtime=8)])]) == 8
    assert newest_mtime([part()]) is None
