"""The worker, asked as Bazel asks it: a line of JSON for each request and response."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import pytest

_START = str(Path(__file__).with_name("start.py").absolute())
_ROOT = _START.removesuffix("/tools/python/worker/start.py")
_COMMAND = [sys.executable, "-I", "-S", "-B", "-X", "utf8", _START]

# Each tool is a module of the working directory. It imports another one.
_ECHO = """\
import os, sys
from word import WORD

calls = []

def main(argv):
    calls.append(argv)
    print(WORD, *argv, len(calls), os.path.basename(os.getcwd()), flush=True)
    print("warning", file=sys.stderr)
    return int("fail" in argv)
"""
_WAIT = """\
import signal, threading

def main(argv):
    if "stubborn" in argv:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with open(argv[0], "w") as lifetime:
        try:
            print("started", file=lifetime, flush=True)
            threading.Event().wait()
        finally:
            print("cleaned up", file=lifetime)
"""
_RUN = """\
import os, resource, signal, subprocess, sys, threading

def main(argv):
    exec(argv[0])
    return 0
"""


class Worker:
    """A worker process in the working directory."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [*_COMMAND, "--persistent_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def write(self, data: bytes) -> None:
        """Writes bytes to the worker."""
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, *arguments: str, number: int = 0, directory: str = "") -> None:
        """Sends a request; the first argument is the tool."""
        self.write(_request(*arguments, number=number, directory=directory))

    def cancel(self, number: int) -> None:
        """Cancels a request."""
        self.write(_line({"requestId": number, "cancel": True}))

    def receive(self) -> dict[str, Any]:
        """The next response."""
        assert self.process.stdout
        response: dict[str, Any] = json.loads(self.process.stdout.readline())
        return response

    def ask(self, *arguments: str, directory: str = "") -> dict[str, Any]:
        """The response to a request."""
        self.send(*arguments, directory=directory)
        return self.receive()


def _line(request: dict[str, Any]) -> bytes:
    return json.dumps(request, ensure_ascii=False).encode() + b"\n"


def _request(tool: str, *arguments: str, number: int = 0, directory: str = "") -> bytes:
    """A request as Bazel writes it: fields that have their default are left out."""
    root = Path(directory)
    paths = [str(path.relative_to(root)) for path in root.glob("*.*")]
    request: dict[str, Any] = {
        "arguments": [*arguments, f"{tool}.tool"],
        "inputs": [{"path": path, "digest": (root / path).read_text()} for path in paths],
    }
    if number:
        request["requestId"] = number
    if directory:
        request["sandboxDir"] = directory
    return _line(request)


def _write_tool(name: str, source: str) -> None:
    Path(f"{name}.py").write_text(source)
    Path(f"{name}.tool").write_text(f"{name}\n{name}\n.\n{_ROOT}\n")


def _answer(output: str, status: int = 0, number: int = 0) -> dict[str, Any]:
    return {"requestId": number, "exitCode": status, "output": output}


_GREETING = _answer("hello 1 root\nwarning\n")


@pytest.fixture(autouse=True)
def _tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "root").mkdir()
    monkeypatch.chdir(tmp_path / "root")
    Path("word.py").write_text('WORD = "hello"\n')
    _write_tool("echo", _ECHO)
    _write_tool("wait", _WAIT)
    _write_tool("run", _RUN)


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker()
    with worker.process as process:
        yield worker
        assert process.stdin
        process.stdin.close()
        assert process.wait() == 0


@contextlib.contextmanager
def _waiting(worker: Worker, *arguments: str, number: int) -> Iterator[IO[str]]:
    """Starts the tool `wait`; the file ends when its process does."""
    lifetime = f"lifetime{number}"
    os.mkfifo(lifetime)
    worker.send("wait", lifetime, *arguments, number=number)
    with open(lifetime, encoding="utf-8") as file:
        assert file.readline() == "started\n"
        yield file


def _only_child(process: int) -> int:
    (child,) = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return int(child)


