"""The programs that load an image archive from stdin."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError
from tools.oci_load.archive import Archive

LOADERS = {
    "docker": ("docker", "load"),
    "podman": ("podman", "load"),
    "nerdctl": ("nerdctl", "load"),
    "ctr": ("ctr", "images", "import", "-"),
}
"""Commands, in the order in which the first that is installed is taken."""

_TARBALL = "or build the image's archive: --output_groups=tarball"


def find_loader(name: str, program: str) -> Sequence[str]:
    """The command that loads an image.

    Args:
        name: of LOADERS; "" for the first that is installed.
        program: path of a program with docker's command line, in place of those; "" for none.

    Raises:
        ToolError: it is not installed.
    """
    if program:
        return [program, "load", "--input", "/dev/stdin"]
    names = [name] if name else list(LOADERS)
    for each in names:
        if shutil.which(LOADERS[each][0]):
            return LOADERS[each]
    raise ToolError(f"{', '.join(names)} not found", f"install docker or podman, {_TARBALL}")


def load(command: Sequence[str], archive: Archive) -> None:
    """Runs the command, and writes the archive to its stdin.

    Raises:
        ToolError: the command failed. It has said why.
    """
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin
        with contextlib.suppress(BrokenPipeError), process.stdin:
            archive.write(process.stdin)
    if process.returncode:
        shown = " ".join(command[:2])
        raise ToolError(
            f"{shown} failed: exit status {process.returncode}",
            f"is its service running? --loader selects another program, {_TARBALL}",
        )
