"""Runs the tools as programs, within the limits that hostile input must not exceed."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CPU_SECONDS = 10
MEMORY = 500 << 20
# A limit that only a hang reaches: a busy machine gives a process its CPU time late.
_WALL_SECONDS = 300

_LAUNCHER = """\
import sys
sys.path[:0] = {path!r}
from importlib import import_module
from tools.lib.cli.errors import run
sys.exit(run(import_module({module!r} + ".__main__").main, [{module!r}, *sys.argv[1:]]))
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. A negative `status` is the signal that ended it, as for subprocess."""

    status: int
    stdout: str
    stderr: str

    @property
    def error(self) -> str:
        """The one line of an error.

        Raises:
            AssertionError: the run ended otherwise, such as by a traceback or at a limit.
        """
        assert self.status == 1, f"status {self.status}: {self.stderr[-1500:]}"
        assert self.stderr.startswith("error: "), self.stderr[-1500:]
        assert self.stderr.count("\n") == 1, self.stderr[-1500:]
        return self.stderr.removeprefix("error: ").rstrip("\n")

    def check(self) -> None:
        """An AssertionError unless the run did its work, or ended with an error of one line."""
        if self.status != 0:
            assert self.error


def run_tool(module: str, *arguments: str | Path, directory: Path) -> Outcome:
    """Runs a tool as Bazel's actions do, but with limited memory and CPU time.

    Args:
        module: such as tools.deb.
        *arguments: of its command line.
        directory: the working directory.
    """
    code = _LAUNCHER.format(path=[os.path.abspath(each) for each in sys.path], module=module)
    try:
        result = subprocess.run(
            [sys.executable, "-ISB", "-Xutf8", "-c", code, *map(str, arguments)],
            capture_output=True,
            text=True,
            errors="replace",
            cwd=directory,
            preexec_fn=_limit,
            timeout=_WALL_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return Outcome(-1, "", f"hangs: no end after {_WALL_SECONDS} seconds")
    return Outcome(result.returncode, result.stdout, result.stderr)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def convert_deb(package: bytes, directory: Path, *flags: str) -> Outcome:
    """Runs the tool `deb`."""
    path = directory / "in.deb"
    path.write_bytes(package)
    outputs = ["--blob-out", "out.blob", "--part-out", "out.json", "--layer-out", "out.layer.json"]
    return run_tool(
        "tools.deb", "--deb", path, *outputs, "--label", "x", *flags, directory=directory
    )


def describe_tar(tar: bytes, directory: Path) -> Outcome:
    """Runs the tool `tar_layer`."""
    path = directory / "in.tar"
    path.write_bytes(tar)
    outputs = ["--layer-out", "out.layer.json", "--part-out", "out.json", "--label", "x"]
    return run_tool("tools.tar_layer", "--tar", path, *outputs, directory=directory)


def search_libraries(tar: bytes, directory: Path) -> Outcome:
    """Runs the tool `ld_so_cache` for an image of one layer."""
    path = directory / "in.tar"
    path.write_bytes(tar)
    outputs = ["--blob-out", "out.blob", "--part-out", "out.json", "--label", "x"]
    arguments: list[str | Path] = ["--tar", path, "--architecture", "amd64", *outputs]
    return run_tool("tools.ld_so_cache", *arguments, directory=directory)


def check_structure(layout: Path, config: str, directory: Path) -> Outcome:
    """Runs the tool `structure_test` on a layout with tests in YAML."""
    path = directory / "config.yaml"
    path.write_text(config)
    arguments: list[str | Path] = ["--image", layout, "--config", path]
    return run_tool("tools.structure_test", *arguments, directory=directory)


def compare_images(layout: Path, other: Path, directory: Path) -> Outcome:
    """Runs the tool `diff` on two layouts."""
    return run_tool("tools.diff", layout, other, directory=directory)
