"""Runs one command in bubblewrap, with limits on its time, its output and what it uses."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.cli.errors import ToolError
from tools.structure_test.identity import Identity
from tools.structure_test.limits import Limits, Monitor, running_processes, set_resource_limits
from tools.structure_test.signals import deferred, undefer

FALLBACK_PATH = ("/usr/bin",)
"""Searched for bwrap after PATH, because the environment of a test may have a minimal PATH."""
MAX_OUTPUT = 16 << 20
"""Bytes of each stream."""
_NO_EXEC = "bwrap: execvp "
_NO_NAMESPACES = ("namespace", "uid map", "Operation not permitted")
_NAMESPACES = (
    "bubblewrap needs user namespaces: `bwrap --unshare-all --bind / / true` must work here"
)
_PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a command."""

    exit_code: int | None
    """None if the command was killed or could not be started; `failure` says why."""
    stdout: str
    stderr: str
    failure: str = ""
    """Completes a sentence that starts with the command, such as "was killed: ..."."""


def not_started(reason: str) -> Outcome:
    """The outcome of a command that could not be started."""
    return Outcome(None, "", "", f"could not be started: {reason}")


def find_bubblewrap() -> str:
    """The path of bwrap.

    Raises:
        ToolError: it is not installed.
    """
    for directory in [*os.get_exec_path(), *FALLBACK_PATH]:
        path = os.path.join(directory, "bwrap")
        if os.access(path, os.X_OK):
            return path
    raise ToolError("command tests need bwrap", "install Debian's package bubblewrap")


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """How to run bubblewrap.

    Attributes:
        path: of bwrap.
        identity: the user to run it as; None: this process's.
        limit_processes: whether the kernel counts the processes of the sandbox apart from others.
    """

    path: str
    identity: Identity | None
    limit_processes: bool

    def run(
        self,
        options: Iterable[str | bytes],
        command: Sequence[str],
        *,
        limits: Limits,
        tty: bool,
        disk: str | None = None,
    ) -> Outcome:
        """Runs `command` until it ends or exceeds a limit. Nothing that it started keeps running.

        Args:
            options: for bubblewrap, without those of its status.
            command: the program and its arguments.
            limits: of the command.
            tty: whether stdin, stdout and stderr are a terminal; all output counts as stdout then.
            disk: a directory whose growth counts as disk use, unless the kernel limits it.

        Raises:
            ToolError: bubblewrap could not set up the sandbox.
        """
        # What bubblewrap leaves behind becomes a child of this process.
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        streams: dict[str, int] = {}
        buffers: dict[str, bytearray] = {}
        process = None
        try:
            with deferred():
                process = self._start(options, command, limits, tty, streams)
            buffers = {name: bytearray() for name in streams}
            failure = _collect(process, streams, buffers, limits, disk)
        finally:
            with deferred():
                # The end of bubblewrap ends the pid namespace, and all processes in it.
                if process is not None:
                    process.kill()
                    process.wait()
                    _end_orphans()
                for name, stream in streams.items():
                    _drain(stream, buffers.setdefault(name, bytearray()))
                    os.close(stream)
        return _outcome({name: bytes(data) for name, data in buffers.items()}, failure, command)

    def _start(
        self,
        options: Iterable[str | bytes],
        command: Sequence[str],
        limits: Limits,
        tty: bool,
        streams: dict[str, int],
    ) -> subprocess.Popen[bytes]:
        """Starts bubblewrap, and adds the ends of its streams that are to be read."""

        def prepare() -> None:
            undefer()
            set_resource_limits(limits, self.limit_processes)

        with contextlib.ExitStack() as ends:

            def open_stream(name: str) -> int:
                streams[name], end = os.openpty() if name == "terminal" else os.pipe()
                ends.callback(os.close, end)
                return end

            arguments = _options_file(options)
            ends.callback(os.close, arguments)
            status = open_stream("status")
            terminal = open_stream("terminal") if tty else None
            return subprocess.Popen(
                [
                    *(self.path, "--args", str(arguments), "--json-status-fd", str(status), "--"),
                    *map(path_bytes, command),
                ],
                stdin=subprocess.DEVNULL if terminal is None else terminal,
                stdout=open_stream("stdout") if terminal is None else terminal,
                stderr=open_stream("stderr") if terminal is None else terminal,
                env={},
                pass_fds=[arguments, status],
                umask=0o022,
                user=self.identity.uid if self.identity else None,
                group=self.identity.gid if self.identity else None,
                extra_groups=[] if self.identity else None,
                preexec_fn=prepare,
            )


