from __future__ import annotations

import json
from pathlib import Path

import pytest

from launcher.fake_mirror import SNAPSHOT, pool_path, write_lock
from launcher.package_groups import read_groups
from launcher.unavailable import PackageGroup
from tools.lib.cli.errors import ToolError


def test_packages_of_a_debian_lock(tmp_path: Path) -> None:
    path = tmp_path / "debian13.lock.json"
    write_lock(path, {("a", "1"): b"a", ("b", "2"): b"b"}, machine="ppc64el")
    urls = {
        f"{name}_{version}_all": f"{SNAPSHOT}/{pool_path(name, version)}"
        for name, version in (("a", "1"), ("b", "2"))
    }
    assert read_groups([str(path)]) == [PackageGroup("debian13", "ppc64le", urls)]


def test_releases_of_nodejs_that_only_the_vendor_has(tmp_path: Path) -> None:
    path = tmp_path / "nodejs.json"
    url = {"url": "https://nodejs.example/a"}
    archives = [
        {"major": "20", "architecture": "amd64", "version": "20.1", "sources": [url, {"npm": "a"}]},
        {"major": "20", "architecture": "s390x", "version": "20.2", "sources": [url]},
    ]
    path.write_text(json.dumps({"version": 1, "archives": archives}))
    assert read_groups([str(path)]) == [
        PackageGroup("nodejs20", "s390x", {"20.2": "https://nodejs.example/a"})
    ]


def test_an_invalid_lock_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "nodejs.json"
    path.write_text('{"version": 2, "archives": []}')
    with pytest.raises(ToolError, match=r"nodejs\.json: not a lock of version 1"):
        read_groups([str(path)])
    path.write_text('{"version": 1, "archives": [{"sources": [{"url": "a"}]}]}')
    with pytest.raises(ToolError, match=r"nodejs\.json: archives\[0\]\.major"):
        read_groups([str(path)])


def test_the_locks_of_this_repository_are_readable() -> None:
    paths = [str(path) for path in Path("private/lock").glob("*.json")]
    names = {group.lock for group in read_groups(paths)}
    assert {"debian12", "debian13", "temurin", "nodejs20"} <= names
