import os
from pathlib import Path

import pytest

from tools.lib.rootfs.tree import PathError
from tools.structure_test.mount_points import MountPoints


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root directory whose links lead to `outside`, if they are resolved on the host."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    outside.mkdir()
    for directory in ("data", "etc"):
        (root / directory).mkdir(parents=True)
    (root / "etc/file").write_text("text")
    (root / "absolute").symlink_to("/data")
    (root / "relative").symlink_to("data")
    (root / "up").symlink_to("../../../../data")
    (root / "out").symlink_to(outside)
    (root / "dangling").symlink_to("/new/place")
    (root / "loop").symlink_to("loop")
    return root


@pytest.fixture
def source(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    (source / "below").mkdir(parents=True)
    (source / "link").symlink_to("/etc")
    (source / "file").touch()
    return source


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/data", "/data"),
        ("/data/new", "/data/new"),
        ("//data/./new/../other/", "/data/other"),
        ("/../../data", "/data"),
        ("/absolute/x", "/data/x"),
        ("/relative/x", "/data/x"),
        ("/up/x", "/data/x"),
        ("/dangling", "/new/place"),
        ("/dangling/x", "/new/place/x"),
    ],
)
def test_mount_points_are_inside_the_root_and_exist(
    root: Path, source: Path, target: str, path: str
) -> None:
    with MountPoints(str(root), None, 0o755) as points:
        assert points.add(target, str(source)) == path.encode()
    assert (root / path[1:]).is_dir()


def test_links_to_the_host_lead_to_paths_below_the_root(root: Path, tmp_path: Path) -> None:
    with MountPoints(str(root), None, 0o755) as points:
        assert points.add("/out/new", str(tmp_path)) == f"{tmp_path}/outside/new".encode()
    assert (root / f"{tmp_path}/outside/new".lstrip("/")).is_dir()
    assert list((tmp_path / "outside").iterdir()) == []


def test_mount_points_have_the_kind_of_their_source(root: Path, source: Path) -> None:
    with MountPoints(str(root), None, 0o555) as points:
        points.add("/a/file", str(source / "file"))
        points.add("/a/directory", str(source))
        assert (root / "a/file").is_file()
        assert (root / "a/directory").stat().st_mode & 0o777 == 0o555
        for target, name, message in (
            ("/data", "file", "/data is a directory, and the mounted path is a file"),
            ("/etc/file", "below", "/etc/file is not a directory, and the mounted path is a"),
            ("/etc/file/x", "below", "/etc/file is not a directory"),
            ("/loop", "below", "/loop: too many levels of symbolic links"),
            ("/", "below", "/ is the root directory"),
        ):
            with pytest.raises(PathError) as error:
                points.add(target, str(source / name))
            assert str(error.value).startswith(message)


def test_mounts_in_mounted_directories(root: Path, source: Path) -> None:
    before = sorted(source.rglob("*"))
    with MountPoints(str(root), None, 0o755) as points:
        points.add("/data", str(source))
        assert points.add("/data/below", str(source)) == b"/data/below"
        # A link of the host leads to a path of the sandbox.
        assert points.add("/data/link/x", str(source)) == b"/etc/x"
        with pytest.raises(PathError, match="/data/gone does not exist in the directory of the"):
            points.add("/data/gone", str(source))
    assert sorted(source.rglob("*")) == before
    assert (root / "etc/x").is_dir()
    assert list((root / "data").iterdir()) == []


def test_file_systems_of_the_kernel(root: Path, source: Path) -> None:
    (root / "link").symlink_to("/proc/self/root/oldroot")
    with MountPoints(str(root), None, 0o755) as points:
        for path in ("/proc", "/dev"):
            assert points.add_kernel(path) == path.encode()
        for target in ("/proc/x", "/link/x", "/link", "/dev/fd", "/dev/fd/x", "/dev/x/y"):
            with pytest.raises(PathError, match="belongs to the sandbox"):
                points.add(target, str(source))
        with pytest.raises(PathError, match="belongs to the sandbox"):
            points.directory("/link")
        assert points.add("/dev/fuse", str(source / "file")) == b"/dev/fuse"


def test_directories(root: Path) -> None:
    with MountPoints(str(root), None, 0o755) as points:
        assert points.directory("") == b"/"
        assert points.directory("absolute") == b"/data"
        for path, message in (
            ("/etc/file", "/etc/file is not a directory"),
            ("/gone", "/gone does not exist"),
        ):
            with pytest.raises(PathError, match=message):
                points.directory(path)


def test_directories_without_permissions(root: Path, source: Path) -> None:
    (root / "data").chmod(0)
    with MountPoints(str(root), None, 0o755) as points:
        assert points.add("/data/new/x", str(source)) == b"/data/new/x"
    assert (root / "data").stat().st_mode & 0o777 == 0
    (root / "data").chmod(0o755)
    assert (root / "data/new/x").is_dir()


def test_names_that_are_not_utf_8(root: Path, source: Path) -> None:
    (root / "link").symlink_to(os.fsdecode(b"\xff"))
    with MountPoints(str(root), None, 0o755) as points:
        assert points.add("/link", str(source)) == b"/\xff"
