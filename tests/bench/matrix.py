"""Measures a clean build of all images: its time and the size of its outputs.

./bazelw run //tests/bench:matrix [-- BUILD FLAGS]

Removes the workspace's outputs, but not the downloaded packages. Prints the time of
`bazel build //...`; the bytes in bazel-out, the floor (each distinct blob once) and their ratio;
and the compressed size and the number of layers of each single-platform image.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tools.lib.cli.errors import ToolError, run
from tools.lib.data.json_values import parse_object, read_document

_QUIET = ["--noshow_progress", "--ui_event_filters=-info,-stdout,-stderr"]


class _Layout(NamedTuple):
    name: str
    directory: str


def _bazel(*command: str) -> str:
    result = subprocess.run(["./bazelw", *command], stdout=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        raise ToolError(f"bazel {command[0]} failed", f"try: ./bazelw {' '.join(command)}")
    return result.stdout


def _sizes(top: str) -> tuple[int, dict[str, int]]:
    """Bytes of all files below `top`, a file with several names once; and of each distinct blob."""
    seen: set[int] = set()
    total = 0
    blobs = {}
    for directory, _, names in os.walk(top):
        for name in names:
            status = os.lstat(os.path.join(directory, name))
            if directory.endswith("/blobs/sha256"):
                blobs[name] = status.st_size
            if status.st_ino not in seen:
                seen.add(status.st_ino)
                total += status.st_size
    return total, blobs


def _layouts(top: str) -> Iterator[_Layout]:
    for directory, names, files in os.walk(top):
        # Runfiles hold layouts a second time, and those that tests use as wrong input.
        names[:] = [name for name in names if not name.endswith(".runfiles")]
        if "oci-layout" in files:
            names.clear()
            yield _Layout(os.path.relpath(directory, top), directory)


def _read(path: str) -> dict[str, Any]:
    return parse_object(read_document(path), path)


def rows(top: str) -> Iterator[tuple[str, int, int]]:
    """Name, compressed bytes and number of layers of each image of one platform."""
    for layout in sorted(_layouts(top)):
        manifests = _read(f"{layout.directory}/index.json").get("manifests", [])
        if len(manifests) != 1:
            continue
        digest = manifests[0]["digest"].removeprefix("sha256:")
        manifest = _read(f"{layout.directory}/blobs/sha256/{digest}")
        if "layers" in manifest:
            sizes = [layer["size"] for layer in manifest["layers"]]
            yield layout.name, sum(sizes), len(sizes)


def main(argv: Sequence[str]) -> int:
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if not workspace:
        raise ToolError("BUILD_WORKSPACE_DIRECTORY is not set", "./bazelw run //tests/bench:matrix")
    os.chdir(workspace)
    flags = [*_QUIET, *argv]
    _bazel("build", "--nobuild", *flags, "//...")  # fetches
    _bazel("clean")
    started = time.monotonic()
    _bazel("build", *flags, "//...")
    seconds = time.monotonic() - started

    total, blobs = _sizes(_bazel("info", "output_path").strip())
    floor = sum(blobs.values())
    print(f"build of all:  {seconds:8.1f} s")
    print(f"bazel-out:     {total / 1e6:8.1f} MB")
    print(f"blobs (floor): {floor / 1e6:8.1f} MB in {len(blobs)}")
    print(f"ratio:         {total / floor:8.2f}\n")
    print(f"{'image':55} {'MB':>8} layers")
    for name, size, layers in rows("bazel-bin"):
        print(f"{name:55} {size / 1e6:8.2f} {layers:6}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
