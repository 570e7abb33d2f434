"""Tests of isolation, privileges, mounts, and machines with restrictions."""

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.structure_test.identity import spare_identity
from tools.structure_test.sample_images import layer, shell, symlink, write_layout
from tools.structure_test.tool_process import (
    restrict,
    run_tool,
    sh,
    start_tool,
    stdout,
    write_config,
)


def test_network_is_loopback_only(run_tests: Any) -> None:
    devices = "busybox awk -F: 'NR > 2 {print $1}' /proc/net/dev"
    assert stdout(run_tests(sh(devices)).one).split() == ["lo"]
    # The server runs in the background once it listens. As in container engines, every user may
    # listen on every port.
    server = "busybox httpd -p 80 -h /etc && busybox wget -q -O - http://localhost/passwd"
    for image in ("nonroot", "root"):
        assert stdout(run_tests(sh(server), image=image).one).startswith("root:x:0:0")


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


@pytest.fixture
def public_directory() -> Iterator[Path]:
    """A directory that every user can enter and write to, because root's commands are not root."""
    with tempfile.TemporaryDirectory() as path:
        os.chmod(path, 0o777)
        yield Path(path)


def test_commands_are_not_root_on_the_host(run_tests: Any, public_directory: Path) -> None:
    options = {"bindMounts": [f"{public_directory}:/out"]}
    for image in ("nonroot", "root"):
        (result,) = run_tests(sh(f"touch /out/{image}"), image=image, containerRunOptions=options)
        assert result["Pass"]
        owner = (public_directory / image).stat()
        spare = spare_identity()
        if spare is None:
            # Without another id, the owner is the user of this test.
            assert (owner.st_uid, owner.st_gid) == (os.geteuid(), os.getegid())
        else:
            assert 0 not in (owner.st_uid, owner.st_gid)


@pytest.mark.parametrize("machine", ["", "single id"])
@pytest.mark.parametrize("image", ["nonroot", "root"])
def test_settings_of_the_kernel_are_read_only(
    run_tests: Any, monkeypatch: pytest.MonkeyPatch, image: str, machine: str
) -> None:
    restrict(monkeypatch, machine)
    pattern = Path("/proc/sys/kernel/core_pattern").read_text()
    script = (
        f"echo '{pattern.strip()}' > /proc/sys/kernel/core_pattern; echo $?;"
        "busybox awk '$2 == \"/proc/sys\" {print substr($4, 1, 2)}' /proc/mounts"
    )
    options = {"privileged": True}
    (result,) = run_tests(sh(script), image=image, containerRunOptions=options)
    status, *access = stdout(result).split()
    assert status != "0"
    assert access == ["ro"]


def test_devices_cannot_be_added(run_tests: Any) -> None:
    assert not run_tests(sh("touch /dev/x"), image="root").one["Pass"]
    result = run_tests(sh("echo x > /dev/shm/x; cat /dev/shm/x; stat -c %a /dev/shm")).one
    assert stdout(result) == "x\n1777\n"


@pytest.mark.parametrize("machine", ["", "no namespaces", "no overlays"])
@pytest.mark.parametrize("image", ["nonroot", "root"])
def test_a_read_only_root_has_a_writable_tmp(
    run_tests: Any, monkeypatch: pytest.MonkeyPatch, image: str, machine: str
) -> None:
    restrict(monkeypatch, machine)
    script = "echo x > /tmp/x; cat /tmp/x; stat -c %a /tmp; echo x > x || true"
    (result,) = run_tests(sh(script), image=image, flags=("--read-only",))
    assert stdout(result) == "x\n1777\n"
    assert "Read-only file system" in result["Stderr"]
    assert run_tests(sh("echo x > x; cat x"), image="root").one["Pass"]


