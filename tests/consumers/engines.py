"""docker, buildah, podman and containerd, each with storage of its own for the time of a test."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from tests.consumers.machine import command, succeed, try_out

_PROBE = "localhost/probe"
_NO_SUCH_PROGRAM = 127
"""The exit status of podman if a container started, and its program was not found."""


class Builder(Protocol):
    """Builds images of Dockerfiles."""

    def build(self, context: Path, name: str) -> None:
        """Builds a directory with a Dockerfile, and pushes the image."""


@dataclass(frozen=True, slots=True)
class Docker:
    """docker, and how it reaches its daemon."""

    flags: Sequence[str]

    def run(self, *arguments: str) -> str:
        """What a command prints."""
        return succeed("docker", *self.flags, *arguments)

    def build(self, context: Path, name: str) -> None:
        """Builds a directory with a Dockerfile, and pushes the image."""
        self.run("build", "--pull", "--network", "none", "--tag", name, str(context))
        self.run("push", name)


@contextlib.contextmanager
def docker(host: str) -> Iterator[Docker]:
    """docker with the machine's daemon, or with one of its own if root runs the test.

    Args:
        host: the registry of the test. Its images are removed from the machine's daemon.
    """
    if subprocess.run(command("docker", "info"), capture_output=True).returncode == 0:
        engine = Docker(())
        try:
            yield engine
        finally:
            names = "{{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}}"
            choice = ("--digests", "--format", names, "--filter", f"reference={host}/*/*")
            found = [name for name in engine.run("images", *choice).split() if "<" not in name]
            # What it caches of build stages stays, without a name, as after every build.
            remove = command("docker", "rmi", "--force", *dict.fromkeys(found))
            subprocess.run(remove, capture_output=True)
        return
    with _directory() as directory:
        socket = f"unix://{directory}/socket"
        paths = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
        flags = [f"--{flag}={directory}/{name}" for flag, name in paths.items()]
        flags += ["--host", socket, "--iptables=false", "--bridge=none"]
        with _daemon("API listen on", "dockerd", *flags):
            yield Docker(("--host", socket))


@dataclass(frozen=True, slots=True)
class Storage:
    """buildah or podman with a storage of its own."""

    program: str
    flags: Sequence[str]

    def run(self, *arguments: str) -> str:
        """What a command prints."""
        return succeed(self.program, *self.flags, *arguments)

    def build(self, context: Path, name: str) -> None:
        """Builds a directory with a Dockerfile, and pushes the image. Needs no privileges."""
        self.run("build", "--isolation=chroot", "--tls-verify=false", "--tag", name, str(context))
        self.run("push", "--tls-verify=false", name, f"docker://{name}")


@contextlib.contextmanager
def storage(program: str) -> Iterator[Storage]:
    """buildah or podman, which must be able to build an image of one file."""
    with _directory() as directory:
        flags = ("--root", f"{directory}/root", "--runroot", f"{directory}/run")
        (directory / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
        probe = ("build", "--isolation=chroot", "--tag", _PROBE, str(directory))
        try_out(program, *flags, *probe)
        engine = Storage(program, flags)
        try:
            yield engine
        finally:
            engine.run("rmi", "--all", "--force")


@contextlib.contextmanager
def podman() -> Iterator[Storage]:
    """podman, which must be able to run containers, with one of its runtimes."""
    with (
        storage("podman") as engine,
        _directory() as directory,
        pytest.MonkeyPatch.context() as patch,
    ):
        # By default, podman raises limits if root runs it, which not every machine allows.
        settings = directory / "containers.conf"
        settings.write_text('[containers]\ndefault_ulimits = []\nnetns = "none"\n')
        patch.setenv("CONTAINERS_CONF", str(settings))
        for runtime in ("crun", "runc"):
            flags = (*engine.flags, "--cgroup-manager=cgroupfs", "--runtime", runtime)
            probe = command("podman", *flags, "run", "--rm", _PROBE, "/missing")
            done = subprocess.run(probe, capture_output=True, text=True)
            if done.returncode == _NO_SUCH_PROGRAM:
                yield Storage("podman", flags)
                return
        pytest.skip(f"podman runs no container on this machine: {done.stderr.strip()}")


@dataclass(frozen=True, slots=True)
class Containerd:
    """ctr, and the containerd that it speaks to."""

    socket: str

    def run(self, *arguments: str) -> str:
        """What a command prints."""
        return succeed("ctr", "--address", self.socket, *arguments)


@contextlib.contextmanager
def containerd() -> Iterator[Containerd]:
    """A containerd of its own, which only root can start."""
    with _directory() as directory:
        socket = f"{directory}/socket"
        (directory / "config.toml").write_text(
            f"""\
version = 2
root = "{directory}/root"
state = "{directory}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{socket}"
"""
        )
        config = f"--config={directory}/config.toml"
        with _daemon("containerd successfully booted", "containerd", config):
            yield Containerd(socket)


@contextlib.contextmanager
def _daemon(ready: str, name: str, *flags: str) -> Iterator[None]:
    """Runs a daemon; skips the test if it ends before it says that it is ready."""
    if os.geteuid() != 0:
        pytest.skip(f"{name}: only root can start it")
    log: list[str] = []
    with subprocess.Popen(command(name, *flags), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        # Its log must not fill the pipe.
        reader = threading.Thread(target=process.stderr.read, daemon=True)
        try:
            for line in process.stderr:
                log.append(line)
                if ready in line:
                    break
            else:
                pytest.skip(f"{name} does not run on this machine: {log[-1:]}")
            reader.start()
            yield
        finally:
            process.terminate()
            if reader.ident:
                reader.join()


@contextlib.contextmanager
def _directory() -> Iterator[Path]:
    """A directory with a short name, as sockets need it. A private root has the machine's /tmp."""
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as name:
        yield Path(name)
