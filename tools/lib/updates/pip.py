"""Locks the Python packages of the tools, with a hash for each wheel (pip's requirements file)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile

from tools.lib.cli.errors import ToolError
from tools.lib.download.download import DownloadError
from tools.lib.updates.change import Change, SourceUpdate

FOLDER = "tools/python"
REQUIREMENTS = f"{FOLDER}/requirements.txt"
_WANTED = f"{FOLDER}/requirements.in"
_OLDEST_PYTHON = "3.11"
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)
# uv's word for what pip calls a connection error.
_NETWORK = re.compile(r"[Ff]ailed to fetch|error sending request|tcp connect|dns error")


def compile_requirements(wanted: bytes, locked: bytes, *, upgrade: bool) -> bytes:
    """The new content of requirements.txt. The index is pip's.

    Args:
        wanted: the content of requirements.in.
        locked: the content of requirements.txt; empty to lock for the first time. Its versions stay
            as long as they fit.
        upgrade: whether to take the newest versions instead.

    Raises:
        DownloadError: the index cannot be read.
        ToolError: the requirements contradict each other.
    """
    import uv  # Only here: it is not at hand where nothing is locked.

    with tempfile.TemporaryDirectory() as scratch:
        for name, content in (("requirements.in", wanted), ("requirements.txt", locked)):
            with open(os.path.join(scratch, name), "wb") as out:
                out.write(content)
        command = [
            *(uv.find_uv_bin(), "pip", "compile", "--quiet", "--python-platform", "linux"),
            *("--generate-hashes", "--python-version", _OLDEST_PYTHON),
            *("--custom-compile-command", "./knife pip"),
            *("--no-emit-index-url", "--output-file", "requirements.txt", *_index()),
            *(["--upgrade"] if upgrade else []),
            "requirements.in",
        ]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
        if done.returncode:
            raise _failure(done.stderr)
        with open(os.path.join(scratch, "requirements.txt"), "rb") as source:
            return source.read()


def update_pip(wanted: bytes, locked: bytes) -> SourceUpdate:
    """The newest versions of all packages; see compile_requirements."""
    new = compile_requirements(wanted, locked, upgrade=True)
    before, after = (dict(_PIN.findall(each.decode())) for each in (locked, new))
    changes = tuple(
        Change("pip", name, before.get(name, ""), after.get(name, ""))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )
    return SourceUpdate(changes, {REQUIREMENTS: new} if new != locked else {})


def read_requirements() -> tuple[bytes, bytes]:
    """requirements.in and requirements.txt of the workspace that is the current directory.

    The latter is empty if the file does not exist yet.
    """
    with open(_WANTED, "rb") as source:
        wanted = source.read()
    try:
        with open(REQUIREMENTS, "rb") as source:
            return wanted, source.read()
    except FileNotFoundError:
        return wanted, b""


def _index() -> list[str]:
    """pip's setting as a flag; uv has settings of its own."""
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    index = os.environ.get("PIP_INDEX_URL") or asked.stdout.strip()
    return ["--index-url", index] if index else []


def _failure(text: str) -> ToolError:
    """The error for what uv printed, in one line."""
    # uv draws lines and arrows in front of its causes.
    lines = [re.sub(r"^[^\w`'\"(]+", "", line).strip() for line in text.splitlines()]
    told = " ".join(filter(None, lines))
    told = re.sub(r"(https?://)[^/@\s]*@", r"\1", told)
    if _NETWORK.search(told):
        return DownloadError(
            f"pip: download failed: {told:.300}",
            "check the network; pip's settings name the index",
            "the index of Python packages cannot be read",
        )
    return ToolError(f"pip: {told:.600}", f"the packages are listed in {_WANTED}")