def _options_file(options: Iterable[str | bytes]) -> int:
    """A file with options for `--args`. They may be too long for a command line."""
    file = os.memfd_create("bwrap-args")
    with open(file, "wb", closefd=False) as out:
        for option in options:
            data = path_bytes(option) if isinstance(option, str) else option
            assert b"\0" not in data, "a NUL separates options"
            out.write(data + b"\0")
    os.lseek(file, 0, os.SEEK_SET)
    return file


def _end_orphans() -> None:
    """Ends what bubblewrap has left: a child, if it was killed before it knew its parent."""
    while orphans := [each.number for each in running_processes() if each.parent == os.getpid()]:
        for orphan in orphans:
            os.kill(orphan, signal.SIGKILL)
            os.waitpid(orphan, 0)


def _collect(
    process: subprocess.Popen[bytes],
    streams: dict[str, int],
    buffers: dict[str, bytearray],
    limits: Limits,
    disk: str | None,
) -> str:
    """Reads all streams until they end or a limit is exceeded. Returns which limit."""
    deadline = time.monotonic() + limits.seconds
    monitor = Monitor(process.pid, limits, disk)
    with selectors.DefaultSelector() as selector:
        for name, stream in streams.items():
            selector.register(stream, selectors.EVENT_READ, name)
        while selector.get_map():
            remaining = max(0.0, deadline - time.monotonic())
            for key, _ in selector.select(min(remaining, monitor.wait_time())):
                data = _read(key.fd)
                if not data:
                    selector.unregister(key.fd)
                buffers[key.data] += data
                if len(buffers[key.data]) > MAX_OUTPUT:
                    name = "stdout" if key.data == "terminal" else key.data
                    return f"more than {MAX_OUTPUT >> 20} MiB of {name}"
            exceeded = monitor.exceeded()
            if exceeded:
                return exceeded
            if time.monotonic() >= deadline and selector.get_map():
                return f"still running after {limits.seconds:.3g} s"
    return monitor.exceeded_at_end()


def _drain(stream: int, buffer: bytearray) -> None:
    """Reads what ended processes have left in a pipe or a terminal."""
    os.set_blocking(stream, False)
    with contextlib.suppress(BlockingIOError):
        while len(buffer) <= MAX_OUTPUT and (data := _read(stream)):
            buffer += data
    del buffer[MAX_OUTPUT:]


def _read(stream: int) -> bytes:
    try:
        return os.read(stream, 1 << 16)
    except BlockingIOError:
        raise
    except OSError:  # EIO: the last process closed the terminal.
        return b""


def _outcome(texts: dict[str, bytes], failure: str, command: Sequence[str]) -> Outcome:
    stdout = texts.get("stdout", texts.get("terminal", b"")).decode("utf-8", "replace")
    stderr = texts.get("stderr", b"").decode("utf-8", "replace")
    if failure:
        return Outcome(None, stdout, stderr, f"was killed: {failure}")
    for line in texts["status"].splitlines():
        code = json.loads(line).get("exit-code")
        if code is not None:
            return Outcome(code, stdout, stderr)
    message = (stderr or stdout).strip().rpartition("\n")[2]
    if message.startswith(_NO_EXEC):
        return not_started(message.removeprefix(_NO_EXEC).removeprefix(f"{command[0]}: "))
    raise ToolError(
        f"sandbox of a command: {message or 'bwrap ended without a message'}",
        _NAMESPACES if any(word in message for word in _NO_NAMESPACES) else "",
    )
