"""Newer Debian packages, from signed repositories on loopback, and differences of real locks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.cli.progress import Lines
from tools.lib.debian.lock import parse_lock, read_lock
from tools.lib.debian.names import Version
from tools.lib.download.download import DownloadError
from tools.lib.updates.change import Change, SourceUpdate
from tools.lib.updates.debian import compare_locks, update_debian
from tools.lib.updates.testing import NEW, OLD, Project


def test_new_versions_are_locked(project: Project) -> None:
    before = read_lock("private/lock/debian12.lock.json")
    project.publish("bookworm", {"amd64": NEW, "arm64": OLD})
    found = update_debian(["debian12", "debian13"], Lines(), allow_missing=False)
    (change,) = found.changes
    assert replace(change, url="") == Change(
        "debian12", "libssl3", OLD["libssl3"], NEW["libssl3"], ("amd64",), everywhere=False
    )
    assert change.url.endswith(f"/pool/main/o/openssl/libssl3_{NEW['libssl3']}_amd64.deb")
    assert list(found.files) == ["private/lock/debian12.lock.json"]
    lock = parse_lock(found.files["private/lock/debian12.lock.json"], "new")
    assert sorted(lock.packages) == [
        "libssl3_3.0.16-1~deb12u1_arm64",
        "libssl3_3.0.17-1~deb12u3_amd64",
        "libzstd1_1.5.4+dfsg2-5_amd64",
        "libzstd1_1.5.4+dfsg2-5_arm64",
    ]
    # Nothing is written.
    assert read_lock("private/lock/debian12.lock.json") == before


def test_a_newer_release_file_alone_is_no_change(project: Project) -> None:
    project.publish("bookworm", {"amd64": OLD, "arm64": OLD})
    assert update_debian(["debian12"], Lines(), allow_missing=False) == SourceUpdate()


def test_an_index_that_no_server_has_is_an_error_or_a_note(project: Project) -> None:
    manifest = project.locks / "debian12.yaml"
    manifest.write_text(manifest.read_text().replace("[bookworm]", "[bookworm, security]"))
    project.publish("security", {"amd64": NEW, "arm64": NEW})
    for path in (project.debian.root / "dists/security/main/binary-arm64").rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(ToolError) as caught:
        update_debian(["debian12"], Lines(), allow_missing=False)
    assert "`./knife update --allow-missing`" in caught.value.hint
    found = update_debian(["debian12"], Lines(), allow_missing=True)
    assert [each.architectures for each in found.changes] == [("amd64",)]
    assert found.notes == (
        "debian12: security main is left out for arm64 (HTTP 404); older packages there:",
        f"  libssl3 {OLD['libssl3']} (elsewhere {NEW['libssl3']}): arm64",
    )


def test_a_mirror_that_does_not_answer_is_an_error_of_its_own(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTROLESS_MIRROR", "http://127.0.0.1:9/debian")
    with pytest.raises(DownloadError, match="connection refused"):
        update_debian(["debian12"], Lines(), allow_missing=True)


def test_the_differences_of_real_locks() -> None:
    lock = read_lock("private/lock/debian12.lock.json")
    packages = {
        # libssl3 has a file for each architecture, tzdata one for all.
        key: replace(package, version=Version("0"))
        if package.name == "tzdata" or (package.name, package.architecture) == ("libssl3", "amd64")
        else package
        for key, package in lock.packages.items()
    }
    sets = {
        name: {
            architecture: tuple(key for key in keys if packages[key].name != "libuuid1")
            for architecture, keys in by_architecture.items()
        }
        for name, by_architecture in lock.sets.items()
    }
    new = {f"{each.name}:{each.architecture}": each for each in lock.packages.values()}
    ssl, uuid, tz = (new[key] for key in ("libssl3:amd64", "libuuid1:amd64", "tzdata:all"))
    every = ("amd64", "arm", "arm64", "ppc64le", "s390x")
    java = ("amd64", "arm64", "ppc64le", "s390x")
    assert compare_locks("debian12", replace(lock, packages=packages, sets=sets), lock) == (
        Change("debian12", "libssl3", "0", ssl.version, ("amd64",), everywhere=False, url=ssl.url),
        Change("debian12", "libuuid1", "", uuid.version, java, url=uuid.url),
        Change("debian12", "tzdata", "0", tz.version, every, url=tz.url),
    )
    assert compare_locks("debian12", lock, lock) == ()
