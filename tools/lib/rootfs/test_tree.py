import stat
from dataclasses import replace

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.rootfs.tree import FileLocation, LayerMember, PathError, Tree


def file(name: str, mode: int = 0o644) -> LayerMember:
    return LayerMember(0, name, stat.S_IFREG | mode, 0, 0, 0, "", False)


def folder(name: str, mode: int = 0o755, uid: int = 0) -> LayerMember:
    return LayerMember(0, name, stat.S_IFDIR | mode, uid, 0, 0, "", False)


def link(name: str, target: str) -> LayerMember:
    return LayerMember(0, name, stat.S_IFLNK | 0o777, 0, 0, 0, target, False)


def hard(name: str, target: str) -> LayerMember:
    return LayerMember(0, name, stat.S_IFREG | 0o644, 0, 0, 0, target, True)


def tree(*layers: list[LayerMember]) -> Tree:
    """A tree of layers; a member's ordinal is its place in its layer."""
    result = Tree()
    for layer in layers:
        result.apply(replace(member, ordinal=number) for number, member in enumerate(layer))
    return result


def paths(of: Tree) -> list[str]:
    return [found.path for found in of.walk()]


def test_names_are_one_path_however_they_are_written() -> None:
    one = tree([folder("./"), folder("./a/"), file("a/x"), file("/a//y"), file("./a/./z")])
    assert paths(one) == ["/a", "/a/x", "/a/y", "/a/z"]


def test_directories_that_no_layer_has_are_made() -> None:
    made = tree([file("a/b/c")]).resolve("/a/b").inode
    assert (made.is_dir, stat.S_IMODE(made.mode), made.uid) == (True, 0o755, 0)


def test_the_root_has_the_mode_of_its_entry() -> None:
    root = tree([folder(".", 0o700, 5)]).root
    assert (stat.S_IMODE(root.mode), root.uid) == (0o700, 5)


def test_a_later_layer_replaces_files_and_changes_directories() -> None:
    both = tree(
        [
            folder("a", 0o700),
            file("a/kept"),
            file("a/file"),
            folder("b"),
            file("b/gone"),
            file("c"),
        ],
        [folder("a", 0o755, 7), file("a/file"), file("b"), folder("c"), file("c/x")],
    )
    assert paths(both) == ["/a", "/a/file", "/a/kept", "/b", "/c", "/c/x"]
    assert both.resolve("/a").inode.uid == 7
    assert both.resolve("/a/file").inode.source == FileLocation(1, 1)
    assert both.resolve("/a/kept").inode.source == FileLocation(0, 1)
    assert both.resolve("/b").inode.is_file


def test_whiteouts_hide_what_lower_layers_have() -> None:
    assert paths(
        tree(
            [file("a/x"), file("a/y"), file("b/x"), file("b/d/y"), file("c"), link("l", "a")],
            [file("a/.wh.x"), file("b/.wh..wh..opq"), file(".wh.c"), file(".wh.nothing")],
        )
    ) == ["/a", "/a/y", "/b", "/l"]


def test_whiteouts_leave_what_their_own_layer_adds_in_any_order() -> None:
    lower = [file("a/old"), file("d/old")]
    for layer in (
        [file("a/new"), file("a/.wh..wh..opq"), file("d/new"), file(".wh.d")],
        [file("a/.wh..wh..opq"), file("a/new"), file(".wh.d"), file("d/new")],
    ):
        assert paths(tree(lower, layer)) == ["/a", "/a/new", "/d", "/d/new"]


def test_whiteouts_reach_through_links_and_notes_of_aufs_are_passed_over() -> None:
    both = tree([file("a/x"), link("l", "a")], [file("l/.wh.x"), file(".wh..wh.plnk")])
    assert paths(both) == ["/a", "/l"]


def test_entries_below_a_link_are_where_it_leads_inside_the_image() -> None:
    merged = tree(
        [
            folder("usr/bin"),
            link("bin", "usr/bin"),
            link("out", "../../../usr"),
            link("abs", "/usr"),
        ],
        [file("bin/a"), file("out/b"), file("abs/c")],
    )
    assert paths(merged) == [
        *("/abs", "/bin", "/out", "/usr", "/usr/b", "/usr/bin", "/usr/bin/a", "/usr/c")
    ]


