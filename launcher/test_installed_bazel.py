from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.fake_mirror import ends, serve
from launcher.installed_bazel import find_usable

VERSION = "7.7.1"
REFUSING = "http://127.0.0.1:1/"


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    with serve({"bazel_registry.json": b"{}"}) as mirror:
        yield f"{mirror.url}/bazel_registry.json"


def script(path: Path, text: str, mode: int = 0o755) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)
    return str(path)


def find(registry: str, *programs: str, **environment: str) -> str:
    return find_usable(programs, VERSION, {**os.environ, **environment}, registry)


def test_bazel_of_the_version_is_usable(tmp_path: Path, registry: str) -> None:
    bazel = script(tmp_path / "bazel", f"echo bazel {VERSION}")
    assert find(registry, bazel) == bazel


@pytest.mark.parametrize(
    "text",
    [
        "echo bazel 7.7.10",
        "echo bazel 7.7",
        "echo bazel 8.0.0",
        "echo 'no bazel 7.7.1'",
        "exit 1",
        "printf '\\377\\376'",
        "",
    ],
)
def test_other_programs_are_not_usable(tmp_path: Path, registry: str, text: str) -> None:
    assert find(registry, script(tmp_path / "bazel", text)) == ""


def test_files_that_cannot_run_are_skipped(tmp_path: Path, registry: str) -> None:
    bazel = script(tmp_path / "bazel", f"echo bazel {VERSION}")
    data = script(tmp_path / "data", "", mode=0o644)
    assert find(registry, data, str(tmp_path / "missing"), bazel) == bazel


def test_without_a_registry_no_program_runs(tmp_path: Path) -> None:
    bazel = script(tmp_path / "bazel", f"touch {tmp_path}/started; echo bazel {VERSION}")
    assert find(REFUSING, bazel) == ""
    assert not (tmp_path / "started").exists()


def test_bazelisk_is_asked_for_the_version_unless_the_user_wants_another(
    tmp_path: Path, registry: str
) -> None:
    bazelisk = script(tmp_path / "bazelisk", "echo bazel $USE_BAZEL_VERSION")
    assert find(registry, bazelisk) == bazelisk
    assert find(registry, bazelisk, USE_BAZEL_VERSION="6.5.0") == ""


def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path, registry: str) -> None:
    hanging = script(
        tmp_path / "bazelisk",
        f"sleep 60 & echo $! >{tmp_path}/child; trap '' TERM; sleep 60; wait",
    )
    bazel = script(tmp_path / "bazel", f"echo bazel {VERSION}")
    begin = time.monotonic()
    assert find(registry, hanging, bazel) == bazel
    assert time.monotonic() - begin < 5
    assert ends((tmp_path / "child").read_text().strip())


def test_background_processes_of_a_program_are_killed(tmp_path: Path, registry: str) -> None:
    bazel = script(
        tmp_path / "bazel",
        f"sleep 60 >/dev/null 2>&1 & echo $! >{tmp_path}/child; echo bazel {VERSION}",
    )
    assert find(registry, bazel) == bazel
    assert ends((tmp_path / "child").read_text().strip())


def test_a_bazelisk_that_downloads_is_usable(tmp_path: Path, registry: str) -> None:
    bazelisk = script(
        tmp_path / "bazelisk", "mkdir -p $BAZELISK_HOME; echo x >$BAZELISK_HOME/part; sleep 60"
    )
    assert find(registry, bazelisk, BAZELISK_HOME=str(tmp_path / "home")) == bazelisk


def test_a_bazelisk_that_waits_is_not_usable(tmp_path: Path, registry: str) -> None:
    old = tmp_path / "home/bazelisk/old"
    old.parent.mkdir(parents=True)
    old.write_text("x")
    os.utime(old, (1, 1))
    bazelisk = script(tmp_path / "bazelisk", "sleep 60")
    assert find(registry, bazelisk, BAZELISK_HOME="", XDG_CACHE_HOME=str(tmp_path / "home")) == ""


def test_a_silent_registry_does_not_answer(tmp_path: Path) -> None:
    bazel = script(tmp_path / "bazel", f"echo bazel {VERSION}")
    with serve({"silent": b"xx"}) as mirror:
        mirror.stalled.add("silent")
        assert find(f"{mirror.url}/none", bazel) == ""
