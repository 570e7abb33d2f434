"""Tests of the limits on commands. They wait for a limit, and only a hang takes long."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools.structure_test import limits
from tools.structure_test.limits import MIB, Limits, Monitor, disk_usage
from tools.structure_test.tool_process import restrict, sh, stdout

KILLED = "sh -c {} was killed: {}"


def test_commands_that_do_not_end_are_killed(run_tests: Any) -> None:
    script = "echo begun; sleep 10000 & sleep 10000"
    result = run_tests(sh(script), flags=("--timeout", "0.01")).one
    assert result["Errors"] == [KILLED.format(script, "still running after 0.01 s")]


def test_output_before_the_kill_is_reported(run_tests: Any) -> None:
    script = "echo begun; while :; do busybox yes; done"
    result = run_tests(sh(script)).one
    assert result["Errors"] == [KILLED.format(script, "more than 16 MiB of stdout")]
    # All of it is checked, but reports have the beginning and the end.
    assert result["Stdout"].startswith("begun\ny\n")
    assert "\n[15728640 characters left out]\n" in result["Stdout"]


def test_commands_end_before_the_timeout_of_bazel(
    run_tests: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Bazel's timeout leaves no time for commands, only for the report.
    monkeypatch.setenv("TEST_TIMEOUT", "5")
    assert "was killed: still running after 0 s" in run_tests(sh("sleep 10000")).one["Errors"][0]


def test_background_processes_are_killed(run_tests: Any) -> None:
    assert stdout(run_tests(sh("sleep 10000 & echo done")).one) == "done\n"


def test_resource_limits(run_tests: Any) -> None:
    flags = ("--memory", "64", "--disk", "32")
    result = run_tests(sh("ulimit -c; ulimit -d; ulimit -f"), flags=flags).one
    # No core files; KiB of memory; blocks of 512 bytes.
    assert stdout(result).split() == ["0", "65536", "65536"]


def test_commands_can_be_interrupted(run_tests: Any) -> None:
    script = "busybox awk '/SigBlk/ {print $2}' /proc/self/status; kill $$"
    result = run_tests(sh(script, exitCode=143)).one
    assert int(stdout(result), 16) == 0


def test_memory_of_a_process(run_tests: Any) -> None:
    flags = ("--memory", "128")
    small, large = run_tests(
        sh("busybox dd if=/dev/zero of=/dev/null bs=20M count=1"),
        sh("busybox dd if=/dev/zero of=/dev/null bs=200M count=1; exit $?", exitCode=1),
        flags=flags,
    )
    assert small["Pass"]
    assert "memory" in large["Stderr"]


def test_memory_of_all_processes(run_tests: Any) -> None:
    # Each process has 30 MiB of memory, and waits for a reader of its output.
    hog = "busybox dd if=/dev/zero bs=30M count=1 | sleep 10000"
    script = f"for i in 1 2 3 4 5 6 7 8; do {hog} & done; sleep 10000"
    result = run_tests(sh(script), flags=("--memory", "128")).one
    assert result["Errors"] == [KILLED.format(script, "more than 128 MiB of memory")]


def test_processes(run_tests: Any) -> None:
    # The kernel refuses to start more, or all are killed.
    script = "i=0; while test $i -lt 300; do sleep 10000 & i=$((i + 1)); done; wait"
    result = run_tests(sh(script), flags=("--processes", "100")).one
    (error,) = result["Errors"]
    if not error.endswith("was killed: more than 100 processes"):
        assert "can't fork" in result["Stderr"]


def test_files_in_memory(run_tests: Any) -> None:
    script = (
        "for i in 1 2 3 4 5; do busybox dd if=/dev/zero of={}/$i bs=1M count=40 || exit 9; done"
    )
    for directory in ("/tmp", "/dev/shm"):
        result = run_tests(sh(script.format(directory)), flags=("--disk", "100")).one
        assert not result["Pass"], directory


@pytest.mark.parametrize("machine", ["no namespaces", "no overlays", "on disk", "neither"])
def test_files_on_machines_with_restrictions(
    run_tests: Any, monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    restrict(monkeypatch, machine)
    script = "for i in 1 2 3 4 5; do busybox dd if=/dev/zero of=/tmp/$i bs=1M count=40; done"
    bad, good = run_tests(
        sh(f"{script}; test -e /tmp/5 && exit 7"), sh("echo x > /tmp/x"), flags=("--disk", "100")
    )
    assert not bad["Pass"]
    assert good["Pass"]


def test_the_size_of_a_file_is_limited(run_tests: Any) -> None:
    script = "busybox dd if=/dev/zero of=/tmp/x bs=1M count=1 seek=200"
    assert not run_tests(sh(script), flags=("--disk", "100")).one["Pass"]


def test_zero_means_no_limit(run_tests: Any) -> None:
    flags = ("--memory", "0", "--processes", "0", "--disk", "0")
    result = run_tests(sh("echo x > /tmp/x; cat /tmp/x"), flags=flags).one
    assert stdout(result) == "x\n"


def test_disk_usage_counts_all_that_can_be_read(tmp_path: Path) -> None:
    before = disk_usage(str(tmp_path))
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/file").write_bytes(b"x" * MIB)
    (tmp_path / "loop").symlink_to(tmp_path)
    assert before + MIB <= disk_usage(str(tmp_path)) < before + 2 * MIB


def test_monitor_measures_descendants_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_INTERVAL", 0)
    monkeypatch.setattr(limits, "_MAX_LOAD", 1e9)
    with subprocess.Popen(
        ["sh", "-c", "sleep 10000 & sleep 10000 & echo; wait"],
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        assert Monitor(parent.pid, Limits(processes=2), None).exceeded() == ""
        exceeded = Monitor(os.getpid(), Limits(processes=2), None).exceeded()
        assert exceeded == "more than 2 processes"
        os.killpg(parent.pid, signal.SIGKILL)
