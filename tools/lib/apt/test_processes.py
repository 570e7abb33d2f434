from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tools.lib.apt.processes import worker_processes
from tools.lib.cli.errors import ToolError

PROGRAM = """\
import sys

from tools.lib.cli.errors import run
from tools.lib.apt.processes import worker_processes
from tools.lib.apt.testing_processes import block


def main(argv):
    with worker_processes(1) as processes:
        processes.submit(block).result()


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
"""
# Reached by a hang only.
LIMIT = 60


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_its_parent(number: signal.Signals, tmp_path: object) -> None:
    program = f"{tmp_path}/program.py"
    with open(program, "w", encoding="utf-8") as out:
        out.write(PROGRAM)
    process = subprocess.Popen(
        [sys.executable, program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert process.stdout
    assert process.stdout.readline() == b"started\n"
    process.send_signal(number)
    # The pipes end when the last process that has them ends.
    assert process.communicate(timeout=LIMIT)[0] == b""


def test_a_killed_worker_is_an_error() -> None:
    with (
        pytest.raises(ToolError, match="a worker process was killed"),
        worker_processes(1) as processes,
    ):
        processes.submit(signal.raise_signal, signal.SIGKILL).result()