@pytest.mark.parametrize("member", [file("a/up/a"), hard("a/up/a", "x")])
def test_an_entry_that_takes_away_its_own_parent(member: LayerMember) -> None:
    below = [file("x"), link("a/up", "..")]
    with pytest.raises(ToolError, match="layer 1: a/up/y: /a is not a directory"):
        tree(below, [file("a/up/b"), member, file("a/up/y")])


def test_a_whiteout_that_takes_away_its_own_parent() -> None:
    below = [file("x"), link("a/up", "..")]
    both = tree(below, [file("a/up/b"), file("a/up/.wh.a"), file("a/up/b")])
    assert paths(both) == ["/a", "/a/up", "/a/up/b", "/b", "/x"]


def test_hard_links_share_an_inode_also_across_layers() -> None:
    both = tree([file("a"), hard("b", "./a")], [hard("c", "/b"), file("a")])
    b, c, a = (both.resolve(name).inode for name in "bca")
    assert b is c
    assert b.source == FileLocation(0, 0)
    assert a.source == FileLocation(1, 1)


def test_a_hard_link_to_a_link_is_that_link() -> None:
    assert tree([link("a", "nowhere"), hard("b", "a")]).resolve("b", follow=False).inode.is_link


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (file("../x"), "the path contains '..'"),
        (file("a/../../x"), "the path contains '..'"),
        (file("."), "the root is not a directory"),
        (file("file/x"), "its parent is not a directory"),
        (file("file/x/y"), "/file is not a directory"),
        (file("loop/x"), "too many symbolic links"),
        (hard("x", "gone"), "/gone does not exist"),
        (hard("x", "folder"), "a hard link to the directory folder"),
    ],
)
def test_entries_that_cannot_be(member: LayerMember, reason: str) -> None:
    with pytest.raises(ToolError) as error:
        tree([file("file"), folder("folder"), link("loop", "loop")], [member])
    assert str(error.value).startswith(f"layer 1: {member.name}: ")
    assert reason in str(error.value)


LINKS = [
    folder("a/b"),
    file("a/b/file"),
    link("abs", "/a/b"),
    link("rel", "a/b"),
    link("a/up", ".."),
    link("a/b/out", "../../../../a/b/file"),
    link("chain", "rel"),
    link("dangling", "a/gone"),
    link("one", "two"),
    link("two", "one"),
]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/", "/"),
        ("", "/"),
        ("..", "/"),
        ("a/b/file", "/a/b/file"),
        ("/abs/file", "/a/b/file"),
        ("/chain/../b/./file", "/a/b/file"),
        ("/a/up/rel/file", "/a/b/file"),
        ("/a/b/out", "/a/b/file"),
        # `..` is the parent of where a link leads.
        ("/abs/..", "/a"),
    ],
)
def test_paths_are_followed_as_the_kernel_would_in_the_image(path: str, found: str) -> None:
    assert tree(LINKS).resolve(path).path == found


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/gone", "/gone does not exist"),
        ("/abs/gone/x", "/a/b/gone does not exist"),
        ("/a/b/file/x", "/a/b/file is not a directory"),
        ("/a/b/file/..", "/a/b/file is not a directory"),
        ("/dangling", "/a/gone does not exist"),
        ("/one", "/one: too many symbolic links, or a loop of them"),
    ],
)
def test_paths_that_lead_nowhere(path: str, reason: str) -> None:
    with pytest.raises(PathError) as error:
        tree(LINKS).resolve(path)
    assert str(error.value) == reason


def test_a_link_at_the_end_is_followed_or_not() -> None:
    assert tree(LINKS).resolve("/chain/out", follow=False).path == "/a/b/out"
    assert tree(LINKS).resolve("/dangling", follow=False).inode.link == "a/gone"


@pytest.mark.parametrize(
    ("path", "located"),
    [
        ("/", "/"),
        ("", "/"),
        ("/abs", "/a/b"),
        ("/abs/new/dir/", "/a/b/new/dir"),
        ("new", "/new"),
        ("/a/b/file/x", "/a/b/file/x"),
    ],
)
def test_locates_paths_that_do_not_exist_yet(path: str, located: str) -> None:
    assert tree(LINKS).locate(path) == located


def test_a_place_above_what_is_not_there_is_none() -> None:
    with pytest.raises(PathError):
        tree(LINKS).locate("/gone/../x")
