from __future__ import annotations

import json
from pathlib import Path

import pytest

from launcher.resolve import current, locked
from launcher.testing import SNAPSHOT, pool, write_lock
from tools.lib.cli.errors import ToolError

BAZEL = ("bazel-bootstrap", "7.7.1+ds-3")
JDK = ("openjdk-21-jdk-headless", "21.0.1-1")
MIRROR = "http://mirror.example/debian"
SHA256 = "ab" * 32


@pytest.fixture
def lock(tmp_path: Path) -> str:
    path = tmp_path / "bazelw.lock.json"
    write_lock(path, {BAZEL: b"bazel", JDK: b"jdk", ("old", "1"): b"old"}, machine="amd64")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/debian-archive-keyring.pgp").write_bytes(b"keys")
    return str(path)


def apt(directory: Path, monkeypatch: pytest.MonkeyPatch, install: str) -> None:
    """An apt-get that prints what it is told; its index has all but `old`."""
    for name, text in {
        "apt-get": f'echo "$*" >>{directory}/calls\ncase $* in *update) ;; *) {install} ;; esac',
        "apt-cache": f"printf '%s\\n' more {BAZEL[0]} {JDK[0]}",
    }.items():
        path = directory / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}/bin:/usr/bin:/bin")


def uri(name: str, version: str) -> str:
    return f"'{MIRROR}/{pool(name, version)}' {name}_{version}_all.deb 1234 SHA256:{SHA256}"


def test_a_package_comes_from_the_mirror_else_from_the_archive_of_all(lock: str) -> None:
    bazel, *_ = locked(lock, "amd64", MIRROR, "7.7.1")
    path = pool(*BAZEL)
    assert (bazel.name, bazel.size) == ("bazel-bootstrap", 5)
    assert bazel.urls == (
        f"{MIRROR}/{path}",
        f"{SNAPSHOT}/{path}",
        f"{SNAPSHOT}/{path}".replace("https", "http"),
    )


def test_without_a_mirror_it_comes_from_the_archive_of_all(lock: str) -> None:
    bazel, *_ = locked(lock, "amd64", "", "7.7.1")
    assert bazel.urls[0] == f"{SNAPSHOT}/{pool(*BAZEL)}"


def test_another_url_is_read_as_it_stands(lock: str) -> None:
    document = json.loads(Path(lock).read_text())
    document["packages"]["bazel-bootstrap_7.7.1+ds-3_all"]["url"] = "https://vendor.example/a.deb"
    Path(lock).write_text(json.dumps(document))
    bazel, *_ = locked(lock, "amd64", MIRROR, "7.7.1")
    assert bazel.urls == ("https://vendor.example/a.deb",)


@pytest.mark.parametrize("wanted", ["7.7.10", "7.7", "8.0.0"])
def test_a_lock_of_another_bazel_is_an_error_that_names_the_command(lock: str, wanted: str) -> None:
    message = rf"Bazel is 7\.7\.1\+ds-3, \.bazelversion wants {wanted} .*knife lock"
    with pytest.raises(ToolError, match=message):
        locked(lock, "amd64", MIRROR, wanted)


def test_a_machine_that_the_lock_is_not_for_is_told_what_helps(lock: str) -> None:
    with pytest.raises(ToolError, match=r"no root for arm64, only for amd64 \(hint: .*bazelisk"):
        locked(lock, "arm64", MIRROR, "7.7.1")


def test_apt_is_asked_for_what_it_knows(
    lock: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apt(tmp_path, monkeypatch, f'echo "{uri(BAZEL[0], "7.7.1+ds-4")}"; echo "{uri("new", "2")}"')
    state = tmp_path / "a state"
    debs = current(str(state), lock, "amd64", MIRROR, "testing", "7.7.1")
    assert [(deb.name, deb.sha256, deb.size) for deb in debs] == [
        ("bazel-bootstrap", SHA256, 1234),
        ("new", SHA256, 1234),
    ]
    assert debs[1].urls == (f"{MIRROR}/{pool('new', '2')}",)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[-1].endswith(f" install {BAZEL[0]} {JDK[0]}")
    assert (state / "etc/sources.list").read_text().endswith(f" {MIRROR} testing main\n")
    assert (state / "etc/trusted.gpg.d/debian.gpg").read_bytes() == b"keys"


def test_the_bazel_of_today_must_be_the_one_that_is_wanted(
    lock: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apt(tmp_path, monkeypatch, f'echo "{uri(BAZEL[0], "8.1.0-1")}"')
    with pytest.raises(ToolError, match=r"has Bazel 8\.1\.0-1, wanted is 7\.7\.1"):
        current(str(tmp_path / "state"), lock, "amd64", MIRROR, "testing", "7.7.1")


@pytest.mark.parametrize(
    ("install", "message"),
    [
        ("echo 'N: note' >&2; echo 'E: Unable to locate' >&2; exit 100", "E: Unable to locate"),
        (f"echo \"'{MIRROR}/a.deb' a.deb 12 MD5Sum:{'0' * 32}\"", "without SHA256"),
        ("true", "has Bazel no more"),
    ],
)
def test_an_apt_that_fails_is_an_error(
    lock: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, install: str, message: str
) -> None:
    apt(tmp_path, monkeypatch, install)
    with pytest.raises(ToolError, match=message):
        current(str(tmp_path / "state"), lock, "amd64", MIRROR, "testing", "7.7.1")


def test_a_machine_without_apt_cannot_choose_anew(
    lock: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match=r"no apt-get .*snapshot\.debian\.org"):
        current(str(tmp_path / "state"), lock, "amd64", MIRROR, "testing", "7.7.1")
