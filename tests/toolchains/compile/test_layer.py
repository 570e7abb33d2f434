from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from tests.toolchains.compile import layer
from tools.lib.cli.errors import ToolError


@pytest.fixture(params=["w", "w:gz"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A layer with a library and its links, as in Debian packages."""
    path = tmp_path / "layer.tar"
    with tarfile.open(path, request.param) as tar:
        for name, content in [("lib/libx.so.1.2", b"library"), ("usr/share/java/x-1.jar", b"jar")]:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        links = {
            "lib/libx.so.1": "libx.so.1.2",
            "usr/lib/libx.so": "/lib/libx.so.1",
            "usr/share/java/x.jar": "x-1.jar",
            "usr/share/maven/x.jar": "../java/x.jar",
            "circle": "circle",
            "nowhere": "/etc/nothing",
        }
        for name, target in links.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    return str(path)


def test_absolute_links_lead_into_the_directory(archive: str, tmp_path: Path) -> None:
    sysroot = tmp_path / "sysroot"
    layer.unpack(archive, str(sysroot))
    link = sysroot / "usr/lib/libx.so"
    assert link.read_bytes() == b"library"
    assert os.readlink(link) == "../../lib/libx.so.1"


def test_a_file_is_read_through_its_links(archive: str) -> None:
    assert layer.read(archive, "/usr/share/maven/x.jar") == b"jar"
    assert layer.read(archive, "usr/lib/libx.so") == b"library"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("usr/share/java/y.jar", "usr/share/java/y.jar: file not found"),
        ("nowhere", "etc/nothing: file not found"),
        ("circle", "circle: more than 20 symlinks"),
    ],
)
def test_a_missing_file_is_an_error(archive: str, path: str, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        layer.read(archive, path)
