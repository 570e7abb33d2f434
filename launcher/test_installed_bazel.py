from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.fake_mirror import serve
from launcher.installed_bazel import find_usable
from launcher.processes import Process, wait_until

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


def find(registry: str, *programs: str, timeout: float = 3600, **environment: str) -> str:
    return find_usable(
        programs,
        VERSION,
        {**os.environ, **environment},
        registry=registry,
        registry_timeout=3600,
        program_timeout=timeout,
    )


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


def test_without_a_registry_no_program_runs(tmp_path: Path, registry: str) -> None:
    bazel = script(tmp_path / "bazel", f"touch {tmp_path}/started; echo bazel {VERSION}")
    assert find(REFUSING, bazel) == ""
    assert find(f"{registry}.missing", bazel) == ""
    assert not (tmp_path / "started").exists()


def test_bazelisk_is_asked_for_the_version_unless_the_user_wants_another(
    tmp_path: Path, registry: str
) -> None:
    bazelisk = script(tmp_path / "bazelisk", "echo bazel $USE_BAZEL_VERSION")
    assert find(registry, bazelisk) == bazelisk
    assert find(registry, bazelisk, USE_BAZEL_VERSION="6.5.0") == ""


def test_a_program_that_hangs_is_killed(tmp_path: Path, registry: str) -> None:
    # It gets as far as the time limit allows. Its child has its process group.
    hanging = script(tmp_path / "bazelisk", "sleep 1000 & trap '' TERM; wait")
    assert find(registry, hanging, timeout=0.1) == ""


def test_children_of_a_program_are_killed(tmp_path: Path, registry: str) -> None:
    # The program ends when the test has taken note of its child.
    bazel = script(
        tmp_path / "bazel",
        f"sleep 1000 & echo $! >{tmp_path}/child; read -r _ <{tmp_path}/end; echo bazel {VERSION}",
    )
    os.mkfifo(tmp_path / "end")
    child = []

    def note_child() -> None:
        wait_until(
            lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text()[-1:] == "\n"
        )
        child.append(Process(int((tmp_path / "child").read_text())))
        (tmp_path / "end").write_text("\n")

    thread = threading.Thread(target=note_child)
    thread.start()
    assert find(registry, bazel) == bazel
    thread.join()
    child[0].wait()


def test_a_silent_registry_does_not_answer(tmp_path: Path) -> None:
    bazel = script(tmp_path / "bazel", f"echo bazel {VERSION}")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        registry = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert (
            find_usable([bazel], VERSION, os.environ, registry=registry, registry_timeout=0.1) == ""
        )
