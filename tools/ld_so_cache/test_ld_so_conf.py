from __future__ import annotations

from pathlib import Path

import pytest

from tools.ld_so_cache.ld_so_conf import configured_directories
from tools.ld_so_cache.testing import Link, Tree, tar
from tools.lib.cli.errors import ToolError
from tools.lib.rootfs.foreign_layers import read_tar
from tools.lib.rootfs.image import ImageView


def directories(folder: Path, tree: Tree) -> list[str]:
    """The directories of the configuration, without empty lines."""
    path = folder / "image.tar"
    path.write_bytes(tar(tree))
    found = configured_directories(ImageView([read_tar(str(path)).part]))
    return [each.strip() for each in found if each.strip()]


def test_no_configuration(tmp_path: Path) -> None:
    assert directories(tmp_path, {"etc/ld.so.conf.d/x.conf": b"/opt\n"}) == []


def test_lines_comments_and_spaces(tmp_path: Path) -> None:
    text = b"# none\n\n/a\n  /b # b\n\t/c/#c\nhwcap 1 nosegneg\nincludes\nincluded /d\n/e"
    assert directories(tmp_path, {"etc/ld.so.conf": text}) == [
        "/a", "/b", "/c/", "includes", "included /d", "/e",
    ]  # fmt: skip


def test_includes_are_expanded_in_place_sorted_by_bytes(tmp_path: Path) -> None:
    tree: Tree = {
        "etc/ld.so.conf": b"/1\ninclude /etc/ld.so.conf.d/[a-z]*.conf ld.so.conf.d/Z.conf\n/2",
        "etc/ld.so.conf.d/b.conf": b"/b",
        "etc/ld.so.conf.d/a.conf": b"/a\ninclude ../nothing/*\ninclude /etc/none\n",
        "etc/ld.so.conf.d/aa.conf": Link("b.conf"),
        "etc/ld.so.conf.d/A.conf": b"/never",
        "etc/ld.so.conf.d/Z.conf": b"/Z",
        "etc/ld.so.conf.d/dir.conf/x": b"/never",
    }
    assert directories(tmp_path, tree) == ["/1", "/a", "/b", "/b", "/Z", "/2"]


def test_pattern_matches_hidden_files_only_with_a_dot(tmp_path: Path) -> None:
    tree: Tree = {
        "etc/ld.so.conf": b"include ld.so.conf.d/*\ninclude ld.so.conf.d/.b*\n",
        "etc/ld.so.conf.d/.a": b"/never",
        "etc/ld.so.conf.d/.b": b"/b",
    }
    assert directories(tmp_path, tree) == ["/b"]


def test_file_that_includes_itself(tmp_path: Path) -> None:
    tree: Tree = {
        "etc/ld.so.conf": b"include /etc/ld.so.conf.d/*",
        "etc/ld.so.conf.d/x": b"include /etc/ld.so.*",
    }
    with pytest.raises(ToolError, match=r"^/etc/ld\.so\.conf: includes itself$"):
        directories(tmp_path, tree)


def test_included_file_without_text(tmp_path: Path) -> None:
    tree: Tree = {"etc/ld.so.conf": b"include /opt/x.conf", "opt/x.conf": b"/opt"}
    with pytest.raises(ToolError, match=r"^/opt/x\.conf: cannot be read: only the text of /etc/ld"):
        directories(tmp_path, tree)


def test_file_that_includes_itself_through_links(tmp_path: Path) -> None:
    # Each file has endlessly many paths, so that comparing them finds nothing.
    tree: Tree = {
        "etc/ld.so.conf": b"include ld.so.conf.d/*.conf\n",
        "etc/ld.so.conf.d/a.conf": b"include x/a.conf x/a.conf\n",
        "etc/ld.so.conf.d/x": Link("."),
    }
    with pytest.raises(ToolError, match=r"^/etc/ld\.so\.conf\.d/x/a\.conf: includes itself$"):
        directories(tmp_path, tree)


def test_includes_that_multiply_are_refused(tmp_path: Path) -> None:
    files = {
        f"etc/ld.so.conf.d/{number}": b"include %d %d\n" % (number + 1, number + 1)
        for number in range(50)
    }
    tree = {"etc/ld.so.conf": b"include ld.so.conf.d/0", "etc/ld.so.conf.d/50": b"/x", **files}
    with pytest.raises(ToolError, match="the configuration includes more than 1024 files"):
        directories(tmp_path, tree)


def test_directories_that_multiply_are_refused(tmp_path: Path) -> None:
    tree = {"etc/ld.so.conf.d/x": b"/a\n" * 1500}
    tree["etc/ld.so.conf"] = b"include ld.so.conf.d/x ld.so.conf.d/x ld.so.conf.d/x\n"
    with pytest.raises(ToolError, match="the configuration has more than 4096 lines"):
        directories(tmp_path, tree)


def test_patterns_that_multiply_are_refused(tmp_path: Path) -> None:
    tree: dict[str, bytes | Link] = {f"etc/{letter}": Link(".") for letter in "abcdefgh"}
    tree["etc/ld.so.conf"] = b"include " + b"*/" * 40 + b"x\n"
    with pytest.raises(ToolError, match=r"include /etc/\*/.*: too many matches"):
        directories(tmp_path, tree)


def test_patterns_that_match_nothing_have_a_limit_too(tmp_path: Path) -> None:
    tree: dict[str, bytes | Link] = {f"etc/{number}": Link(".") for number in range(600)}
    tree["etc/ld.so.conf"] = b"include */x*\n"
    with pytest.raises(ToolError, match=r"include /etc/\*/x\*: too many matches"):
        directories(tmp_path, tree)
