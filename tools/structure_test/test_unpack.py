import os
import stat
import tarfile
from pathlib import Path

import pytest

from tools.lib.rootfs.tree import FileLocation, Inode
from tools.structure_test.sample_images import Entry, directory, hardlink, open_image, symlink
from tools.structure_test.unpack import effective_mode, remove_tree, set_modes, unpack
from tools.structure_test.users import User

ROOT = User(0, 0, frozenset([0]), "/root")
NONROOT = User(65532, 65532, frozenset([65532]), "/")
MEMBER = User(1000, 1000, frozenset([1000, 5]), "/")


@pytest.mark.parametrize(
    ("mode", "owner", "user", "effective"),
    [
        # Files of root: the bits of others.
        (0o755, (0, 0), NONROOT, 0o555),
        (0o644, (0, 0), NONROOT, 0o444),
        (0o640, (0, 0), NONROOT, 0o040),
        (0o700, (0, 0), NONROOT, 0o000),
        (0o1777, (0, 0), NONROOT, 0o1777),
        (0o4755, (0, 0), NONROOT, 0o4555),
        # Files of the user and of its groups.
        (0o700, (65532, 0), NONROOT, 0o700),
        (0o075, (65532, 0), NONROOT, 0o075),
        (0o640, (0, 65532), NONROOT, 0o440),
        (0o664, (0, 5), MEMBER, 0o664),
        (0o604, (0, 5), MEMBER, 0o004),
        # Root has all access, and the modes stay.
        (0o640, (1000, 1000), ROOT, 0o640),
    ],
)
def test_effective_modes(mode: int, owner: tuple[int, int], user: User, effective: int) -> None:
    assert effective_mode(Inode(stat.S_IFREG | mode, *owner), user) == effective


def test_unpack_writes_files_links_and_modes(tmp_path: Path) -> None:
    image = open_image(
        tmp_path,
        directory("etc", 0o755),
        Entry("etc/file", b"text", 0o644, 0, 0),
        hardlink("etc/hard", "etc/file"),
        symlink("etc/out", "/etc/passwd"),
        directory("home", 0o700, 65532, 65532),
        Entry("home/own", b"", 0o600, 65532, 65532),
        Entry("fifo", kind=tarfile.FIFOTYPE),
        Entry("null", kind=tarfile.CHRTYPE),
        Entry("b\udcff", b"no UTF-8"),
        directory("dev"),
        Entry("dev/made", b""),
        Entry("developer", b""),
    )
    root = tmp_path / "root"
    contents: list[FileLocation] = []
    owned: list[bytes] = []

    def create_file(source: FileLocation, path: bytes) -> None:
        contents.append(source)
        Path(os.fsdecode(path)).write_bytes(b"content")

    unpack(image.tree, str(root), create_file, owned.append)
    set_modes(image.tree, str(root), NONROOT)
    # Nothing is in the directories that are mounted over, and device nodes are left out.
    names = {b"etc", b"home", b"fifo", b"b\xff", b"developer", b"dev", b"proc", b"sys"}
    assert set(os.listdir(os.fsencode(root))) == names
    assert list((root / "dev").iterdir()) == []
    assert set(owned) == {
        os.fsencode(path) for path in (root, *root.rglob("*")) if path.name != "hard"
    }
    assert (root / "etc/file").read_bytes() == b"content"
    assert (root / "etc/file").samefile(root / "etc/hard")
    assert (root / "etc/out").readlink() == Path("/etc/passwd")
    assert stat.S_ISFIFO((root / "fifo").stat().st_mode)
    assert len(contents) == 7  # those that container engines add included
    modes = {name: (root / name).stat().st_mode & 0o7777 for name in ("etc", "etc/file", "home")}
    assert modes == {"etc": 0o555, "etc/file": 0o444, "home": 0o700}
    set_modes(image.tree, str(root), ROOT)
    assert (root / "etc").stat().st_mode & 0o7777 == 0o755


def test_unpack_writes_nothing_through_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    image = open_image(
        tmp_path,
        symlink("a", str(outside)),
        symlink("b", "../outside"),
        Entry("a/x", b""),
        Entry("b/y", b""),
    )
    root = tmp_path / "root"
    unpack(image.tree, str(root), lambda _, path: Path(os.fsdecode(path)).touch(), print)
    # As in the image, links lead to paths below the root.
    assert {str(path.relative_to(root)) for path in root.rglob("[xy]")} == {
        "outside/y",
        str(outside).lstrip("/") + "/x",
    }
    assert list(outside.iterdir()) == []


def test_remove_tree_removes_unreadable_directories(tmp_path: Path) -> None:
    tree, kept = tmp_path / "tree", tmp_path / "kept"
    (tree / "a/b").mkdir(parents=True)
    (tree / "a/b/file").touch()
    kept.mkdir()
    (kept / "file").touch()
    (tree / "a/link").symlink_to(kept)
    kept.chmod(0o755)
    (tree / "a/b").chmod(0)
    (tree / "a").chmod(0o100)
    tree.chmod(0)
    remove_tree(str(tree))
    assert not tree.exists()
    assert (kept / "file").exists()
    remove_tree(str(tree))


def test_remove_tree_removes_trees_of_any_depth(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    # Names that it might use itself.
    for name in ("0", "1"):
        (tree / name).touch()
    here = os.open(tree, os.O_PATH)
    for _ in range(1100):
        os.mkdir("deeper" * 10, dir_fd=here)
        below = os.open("deeper" * 10, os.O_PATH, dir_fd=here)
        os.mkdir("2", dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    remove_tree(str(tree))
    assert not tree.exists()
