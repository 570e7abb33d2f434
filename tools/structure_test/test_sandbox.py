"""Tests of limits, isolation, privileges, and machines with restrictions."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tools.structure_test import namespaces, scratch
from tools.structure_test.tool_process import run_tool, sh, start_tool, stdout, write_config


def test_commands_that_do_not_end_are_killed(run_tests: Any) -> None:
    start = time.monotonic()
    script = "echo begun; sleep 100 & sleep 100"
    result = run_tests(sh(script), flags=("--timeout", "3")).one
    assert time.monotonic() - start < 10
    assert result["Errors"] == [f"sh -c {script} was killed: still running after 3 s"]
    assert result["Stdout"] == "begun\n"


def test_commands_end_before_the_timeout_of_bazel(
    run_tests: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_TIMEOUT", "6")
    start = time.monotonic()
    assert "was killed" in run_tests(sh("sleep 100")).one["Errors"][0]
    assert time.monotonic() - start < 6


def test_background_processes_are_killed(run_tests: Any) -> None:
    start = time.monotonic()
    assert stdout(run_tests(sh("sleep 100 & echo done")).one) == "done\n"
    assert time.monotonic() - start < 10


def test_endless_output(run_tests: Any) -> None:
    result = run_tests({"command": "busybox", "args": ["yes"]}).one
    assert result["Errors"] == ["busybox yes was killed: more than 16 MiB of stdout"]
    assert len(result["Stdout"]) == 16 << 20


def test_network_is_loopback_only(run_tests: Any) -> None:
    devices = "busybox awk -F: 'NR > 2 {print $1}' /proc/net/dev"
    assert stdout(run_tests(sh(devices)).one).split() == ["lo"]
    server = (
        "echo hello | busybox nc -l -p 80 & "
        "for i in 1 2 3 4 5 6 7 8 9; do busybox nc localhost 80 && exit; sleep 0.1; done; exit 1"
    )
    # As in container engines, every user may listen on every port.
    for image in ("nonroot", "root"):
        assert stdout(run_tests(sh(server), image=image).one) == "hello\n"


def test_isolation_from_the_host(run_tests: Any) -> None:
    script = "ls /; echo $$; cat /proc/1/comm; busybox hostname; ls /proc/self/fd"
    lines = stdout(run_tests(sh(script)).one).split()
    names = ["absolute", "bin", "data", "dev", "etc", "home", "proc", "root", "sys", "tmp"]
    assert lines[: len(names)] == names
    pid, first, hostname, *descriptors = lines[len(names) :]
    assert int(pid) < 10
    assert first == "bwrap"
    assert hostname == "structure-test"
    assert descriptors == ["0", "1", "2", "3"]  # the last one is ls's own


def test_capabilities(run_tests: Any) -> None:
    script = "busybox awk '/CapEff/ {print $2}' /proc/self/status"

    def effective(image: str, **options: Any) -> int:
        (result,) = run_tests(sh(script), image=image, containerRunOptions=options)
        return int(stdout(result), 16)

    sys_admin, net_admin, chown = 1 << 21, 1 << 12, 1
    assert effective("nonroot") == 0
    assert effective("root") & (sys_admin | net_admin | chown) == chown
    assert effective("root", privileged=True) & sys_admin
    assert effective("nonroot", capabilities=["NET_ADMIN"]) == net_admin


def test_terminal(run_tests: Any) -> None:
    script = "test -t 0 && test -t 1 && test -t 2 && echo $TERM; echo err >&2"
    (result,) = run_tests(sh(script), containerRunOptions={"allocateTty": True})
    assert stdout(result) == "xterm\r\nerr\r\n"
    assert not run_tests(sh("test -t 1")).one["Pass"]


def test_stdin_is_empty(run_tests: Any) -> None:
    assert stdout(run_tests(sh("cat; echo end")).one) == "end\n"


def test_bind_mounts(run_tests: Any, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/in").write_text("in\n")
    (tmp_path / "file").write_text("file\n")
    options = {
        "bindMounts": [
            f"{tmp_path}/shared:/absolute/rw",
            f"{tmp_path}/shared:/mnt/ro:ro",
            f"{os.path.relpath(tmp_path)}/file:/etc/made/file",
        ]
    }
    script = "cat /data/rw/in /etc/made/file; echo out > /data/rw/out; echo x > /mnt/ro/x"
    (result,) = run_tests(sh(f"{script} || echo ro"), containerRunOptions=options)
    assert stdout(result) == "in\nfile\nro\n"
    assert (tmp_path / "shared/out").read_text() == "out\n"


def test_missing_source_of_a_bind_mount(tmp_path: Path, images: dict[str, str]) -> None:
    config = write_config(
        tmp_path / "t.json",
        commandTests=[{"name": "a", "command": "true"}],
        containerRunOptions={"bindMounts": [f"{tmp_path}/gone:/x"]},
    )
    ran = run_tool("--image", images["root"], "--config", config)
    assert ran.status == 1
    (line,) = ran.stderr.splitlines()
    assert f"{tmp_path}/gone" in line
    assert line.startswith("error: ")


def _fails(*_: object) -> None:
    raise OSError(1, "not here")


@pytest.mark.parametrize("machine", ["no namespaces", "no overlays", "on disk", "neither"])
def test_machines_with_restrictions(
    run_tests: Any, monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    if machine == "no namespaces":
        monkeypatch.setattr(namespaces, "enter", lambda _: False)
    if machine in ("no overlays", "neither"):
        monkeypatch.setattr(namespaces, "mount_overlay", _fails)
    if machine in ("on disk", "neither"):
        monkeypatch.setattr(scratch, "MAX_IN_MEMORY", 0)
    first, second, third = run_tests(
        sh("cat /data/own; rm -r /data/own /tmp/*; mkdir /tmp/x", setup=[["touch", "/tmp/a"]]),
        sh("ls /tmp; cat /data/own; touch /made", exitCode=1),
        sh("cat /data/secret", exitCode=1),
    )
    assert (stdout(first), stdout(second), stdout(third)) == ("own\n", "own\n", "")


@pytest.mark.parametrize("on_disk", [False, True])
def test_no_files_are_left(
    run_tests: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, on_disk: bool
) -> None:
    directory = tmp_path / "scratch, and: more\\"
    directory.mkdir()
    monkeypatch.setenv("TEST_TMPDIR", str(directory))
    if on_disk:
        monkeypatch.setattr(scratch, "MAX_IN_MEMORY", 0)
    script = (
        "mkdir -p /data/a/b; touch /data/a/b/c; chmod 0 /data/a/b /data/a; rm -r /tmp/*; exit 0"
    )
    assert run_tests(sh(script)).one["Pass"]
    assert list(directory.iterdir()) == []


def test_no_files_are_left_after_sigterm(
    tmp_path: Path, images: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, begun = tmp_path / "scratch", tmp_path / "begun"
    directory.mkdir()
    begun.mkdir()
    monkeypatch.setenv("TEST_TMPDIR", str(directory))
    config = write_config(
        tmp_path / "t.json",
        commandTests=[{"name": "a", **sh("touch /begun/now; sleep 100")}],
        containerRunOptions={"bindMounts": [f"{begun}:/begun"]},
    )
    started = start_tool("--image", images["root"], "--config", config)
    while not (begun / "now").exists():
        time.sleep(0.01)
    os.kill(started.process, signal.SIGTERM)
    assert started.wait().status == 128 + signal.SIGTERM
    assert list(directory.iterdir()) == []