def _run_once(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    Path("arguments").write_text("".join(f"{each}\n" for each in arguments))
    command = [*_COMMAND, "@arguments"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_requests_share_nothing(worker: Worker) -> None:
    assert worker.ask("echo", "you") == _answer("hello you 1 root\nwarning\n")
    assert worker.ask("echo", "you") == _answer("hello you 1 root\nwarning\n")


def test_a_run_without_a_worker_is_the_same() -> None:
    done = _run_once(["you", "", "fail", "echo.tool"])
    assert (done.returncode, done.stdout) == (1, "hello you  fail 1 root\n")
    assert done.stderr == "warning\n"


def test_arguments_keep_spaces_and_unicode(worker: Worker) -> None:
    arguments = ["", " a  b", "gr\u00fc\u00df", "\u2028\x85", "\U0001f40d"]
    expected = " ".join(["hello", *arguments, "1 root\nwarning\n"])
    assert worker.ask("echo", *arguments) == _answer(expected)
    done = _run_once([*arguments, "echo.tool"])
    assert done.stdout + done.stderr == expected


def test_requests_arrive_in_pieces_and_together(worker: Worker) -> None:
    first = _request("echo", "a" * (1 << 17), number=1)
    second = _request("echo", "b", number=2)
    worker.write(first[:7])
    worker.write(first[7:])
    assert worker.receive() == _answer(f"hello {'a' * (1 << 17)} 1 root\nwarning\n", 0, 1)
    worker.write(first + second)
    assert sorted([worker.receive()["requestId"], worker.receive()["requestId"]]) == [1, 2]


def test_requests_run_at_the_same_time(worker: Worker) -> None:
    with _waiting(worker, number=1) as lifetime:
        worker.send("echo", number=2)
        assert worker.receive() == _GREETING | {"requestId": 2}
        worker.cancel(1)
        assert worker.receive() == {"requestId": 1, "wasCancelled": True}
        assert lifetime.read() == "cleaned up\n"


def test_a_request_that_ignores_its_cancellation_is_killed(worker: Worker) -> None:
    with _waiting(worker, "stubborn", number=1) as lifetime:
        worker.cancel(1)
        assert worker.receive() == {"requestId": 1, "wasCancelled": True}
        assert lifetime.read() == ""


def test_a_cancellation_that_comes_too_late_is_ignored(worker: Worker) -> None:
    worker.cancel(1)
    assert worker.ask("echo") == _GREETING


@pytest.mark.parametrize(
    ("code", "status", "output"),
    [
        ("sys.exit(3)", 3, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit('text')", 1, "text\n"),
        ("os._exit(4)", 4, ""),
        (
            "os.kill(os.getpid(), signal.SIGKILL)",
            137,
            "error: the tool was ended by signal 9\n",
        ),
        ("os.kill(os.getpid(), signal.SIGTERM); signal.pause()", 143, ""),
        ("os.kill(os.getpid(), signal.SIGINT); signal.pause()", 130, ""),
        ("open('missing')", 1, "error: missing: No such file or directory\n"),
        ("sys.setrecursionlimit(50); os.environ.clear(); os.chdir('/')", 0, ""),
        ("sys.path.clear(); sys.modules.clear()", 0, ""),
        ("os.close(0); os.close(1); os.close(2)", 0, ""),
        ("[os.write(each, b'x') for each in map(int, os.listdir('/dev/fd')[3:])]", 1, None),
        ("signal.signal(signal.SIGTERM, signal.SIG_IGN)", 0, ""),
        ("threading.Thread(target=signal.pause).start()", 0, ""),
        ("subprocess.Popen(['sleep', 'infinity'])", 0, ""),
        ("resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3)); open('word.py')", 1, None),
        ("resource.setrlimit(resource.RLIMIT_AS, (1 << 28,) * 2); bytes(1 << 40)", 1, None),
        ("print(sys.stdin.read(), end='')", 0, ""),
    ],
)
def test_the_next_request_is_not_affected(
    worker: Worker, code: str, status: int, output: str | None
) -> None:
    response = worker.ask("run", code)
    assert response["exitCode"] == status
    if output is not None:
        assert response["output"] == output
    assert worker.ask("echo") == _GREETING


def test_a_bug_keeps_its_traceback(worker: Worker) -> None:
    response = worker.ask("run", "raise ValueError('a bug')")
    assert response["exitCode"] == 1
    assert response["output"].startswith("Traceback (most recent call last):\n")
    assert response["output"].endswith("ValueError: a bug\n")


def test_processes_that_a_request_leaves_behind_end_with_it(worker: Worker) -> None:
    os.mkfifo("lifetime")
    with os.fdopen(os.open("lifetime", os.O_RDONLY | os.O_NONBLOCK), "rb") as lifetime:
        code = "subprocess.Popen(['sleep', 'infinity'], stdout=open('lifetime', 'wb'))"
        assert worker.ask("run", code) == _answer("")
        os.set_blocking(lifetime.fileno(), True)
        assert lifetime.read() == b""  # all who could write are gone


def test_a_request_runs_in_its_sandbox(worker: Worker) -> None:
    for name in ("1", "2"):
        Path("sandbox", name).mkdir(parents=True)
        for file in Path().glob("*.*"):
            Path("sandbox", name, file).symlink_to(file.absolute())
    assert worker.ask("echo", directory="sandbox/1")["output"] == "hello 1 1\nwarning\n"
    for file in Path("sandbox/1").iterdir():
        file.unlink()
    assert worker.ask("echo", directory="sandbox/2")["output"] == "hello 1 2\nwarning\n"
    assert worker.ask("echo") == _GREETING


def test_changed_modules_are_imported_again(worker: Worker) -> None:
    assert worker.ask("echo") == _GREETING
    with _waiting(worker, number=1) as lifetime:
        Path("word.py").write_text('WORD = "bye"\n')
        assert worker.ask("echo")["output"] == "bye 1 root\nwarning\n"
        # This one waits until the worker can restart.
        worker.send("echo", number=2)
        os.kill(_only_child(worker.process.pid), signal.SIGKILL)
        assert worker.receive()["requestId"] == 1
        assert lifetime.read() == ""
    assert worker.receive() == _answer("bye 1 root\nwarning\n", number=2)
    assert worker.ask("echo") == _answer("bye 1 root\nwarning\n")


def test_a_module_that_cannot_be_imported(worker: Worker) -> None:
    Path("word.py").write_text("raise SystemExit(5)\n")
    assert worker.ask("echo") == _answer("", 5)
    Path("word.py").write_text("broken\n")
    response = worker.ask("echo")
    assert response["exitCode"] == 1
    assert response["output"].endswith("NameError: name 'broken' is not defined\n")
    Path("word.py").write_text('WORD = "hello"\n')
    assert worker.ask("echo") == _GREETING


@pytest.mark.parametrize("how", ["the worker is terminated", "Bazel is gone"])
def test_a_worker_that_ends_lets_its_requests_clean_up(how: str) -> None:
    worker = Worker()
    with worker.process as process, _waiting(worker, number=1) as lifetime:
        if how == "Bazel is gone":
            assert process.stdin
            process.stdin.close()
        else:
            process.terminate()
        assert process.wait() == 0
        assert lifetime.read() == "cleaned up\n"
