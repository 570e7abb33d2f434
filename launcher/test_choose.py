from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.choose import choose
from launcher.testing import ends, serve

VERSION = "7.7.1"
NOBODY = "http://127.0.0.1:1/"


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    with serve({"bazel_registry.json": b"{}"}) as mirror:
        yield f"{mirror.url}/bazel_registry.json"


def program(path: Path, text: str, mode: int = 0o755) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)
    return str(path)


def chosen(registry: str, *candidates: str, **environment: str) -> str:
    return choose(candidates, VERSION, {**os.environ, **environment}, registry)


def test_bazel_of_the_version_is_taken(tmp_path: Path, registry: str) -> None:
    bazel = program(tmp_path / "bazel", f"echo bazel {VERSION}")
    assert chosen(registry, bazel) == bazel


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
def test_another_program_is_not(tmp_path: Path, registry: str, text: str) -> None:
    assert chosen(registry, program(tmp_path / "bazel", text)) == ""


def test_what_cannot_run_is_passed_over(tmp_path: Path, registry: str) -> None:
    bazel = program(tmp_path / "bazel", f"echo bazel {VERSION}")
    no_program = program(tmp_path / "data", "", mode=0o644)
    assert chosen(registry, no_program, str(tmp_path / "none"), bazel) == bazel


def test_without_modules_within_reach_no_program_is_even_started(tmp_path: Path) -> None:
    bazel = program(tmp_path / "bazel", f"touch {tmp_path}/started; echo bazel {VERSION}")
    assert chosen(NOBODY, bazel) == ""
    assert not (tmp_path / "started").exists()


def test_bazelisk_is_asked_for_the_version_unless_the_user_wants_another(
    tmp_path: Path, registry: str
) -> None:
    bazelisk = program(tmp_path / "bazelisk", "echo bazel $USE_BAZEL_VERSION")
    assert chosen(registry, bazelisk) == bazelisk
    assert chosen(registry, bazelisk, USE_BAZEL_VERSION="6.5.0") == ""


def test_a_program_that_hangs_is_ended_with_its_children_and_the_next_one_asked(
    tmp_path: Path, registry: str
) -> None:
    hanging = program(
        tmp_path / "bazelisk",
        f"sleep 60 & echo $! >{tmp_path}/child; trap '' TERM; sleep 60; wait",
    )
    bazel = program(tmp_path / "bazel", f"echo bazel {VERSION}")
    begin = time.monotonic()
    assert chosen(registry, hanging, bazel) == bazel
    assert time.monotonic() - begin < 5
    assert ends((tmp_path / "child").read_text().strip())


def test_what_a_program_leaves_behind_is_ended(tmp_path: Path, registry: str) -> None:
    bazel = program(
        tmp_path / "bazel",
        f"sleep 60 >/dev/null 2>&1 & echo $! >{tmp_path}/child; echo bazel {VERSION}",
    )
    assert chosen(registry, bazel) == bazel
    assert ends((tmp_path / "child").read_text().strip())


def test_bazelisk_that_is_downloading_is_taken(tmp_path: Path, registry: str) -> None:
    bazelisk = program(
        tmp_path / "bazelisk", "mkdir -p $BAZELISK_HOME; echo x >$BAZELISK_HOME/part; sleep 60"
    )
    assert chosen(registry, bazelisk, BAZELISK_HOME=str(tmp_path / "home")) == bazelisk


def test_bazelisk_that_waits_is_not(tmp_path: Path, registry: str) -> None:
    old = tmp_path / "home/bazelisk/old"
    old.parent.mkdir(parents=True)
    old.write_text("x")
    os.utime(old, (1, 1))
    bazelisk = program(tmp_path / "bazelisk", "sleep 60")
    assert chosen(registry, bazelisk, BAZELISK_HOME="", XDG_CACHE_HOME=str(tmp_path / "home")) == ""


def test_a_server_that_is_silent_counts_as_none(tmp_path: Path) -> None:
    bazel = program(tmp_path / "bazel", f"echo bazel {VERSION}")
    with serve({"silent": b"xx"}) as mirror:
        mirror.silent.add("silent")
        assert chosen(f"{mirror.url}/none", bazel) == ""
