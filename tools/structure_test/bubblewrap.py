"""Runs one command in bubblewrap, with limits on its time and output."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError

FALLBACK_PATH = ("/usr/bin",)
"""Searched for bwrap after PATH, because the environment of a test may have a minimal PATH."""
_MAX_OUTPUT = 16 << 20  # bytes of each stream
_NO_EXEC = "bwrap: execvp "
_NO_NAMESPACES = ("namespace", "uid map", "Operation not permitted")
_NAMESPACES = (
    "bubblewrap needs user namespaces: `bwrap --unshare-all --bind / / true` must work here"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a command."""

    exit_code: int | None
    """None if the command was killed or could not be started; `failure` says why."""
    stdout: str
    stderr: str
    failure: str = ""
    """Completes a sentence that starts with the command, such as "was killed: ..."."""


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


def run(
    bwrap: str, options: Sequence[str], command: Sequence[str], *, timeout: float, tty: bool
) -> Outcome:
    """Runs `command` until it ends or exceeds a limit. Nothing that it started keeps running.

    Args:
        bwrap: path of bubblewrap.
        options: for bubblewrap, without those of its status.
        command: the program and its arguments.
        timeout: seconds until the command is killed.
        tty: whether stdin, stdout and stderr are a terminal; all output counts as stdout then.

    Raises:
        ToolError: bubblewrap could not set up the sandbox.
    """
    status, status_end = os.pipe()
    terminal, terminal_end = os.openpty() if tty else (-1, -1)
    process = subprocess.Popen(
        [bwrap, "--json-status-fd", str(status_end), *options, "--", *command],
        stdin=terminal_end if tty else subprocess.DEVNULL,
        stdout=terminal_end if tty else subprocess.PIPE,
        stderr=terminal_end if tty else subprocess.PIPE,
        env={},
        pass_fds=[status_end],
        umask=0o022,
    )
    os.close(status_end)
    streams = {"status": status}
    if tty:
        os.close(terminal_end)
        streams["stdout"] = terminal
    else:
        assert process.stdout is not None
        assert process.stderr is not None
        # Duplicates, because the process object closes its pipes.
        streams["stdout"] = os.dup(process.stdout.fileno())
        streams["stderr"] = os.dup(process.stderr.fileno())
        process.stdout.close()
        process.stderr.close()
    try:
        texts, failure = _collect(process, streams, timeout)
    finally:
        # The end of bubblewrap ends the pid namespace, and all processes in it.
        process.kill()
        process.wait()
        for stream in streams.values():
            os.close(stream)
    return _outcome(texts, failure, command)


def _collect(
    process: subprocess.Popen[bytes], streams: dict[str, int], timeout: float
) -> tuple[dict[str, bytes], str]:
    """Reads all streams to their ends. Returns their content, and why the command was killed."""
    buffers = {name: bytearray() for name in streams}
    failure = ""
    deadline = time.monotonic() + timeout
    with selectors.DefaultSelector() as selector:
        for name, stream in streams.items():
            selector.register(stream, selectors.EVENT_READ, name)
        while selector.get_map():
            events = selector.select(max(0.0, deadline - time.monotonic()))
            if not events and failure:
                break  # The command was killed, but another process still holds the pipes.
            if not events:
                failure = f"was killed: still running after {timeout:.3g} s"
            for key, _ in events:
                try:
                    data = os.read(key.fd, 1 << 16)
                except OSError:  # EIO: the last process closed the terminal.
                    data = b""
                if not data:
                    selector.unregister(key.fd)
                buffers[key.data] += data
                if len(buffers[key.data]) > _MAX_OUTPUT and not failure:
                    failure = f"was killed: more than {_MAX_OUTPUT >> 20} MiB of {key.data}"
                del buffers[key.data][_MAX_OUTPUT:]
            if failure and process.poll() is None:
                process.kill()
                deadline = time.monotonic() + 5
    return {name: bytes(data) for name, data in buffers.items()}, failure


def _outcome(texts: dict[str, bytes], failure: str, command: Sequence[str]) -> Outcome:
    stdout = texts["stdout"].decode("utf-8", "replace")
    stderr = texts.get("stderr", b"").decode("utf-8", "replace")
    if failure:
        return Outcome(None, stdout, stderr, failure)
    for line in texts["status"].splitlines():
        code = json.loads(line).get("exit-code")
        if code is not None:
            return Outcome(code, stdout, stderr)
    message = (stderr or stdout).strip().rpartition("\n")[2]
    if message.startswith(_NO_EXEC):
        reason = message.removeprefix(_NO_EXEC).removeprefix(f"{command[0]}: ")
        return Outcome(None, "", "", f"could not be started: {reason}")
    raise ToolError(
        f"sandbox of a command: {message or 'bwrap ended without a message'}",
        _NAMESPACES if any(word in message for word in _NO_NAMESPACES) else "",
    )
