import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools.lib.cli import files
from tools.lib.cli.errors import ToolError, run

# Writes half a file, prints a line, and waits for a signal.
HALF_DONE = """
import sys, time
sys.path[:0] = {path!r}
from tools.lib.cli.errors import run
from {files} import atomic_write

def main(argv):
    with atomic_write("out") as out:
        out.write(b"half")
        print(flush=True)
        while True:
            time.sleep(0.05)

sys.exit(run(main, ["tool"]))
"""


def failed(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit status and stderr of `run` if main raises `error`."""

    def main(argv: Sequence[str]) -> int:
        assert argv == ["a"]
        raise error

    status = run(main, ["tool", "a"])
    return status, capsys.readouterr().err


def test_an_error_is_one_printable_line(capsys: pytest.CaptureFixture[str]) -> None:
    error = ToolError("a\nb \udcff \x1b[1m", "do this")
    assert failed(error, capsys) == (1, "error: a\\nb \\udcff \\x1b[1m (hint: do this)\n")


def test_an_oserror_names_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    error = OSError(28, "No space left on device", "out\nx")
    assert failed(error, capsys) == (1, "error: out\\nx: No space left on device\n")
    assert failed(OSError("odd"), capsys) == (1, "error: odd\n")


def test_a_bug_keeps_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError):
        failed(ZeroDivisionError(), capsys)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_removes_half_written_files(
    tmp_path: Path, number: signal.Signals, status: int
) -> None:
    code = HALF_DONE.format(
        files=files.__name__, path=[str(Path(each).resolve()) for each in sys.path]
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        assert list(tmp_path.iterdir())
        process.send_signal(number)
        assert process.wait() == status
        assert process.stderr.read() == b""
    assert not list(tmp_path.iterdir())
