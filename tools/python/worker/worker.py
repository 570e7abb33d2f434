"""A persistent worker of Bazel for all tools: https://bazel.build/remote/creating, JSON protocol.

The process imports the modules of the tools that requests ask for. Each request runs in a process
of its own, forked from it. So nothing but imported modules is kept between requests, several run at
a time, one is cancelled by a signal, and what an archive does to its process does not reach the
next.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import select
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, NoReturn

from tools.python.worker.modules import Modules
from tools.python.worker.start import Tool

_CHUNK = 1 << 20
_MAX_OUTPUT = 1 << 20
_MAX_FILES = 1024
"""More than the files that a worker has open."""

_SIGNALS = (signal.SIGCHLD, signal.SIGTERM)
_GRACE = 5.0
"""Seconds that a request has to remove its temporary files when it is asked to end."""


def serve() -> int:
    """Serves requests until standard input ends; returns the exit status."""
    # Only responses may reach Bazel.
    responses = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    worker = _Worker(responses)
    signal.signal(signal.SIGTERM, lambda number, frame: worker.stop())
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    try:
        worker.run()
    finally:
        worker.kill_jobs()
    return 0


@dataclass(slots=True)
class _Job:
    """A request that a process works on.

    Attributes:
        request: its number.
        process: ID of the process, and of its group.
        output: what it prints.
        cancelled: whether it was asked to end.
        deadline: when it is killed, in the time of `time.monotonic`.
    """

    request: int
    process: int
    output: IO[bytes]
    cancelled: bool = False
    deadline: float = math.inf

    def cancel(self) -> None:
        """Asks the process to end."""
        self.cancelled = True
        self.deadline = time.monotonic() + _GRACE
        self.kill(signal.SIGTERM)

    def kill(self, number: int) -> None:
        """Sends a signal to the process and those that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process, number)


class _Worker:
    def __init__(self, responses: IO[bytes]) -> None:
        self._responses = responses
        self._buffer = b""
        self._jobs: list[_Job] = []
        self._modules = Modules()
        self._open = True

    def run(self) -> None:
        """Serves requests until standard input ends."""
        signals, wakeup = socket.socketpair()
        wakeup.setblocking(False)
        signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
        while self._open or self._jobs:
            restart = self._modules.stale and not self._buffer
            if restart and not self._jobs:
                self._restart()
            # Before a restart, requests wait in the pipe.
            files = [signals.fileno()] + [0] * (self._open and not restart)
            readable, _, _ = select.select(files, [], [], self._timeout())
            if signals.fileno() in readable:
                signals.recv(_CHUNK)
                self._finish_jobs()
            if 0 in readable:
                self._read()
            self._kill_overdue()

    def stop(self) -> None:
        """Ends all jobs; `run` returns when they have ended."""
        self._open = False
        for job in self._jobs:
            job.cancel()

    def kill_jobs(self) -> None:
        """Ends all jobs at once."""
        for job in self._jobs:
            job.kill(signal.SIGKILL)

    def _read(self) -> None:
        """Reads requests and starts them."""
        data = os.read(0, _CHUNK)
        if not data:
            self.stop()
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            request = json.loads(line)
            if request.get("cancel"):
                self._cancel(request.get("requestId", 0))
            elif self._open:
                self._start(request)

    def _restart(self) -> NoReturn:
        """Replaces this process by one that has imported nothing."""
        os.dup2(self._responses.fileno(), 1)
        os.execv(sys.executable, sys.orig_argv)

    def _start(self, request: Mapping[str, Any]) -> None:
        """Starts a process that works on a request."""
        directory = request.get("sandboxDir", "")
        inputs = {each["path"]: each.get("digest", "") for each in request.get("inputs", ())}
        arguments = request["arguments"]
        tool = self._modules.load(arguments[-1], directory, inputs)
        output = tempfile.TemporaryFile()  # noqa: SIM115
        # The process must not handle signals as this one does.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        process = os.fork()
        if not process:
            _run_job(tool, arguments, directory, output.fileno())
        with contextlib.suppress(OSError):
            os.setpgid(process, process)
        self._jobs.append(_Job(request.get("requestId", 0), process, output))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _cancel(self, request: int) -> None:
        for job in self._jobs:
            if job.request == request:
                job.cancel()

    def _timeout(self) -> float | None:
        """Seconds until the next deadline, or None."""
        deadline = min((job.deadline for job in self._jobs), default=math.inf)
        return None if deadline == math.inf else max(0.0, deadline - time.monotonic())

    def _kill_overdue(self) -> None:
        for job in self._jobs:
            if time.monotonic() >= job.deadline:
                job.deadline = math.inf
                job.kill(signal.SIGKILL)

    def _finish_jobs(self) -> None:
        """Answers the requests whose processes have ended."""
        for job in list(self._jobs):
            if os.waitid(os.P_PID, job.process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                job.kill(signal.SIGKILL)
                _, status = os.waitpid(job.process, 0)
                self._jobs.remove(job)
                if self._open:
                    self._respond(job, os.waitstatus_to_exitcode(status))
                job.output.close()

    def _respond(self, job: _Job, code: int) -> None:
        job.output.seek(0)
        text = job.output.read(_MAX_OUTPUT).decode(errors="replace")
        response: dict[str, Any] = {"requestId": job.request}
        if job.cancelled:
            response["wasCancelled"] = True
        elif code < 0:
            text += f"error: the tool was ended by signal {-code}\n"
            response |= {"exitCode": 128 - code, "output": text}
        else:
            response |= {"exitCode": code, "output": text}
        self._responses.write(json.dumps(response).encode() + b"\n")
        self._responses.flush()


def _run_job(tool: Tool | None, arguments: Sequence[str], directory: str, output: int) -> NoReturn:
    """Runs a tool in this process, and ends the process."""
    status = 1
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (output, 1), (output, 2)):
            os.dup2(source, target)
        os.closerange(3, _MAX_FILES)
        if directory:
            os.chdir(directory)
        if tool is None:
            _run_without_worker(arguments)
        sys.path[:0] = tool.imports
        status = tool.run(arguments[:-1])
    except SystemExit as error:
        status = _exit_status(error)
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)


def _exit_status(error: SystemExit) -> int:
    """What the interpreter would exit with."""
    if error.code is None or isinstance(error.code, int):
        return error.code or 0
    print(error.code, file=sys.stderr)
    return 1


def _run_without_worker(arguments: Sequence[str]) -> NoReturn:
    """Replaces this process by one that imports and runs the tool."""
    file = tempfile.TemporaryFile()  # noqa: SIM115
    file.write("".join(f"{each}\n" for each in arguments).encode(errors="surrogateescape"))
    file.flush()
    os.set_inheritable(file.fileno(), True)
    command = [each for each in sys.orig_argv if each != "--persistent_worker"]
    os.execv(sys.executable, [*command, f"@/proc/self/fd/{file.fileno()}"])
