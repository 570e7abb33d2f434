"""What is asked of the lock tool: which manifests to lock, and how."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A manifest and its lock.

    Attributes:
        path: of the manifest.
        name: what errors call it.
        lock: path of the lock.
        command: the command that locks it.
        install: the name of the apt.install tag, if tags say the manifest; else empty.
    """

    path: str
    name: str
    lock: str
    command: str
    install: str = ""

    def command_with(self, flag: str) -> str:
        """The command with one more flag."""
        return add_flag(self.command, flag)


@dataclass(frozen=True, slots=True)
class LockSettings:
    """How to lock manifests.

    Attributes:
        update: whether to move to the newest versions.
        packages: the packages to update; empty: all.
        allow_missing: whether to leave out an index that no server has.
        allow_older: whether a Release file may be older than before.
        base_label: the label of the base image; empty without one.
        base_status: OCI's name of an architecture and the path of a status file, for each.
        credential_helpers: helpers, each as `PATH` or `PATTERN=PATH`.
    """

    update: bool = False
    packages: tuple[str, ...] = ()
    allow_missing: bool = False
    allow_older: bool = False
    base_label: str = ""
    base_status: tuple[tuple[str, str], ...] = ()
    credential_helpers: tuple[str, ...] = ()


def lock_path(manifest: str) -> str:
    """The path of a manifest's lock: `debian12.yaml` has `debian12.lock.json` beside it."""
    return os.path.splitext(manifest)[0] + ".lock.json"


def add_flag(command: str, flag: str) -> str:
    """A command of the user with one more flag: `bazel run` needs a `--` before it."""
    separator = "" if " -- " in command or not command.startswith("bazel run ") else " --"
    return f"{command}{separator} {flag}"
