"""Runs one command in bubblewrap, with bounds on its time and output, and no leftovers."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import time
from collections.abc import Sequence
from typing import NamedTuple

from tools.lib.cli.errors import ToolError

ALWAYS = ("/usr/bin",)
"""Where bwrap is looked for after PATH, of which a test's environment may have little."""
_MAX_OUTPUT = 16 << 20  # bytes a stream
_NO_EXEC = "bwrap: execvp "
_NO_NAMESPACES = ("namespace", "uid map", "Operation not permitted")
_NAMESPACES = (
    "bubblewrap needs user namespaces: `bwrap --unshare-all --bind / / true` must work here"
)


class Outcome(NamedTuple):
    """What came of a command. One that did not end by itself has no exit code, but a `failure`."""

    exit_code: int | None
    stdout: str
    stderr: str
    failure: str = ""


def find_bubblewrap() -> str:
    """The path of bwrap; a ToolError names the package that has it."""
    for directory in [*os.get_exec_path(), *ALWAYS]:
        path = os.path.join(directory, "bwrap")
        if os.access(path, os.X_OK):
            return path
    raise ToolError("command tests need bwrap", "install Debian's package bubblewrap")


def run(
    bwrap: str, options: Sequence[str], command: Sequence[str], *, timeout: float, tty: bool
) -> Outcome:
    """Runs `command` and waits for its end.

    Args:
        bwrap: path of bubblewrap.
        options: bubblewrap's, all but those for its own status.
        command: argv.
        timeout: seconds until the command is killed.
        tty: whether its input and output are a terminal; all output is stdout then.

    Raises:
        ToolError: the sandbox could not be set up, which says nothing about the command.
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
        # Duplicates, for the pipes are closed with the process object.
        streams["stdout"] = os.dup(process.stdout.fileno())
        streams["stderr"] = os.dup(process.stderr.fileno())
        process.stdout.close()
        process.stderr.close()
    try:
        texts, failure = _collect(process, streams, timeout)
    finally:
        # Killing bubblewrap ends the command's pid namespace, and so all that it has started.
        process.kill()
        process.wait()
        for stream in streams.values():
            os.close(stream)
    return _outcome(texts, failure, command)


def _collect(
    process: subprocess.Popen[bytes], streams: dict[str, int], timeout: float
) -> tuple[dict[str, bytes], str]:
    """Reads all streams to their ends: what they gave, and why the command was killed, if so."""
    buffers = {name: bytearray() for name in streams}
    failure = ""
    deadline = time.monotonic() + timeout
    with selectors.DefaultSelector() as selector:
        for name, stream in streams.items():
            selector.register(stream, selectors.EVENT_READ, name)
        while selector.get_map():
            events = selector.select(max(0.0, deadline - time.monotonic()))
            if not events and failure:
                break  # Killed, and something still holds the pipes: not worth waiting for.
            if not events:
                failure = f"was killed: it had not ended after {timeout:.3g} s"
            for key, _ in events:
                try:
                    data = os.read(key.fd, 1 << 16)
                except OSError:  # EIO: the last process has closed the terminal.
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
        f"the sandbox of a command could not be set up: {message or 'bwrap ended without a word'}",
        _NAMESPACES if any(word in message for word in _NO_NAMESPACES) else "",
    )
