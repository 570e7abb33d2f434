"""Workspaces as users write them: tests/e2e/<name>, outside of this repository's tree."""

from __future__ import annotations

import contextlib
import json
import shutil
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.inner_bazel.inner_bazel import InnerBazel, source_tree


@contextlib.contextmanager
def workspace(name: str, directory: Path, *flags: str) -> Iterator[InnerBazel]:
    """Bazel in a copy of a workspace, whose `bazel_dep` on distroless is this checkout.

    Args:
        name: the workspace's directory in tests/e2e.
        directory: an empty directory for the copy, `directory/name`, and for Bazel's files.
        flags: flags of each command.
    """
    copy = shutil.copytree(Path("tests/e2e", name), directory / name)
    override = f"--override_module=distroless={source_tree()}"
    with InnerBazel(copy, directory / "root", [override, *flags]) as bazel:
        yield bazel


@contextlib.contextmanager
def timed(what: str) -> Iterator[None]:
    """Prints how long something takes. With the argument `-s`, the log of the test has it."""
    start = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - start:.1f} s")


def lock_twice(bazel: InnerBazel, target: str, path: str) -> dict[str, Any]:
    """Writes a lock from nothing, and once more, which changes nothing.

    Args:
        bazel: in the workspace.
        target: what writes the lock.
        path: of the lock in the workspace.

    Returns:
        The lock.
    """
    file = bazel.workspace / path
    assert not file.exists()
    with timed(f"lock {path}"):
        printed = [bazel.succeed("run", target)]
    data = file.read_bytes()
    with timed(f"lock {path} again"):
        printed.append(bazel.succeed("run", target))
    assert file.read_bytes() == data
    document: dict[str, Any] = json.loads(data)
    first, *notes = printed[0].splitlines()
    assert first == f"{path}: {len(document['packages'])} packages"
    assert not [note for note in notes if not note.startswith("  ")]
    assert printed[1] == f"{first}\n"
    return document


def names(lock: dict[str, Any]) -> set[str]:
    """The names of the packages of a lock."""
    return {package["name"] for package in lock["packages"].values()}


def unpack(layout: Path, root: Path) -> dict[str, Any]:
    """Unpacks the files of an image, which deletes no files of its base.

    Args:
        layout: an OCI image layout with one image.
        root: the directory for its files, which belong to the user of this process.

    Returns:
        The field `config` of the image's config.
    """

    def blob(descriptor: dict[str, Any]) -> Path:
        return layout / "blobs" / str(descriptor["digest"]).replace(":", "/")

    (descriptor,) = json.loads((layout / "index.json").read_text())["manifests"]
    manifest = json.loads(blob(descriptor).read_text())
    for layer in manifest["layers"]:
        with tarfile.open(blob(layer)) as archive:
            archive.extractall(root, filter="tar")
    config: dict[str, Any] = json.loads(blob(manifest["config"]).read_text())["config"]
    return config