@pytest.mark.parametrize("machine", ["", "no namespaces", "no overlays"])
def test_links_of_a_setup_do_not_lead_to_the_host(
    run_tests: Any, public_directory: Path, monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    restrict(monkeypatch, machine)
    host = public_directory
    options = {"bindMounts": [f"{host}:/made/mounted"]}
    # Bubblewrap has the host's files in /oldroot while it mounts.
    link = f"ln -s /oldroot{host}"
    mounted, workdir = run_tests(
        sh("ls /made/", setup=[["sh", "-c", f"mv /made /moved && {link} /made"]]),
        sh("true", setup=[["sh", "-c", f"cd / && rm -r /srv && {link} /srv"]]),
        image="root",
        containerRunOptions=options,
    )
    assert stdout(mounted) == "mounted\n"
    assert "working directory: /oldroot does not exist" in workdir["Errors"][0]
    assert list(host.iterdir()) == []


def test_links_of_an_image_do_not_lead_to_the_host(tmp_path: Path, public_directory: Path) -> None:
    # Bubblewrap sees the host in its own /proc while it mounts.
    host = f"/proc/self/root/oldroot{public_directory}"
    links = [symlink("evil", host), symlink("up", "../../../../../../../.." + host)]
    config = {"Env": ["PATH=/bin"], "WorkingDir": "/evil/workdir", "Volumes": {"/evil/volume": {}}}
    image = write_layout(tmp_path / "image", layer(*shell(), *links), config=config)
    for number, target in enumerate(("/evil/a", "/up/b", "/evil", "/proc/self/cwd/x", "/x")):
        tests = write_config(
            tmp_path / f"{number}.json",
            commandTests=[{"name": "a", **sh("true")}],
            containerRunOptions={"bindMounts": [f"{tmp_path}:{target}"]},
        )
        ran = run_tool("--image", image, "--config", tests)
        assert (ran.status, ran.stderr) == (1, "")
        assert "/proc belongs to the sandbox" in ran.stdout
    assert list(public_directory.iterdir()) == []


def test_terminal(run_tests: Any) -> None:
    script = "test -t 0 && test -t 1 && test -t 2 && echo $TERM; echo err >&2"
    (result,) = run_tests(sh(script), containerRunOptions={"allocateTty": True})
    assert stdout(result) == "xterm\r\nerr\r\n"
    assert not run_tests(sh("test -t 1")).one["Pass"]


def test_stdin_is_empty(run_tests: Any) -> None:
    assert stdout(run_tests(sh("cat; echo end")).one) == "end\n"


def test_bind_mounts(run_tests: Any, tmp_path: Path, public_directory: Path) -> None:
    (public_directory / "in").write_text("in\n")
    (tmp_path / "file").write_text("file\n")
    options = {
        "bindMounts": [
            f"{public_directory}:/absolute/rw",
            f"{public_directory}:/mnt/ro:ro",
            f"{os.path.relpath(tmp_path)}/file:/etc/made/file",
        ]
    }
    script = "cat /data/rw/in /etc/made/file; echo out > /data/rw/out; echo x > /mnt/ro/x"
    (result,) = run_tests(sh(f"{script} || echo ro"), containerRunOptions=options)
    assert stdout(result) == "in\nfile\nro\n"
    assert (public_directory / "out").read_text() == "out\n"


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


@pytest.mark.parametrize(
    "machine", ["single id", "no namespaces", "no overlays", "on disk", "neither"]
)
def test_machines_with_restrictions(
    run_tests: Any, monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    restrict(monkeypatch, machine)
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
    restrict(monkeypatch, "on disk" if on_disk else "")
    script = (
        "mkdir -p /data/a/b; touch /data/a/b/c; chmod 0 /data/a/b /data/a; rm -r /tmp/*; exit 0"
    )
    assert run_tests(sh(script)).one["Pass"]
    assert list(directory.iterdir()) == []


def test_no_files_are_left_after_sigterm(
    tmp_path: Path,
    public_directory: Path,
    images: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    directory = tmp_path / "scratch"
    directory.mkdir()
    monkeypatch.setenv("TEST_TMPDIR", str(directory))
    config = write_config(
        tmp_path / "t.json",
        commandTests=[{"name": "a", **sh("touch /begun/now; sleep 100")}],
        containerRunOptions={"bindMounts": [f"{public_directory}:/begun"]},
    )
    started = start_tool("--image", images["root"], "--config", config)
    while not (public_directory / "now").exists():
        assert not started.has_ended()
        time.sleep(0.01)
    os.kill(started.process, signal.SIGTERM)
    assert started.wait().status == 128 + signal.SIGTERM
    assert list(directory.iterdir()) == []
