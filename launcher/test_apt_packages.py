from __future__ import annotations

from pathlib import Path

import pytest

from launcher.apt_packages import resolve_with_apt
from launcher.download import Download
from launcher.fake_mirror import pool_path, write_lock
from tools.lib.cli.errors import ToolError

BAZEL = ("bazel-bootstrap", "7.7.1+ds-3")
JDK = ("openjdk-21-jdk-headless", "21.0.1-1")
MIRROR = "http://mirror.example/debian"
SHA256 = "ab" * 32
LOCK = "private/lock/bazelw.lock.json"


@pytest.fixture(autouse=True)
def _lock(tmp_path: Path) -> None:
    debs = {BAZEL: b"bazel", JDK: b"jdk", ("old", "1"): b"old"}
    (tmp_path / "private/lock").mkdir(parents=True)
    write_lock(tmp_path / LOCK, debs, machine="amd64")
    (tmp_path / "rules/keyrings").mkdir(parents=True)
    (tmp_path / "rules/keyrings/debian-archive-keyring.pgp").write_bytes(b"keys")


def install_apt(directory: Path, monkeypatch: pytest.MonkeyPatch, install: str) -> None:
    """Puts an apt on PATH whose index has all packages but `old`.

    Args:
        directory: where the test keeps its files; `calls` is the log.
        monkeypatch: changes PATH.
        install: the shell command that `apt-get install` runs.
    """
    for name, text in {
        "apt-get": f'echo "$*" >>{directory}/calls\ncase $* in *update) ;; *) {install} ;; esac',
        "apt-cache": f"printf '%s\\n' more {BAZEL[0]} {JDK[0]}",
    }.items():
        path = directory / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}/bin:/usr/bin:/bin")


def resolve(directory: Path) -> list[Download]:
    lock = str(directory / LOCK)
    return resolve_with_apt(str(directory / "a state"), lock, "amd64", MIRROR, "testing", "7.7.1")


def uri(name: str, version: str) -> str:
    """A line of `apt-get --print-uris`."""
    return f"'{MIRROR}/{pool_path(name, version)}' {name}_{version}_all.deb 1234 SHA256:{SHA256}"


def test_apt_selects_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = uri(BAZEL[0], "7.7.1+ds-4"), uri("new", "2")
    install_apt(tmp_path, monkeypatch, f'echo "{lines[0]}"; echo "{lines[1]}"')
    files = resolve(tmp_path)
    assert [(file.name, file.sha256, file.size) for file in files] == [
        ("bazel-bootstrap", SHA256, 1234),
        ("new", SHA256, 1234),
    ]
    assert files[1].urls == (f"{MIRROR}/{pool_path('new', '2')}",)


def test_apt_installs_the_packages_of_the_lock_that_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_apt(tmp_path, monkeypatch, f'echo "{uri(*BAZEL)}"')
    resolve(tmp_path)
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[-1].endswith(f" install {BAZEL[0]} {JDK[0]}")
    etc = tmp_path / "a state/etc"
    assert (etc / "sources.list").read_text().endswith(f" {MIRROR} testing main\n")
    assert (etc / "trusted.gpg.d/debian.gpg").read_bytes() == b"keys"


def test_another_version_of_bazel_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_apt(tmp_path, monkeypatch, f'echo "{uri(BAZEL[0], "8.1.0-1")}"')
    with pytest.raises(ToolError, match=r"has Bazel 8\.1\.0-1, \.bazelversion says 7\.7\.1"):
        resolve(tmp_path)


@pytest.mark.parametrize(
    ("install", "message"),
    [
        ("echo 'N: note' >&2; echo 'E: Unable to locate' >&2; exit 100", "E: Unable to locate"),
        (f"echo \"'{MIRROR}/a.deb' a.deb 12 MD5Sum:{'0' * 32}\"", "no URI with a SHA256"),
        ("true", "has Bazel no longer"),
    ],
)
def test_a_failing_apt_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, install: str, message: str
) -> None:
    install_apt(tmp_path, monkeypatch, install)
    with pytest.raises(ToolError, match=message):
        resolve(tmp_path)


def test_without_apt_the_hint_is_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match=r"apt-get not found .*snapshot\.debian\.org"):
        resolve(tmp_path)
