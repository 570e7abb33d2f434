from pathlib import Path

import pytest

from tools.structure_test.engine_files import FILES
from tools.structure_test.go_mode import go_mode
from tools.structure_test.image import ImageFiles
from tools.structure_test.sample_images import Entry, directory, open_image, symlink

HOSTS = FILES["/etc/hosts"].decode()


def mode(image: ImageFiles, path: str) -> str:
    return go_mode(image.tree.resolve(path, follow=False).inode.mode)


def test_engines_add_files_and_directories(tmp_path: Path) -> None:
    config = {"WorkingDir": "/srv/app", "Volumes": {"/data": {}, "/etc/a/b": {}}}
    image = open_image(tmp_path, directory("etc", 0o700), config=config)
    assert image.read_text("/etc/hosts") == HOSTS
    for path in FILES:
        assert mode(image, path) == "-rw-r--r--"
    for path in ("/dev", "/proc", "/sys", "/srv/app", "/data", "/etc/a/b"):
        assert mode(image, path) == "drwxr-xr-x"
    assert mode(image, "/etc") == "drwx------"


def test_files_of_the_image_stay(tmp_path: Path) -> None:
    image = open_image(
        tmp_path,
        Entry("etc/hosts", b"own", 0o600),
        symlink("proc", "elsewhere"),
        directory("data", 0o700),
        config={"WorkingDir": "/etc/hosts/x", "Volumes": {"data": {}, "/etc/hosts": {}}},
    )
    assert image.read_text("/etc/hosts") == "own"
    assert mode(image, "/proc") == "Lrwxrwxrwx"
    assert mode(image, "/data") == "drwx------"


@pytest.mark.parametrize(
    ("link", "target"), [("/run/hosts", "/run/hosts"), ("../x/hosts", "/x/hosts"), ("h", "/etc/h")]
)
def test_targets_of_dangling_links_are_added(tmp_path: Path, link: str, target: str) -> None:
    image = open_image(tmp_path, symlink("etc/hosts", link))
    assert mode(image, "/etc/hosts") == "Lrwxrwxrwx"
    assert image.read_text("/etc/hosts") == HOSTS
    assert image.read_text(target) == HOSTS


def test_paths_that_cannot_exist_are_left_out(tmp_path: Path) -> None:
    image = open_image(
        tmp_path,
        symlink("etc/hosts", "hosts"),
        config={"WorkingDir": "/gone/../x", "Volumes": {"/.wh.etc": {}, "": {}, "/": {}}},
    )
    assert mode(image, "/etc/hosts") == "Lrwxrwxrwx"
    assert mode(image, "/etc") == "drwxr-xr-x"
