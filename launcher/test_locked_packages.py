from __future__ import annotations

import json
from pathlib import Path

import pytest

from launcher.fake_mirror import SNAPSHOT, pool_path, write_lock
from launcher.locked_packages import locked_downloads
from tools.lib.cli.errors import ToolError

BAZEL = ("bazel-bootstrap", "7.7.1+ds-3")
MIRROR = "http://mirror.example/debian"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "bazelw.lock.json"
    write_lock(path, {BAZEL: b"bazel"}, machine="amd64")
    return path


def change(lock: Path, field: str, value: object) -> None:
    """Changes a field of the only package."""
    document = json.loads(lock.read_text())
    (package,) = document["packages"].values()
    package[field] = value
    lock.write_text(json.dumps(document))


def test_sources_are_the_mirror_then_snapshot(lock: Path) -> None:
    (bazel,) = locked_downloads(str(lock), "amd64", MIRROR, "7.7.1")
    path = pool_path(*BAZEL)
    assert (bazel.name, bazel.size) == ("bazel-bootstrap", 5)
    assert bazel.urls == (
        f"{MIRROR}/{path}",
        f"{SNAPSHOT}/{path}",
        f"{SNAPSHOT}/{path}".replace("https", "http"),
    )


def test_without_a_mirror_the_source_is_snapshot(lock: Path) -> None:
    (bazel,) = locked_downloads(str(lock), "amd64", "", "7.7.1")
    assert bazel.urls[0] == f"{SNAPSHOT}/{pool_path(*BAZEL)}"


def test_a_mirror_has_no_packages_of_other_vendors(lock: Path) -> None:
    change(lock, "url", "https://vendor.example/a.deb")
    (bazel,) = locked_downloads(str(lock), "amd64", MIRROR, "7.7.1")
    assert bazel.urls == ("https://vendor.example/a.deb",)


@pytest.mark.parametrize("version", ["7.7.10", "7.7", "8.0.0"])
def test_the_lock_must_have_the_version_of_bazelversion(lock: Path, version: str) -> None:
    message = rf"Bazel is 7\.7\.1\+ds-3, \.bazelversion says {version} .*knife lock"
    with pytest.raises(ToolError, match=message):
        locked_downloads(str(lock), "amd64", MIRROR, version)


def test_an_architecture_without_a_lock_is_an_error(lock: Path) -> None:
    with pytest.raises(ToolError, match=r"no packages for arm64, only for amd64 \(hint: .*bazel"):
        locked_downloads(str(lock), "arm64", MIRROR, "7.7.1")


def test_a_package_without_a_size_is_an_error(lock: Path) -> None:
    change(lock, "size", None)
    with pytest.raises(ToolError, match="bazel-bootstrap: the size is missing"):
        locked_downloads(str(lock), "amd64", MIRROR, "7.7.1")
