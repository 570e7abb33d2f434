"""Images are the same with persistent workers, with each kind of sandbox, and without workers."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from tests.e2e.workspaces import timed, workspace
from tests.inner_bazel.inner_bazel import InnerBazel

MAX_RSS = 60 << 20
"""Bytes that an idle worker may hold."""

OTHERS = {
    "--worker_sandboxing": {"worker"},
    "--worker_sandboxing --experimental_worker_multiplex_sandboxing": {"worker"},
    "--spawn_strategy=sandboxed": {"linux-sandbox"},
    "--@distroless//rules:workers=no": {"linux-sandbox", "local"},
}
"""Flags, and how Bazel runs actions with them."""

_IGNORED = re.compile(r"/tools/|\.params$|\.runfiles")

ERROR = "broken.tar: not a tar archive"


def test_workers(tmp_path: Path) -> None:
    with workspace("workers", tmp_path) as bazel:
        with timed("with workers"):
            assert build(bazel) == {"worker"}
        expected = outputs(bazel)
        assert {Path(path).suffix for path in expected} >= {".gz", ".json", ".sha256", ".tar"}
        assert ERROR in bazel.fail("build", "//:broken")
        (worker,) = workers(bazel)
        assert resident(worker) <= MAX_RSS, resident(worker)

        for flags, runners in OTHERS.items():
            bazel.succeed("clean")
            with timed(flags):
                assert build(bazel, *flags.split()) == runners
            assert changes(expected, outputs(bazel)) == []
            assert ERROR in bazel.fail("build", *flags.split(), "//:broken")


def build(bazel: InnerBazel, *flags: str) -> set[str]:
    """Builds everything; returns how Bazel ran actions, besides those that it executes itself."""
    result = bazel.run("build", *flags, "//...")
    assert result.returncode == 0, result.stderr
    (processes,) = re.findall(r"^INFO: \d+ processes: (.*)\.$", result.stderr, re.MULTILINE)
    return {each.split()[1] for each in processes.split(", ")} - {"internal"}


def outputs(bazel: InnerBazel) -> dict[str, str]:
    """Hashes of what the rules have made, by path: not of tools, nor of files of arguments."""
    root = (bazel.workspace / "bazel-out").resolve()
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.glob("*/bin/**/*")
        if path.is_file() and not _IGNORED.search(str(path.relative_to(root)))
    }


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The paths that only one has, or whose hashes differ."""
    return sorted(path for path, _ in before.items() ^ after.items())


def workers(bazel: InnerBazel) -> list[int]:
    """The process IDs of the server's workers."""
    server = int(bazel.succeed("info", "server_pid"))
    children = Path(f"/proc/{server}/task").glob("*/children")
    processes = [int(pid) for path in children for pid in path.read_text().split()]
    return [pid for pid in processes if b"--persistent_worker" in command(pid)]


def command(process: int) -> bytes:
    """The arguments of a process, each with a NUL at its end."""
    return Path(f"/proc/{process}/cmdline").read_bytes()


def resident(process: int) -> int:
    """The bytes of a process that are in memory, with those that it shares."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
