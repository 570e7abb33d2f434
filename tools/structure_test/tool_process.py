"""Runs the tool in a child process, and builds configs for it."""

from __future__ import annotations

import json
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools.lib.cli.errors import run
from tools.structure_test import namespaces, scratch
from tools.structure_test.__main__ import main


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The outcome of a run of the tool."""

    status: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class RunningTool:
    """A run of the tool that may not have ended."""

    process: int
    outputs: tuple[int, int]

    def has_ended(self) -> bool:
        """Whether the run has ended."""
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.process, options) is not None

    def wait(self) -> ToolResult:
        """Waits for the end of the run."""
        _, status = os.waitpid(self.process, 0)
        texts = []
        for output in self.outputs:
            with open(output, encoding="utf-8") as file:
                file.seek(0)
                texts.append(file.read())
        return ToolResult(os.waitstatus_to_exitcode(status), *texts)


def start_tool(*arguments: str) -> RunningTool:
    """Starts the tool in a child process, because it moves its process to other namespaces."""
    outputs = os.memfd_create("stdout"), os.memfd_create("stderr")
    process = os.fork()
    if process != 0:
        return RunningTool(process, outputs)
    status = 70
    try:
        os.dup2(outputs[0], 1)
        os.dup2(outputs[1], 2)
        sys.stdout, sys.stderr = (
            open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            for number in (1, 2)
        )
        status = run(main, ["structure_test", *arguments])
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def run_tool(*arguments: str) -> ToolResult:
    """Runs the tool in a child process."""
    return start_tool(*arguments).wait()


def restrict(monkeypatch: pytest.MonkeyPatch, machine: str) -> None:
    """Makes this machine allow less: the name of a case, or the empty string."""

    def fail(*_: object) -> None:
        raise OSError(1, "not here")

    if machine == "single id":
        monkeypatch.setattr(scratch, "spare_identity", lambda: None)
    if machine == "no namespaces":
        monkeypatch.setattr(namespaces, "enter", lambda *_: False)
    if machine in ("no overlays", "neither"):
        monkeypatch.setattr(namespaces, "mount_overlay", fail)
    if machine in ("on disk", "neither"):
        monkeypatch.setattr(scratch, "MAX_IN_MEMORY", 0)


def sh(script: str, **more: Any) -> dict[str, Any]:
    """A command test that runs a shell script."""
    return {"command": "sh", "args": ["-c", script], **more}


def stdout(result: dict[str, Any]) -> str:
    """The stdout of a test that passed, from a result in the JSON report."""
    assert result["Pass"], result
    text: str = result.get("Stdout", "")
    return text


def write_config(path: Path, **fields: object) -> str:
    """Writes a config of schema 2.0.0. Returns its path."""
    path.write_text(json.dumps({"schemaVersion": "2.0.0", **fields}))
    return str(path)
