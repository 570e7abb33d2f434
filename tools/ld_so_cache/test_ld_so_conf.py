from __future__ import annotations

from pathlib import Path

import pytest

from tools.ld_so_cache import tars
from tools.ld_so_cache.ld_so_conf import configured_directories
from tools.ld_so_cache.testing import Link, Tree, tar
from tools.lib.cli.errors import ToolError
from tools.lib.rootfs.image import ImageView


def directories(folder: Path, tree: Tree) -> list[str]:
    """The directories of the configuration, without empty lines."""
    path = folder / "image.tar"
    path.write_bytes(tar(tree))
    found = configured_directories(ImageView([tars.read(str(path))]))
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
