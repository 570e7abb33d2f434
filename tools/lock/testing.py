"""A repository on loopback and a manifest, to test the lock tool as its users meet it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tools.lib.apt.testing_repository import SignedRepository, stanza
from tools.lib.cli.errors import run
from tools.lock.__main__ import main

MANIFEST = """\
version: 1
architectures: [amd64]
keyring: archive.pgp
sources:
  - archive: debian
    suites: [stable]
    components: [main]
sets:
  app: {packages: [app]}
"""
APP = [stanza("app", Depends="lib (>= 1.0)"), stanza("lib", architecture="all")]


class Workspace:
    """A directory with a manifest and its keyring, and a repository `mirror/debian`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.repository = SignedRepository(directory / "mirror" / "debian")
        self.fingerprint = self.repository.write_keyring(directory / "archive.pgp")
        self.suite = self.repository.write_suite("stable", {"amd64": APP})
        self.manifest = directory / "some.yaml"
        self.manifest.write_text(MANIFEST)
        self.path = directory / "some.lock.json"

    def lock(self, *flags: str) -> int:
        """Runs the tool; returns its exit status."""
        return run(main, ["lock", *flags, str(self.manifest)])

    @property
    def manifest_name(self) -> str:
        """The manifest as hints name it."""
        return os.path.normpath(str(self.manifest))

    @property
    def lock_name(self) -> str:
        """The lock as errors name it: relative to the current directory."""
        return os.path.relpath(self.path)

    def read(self) -> Any:
        """The lock as JSON."""
        return json.loads(self.path.read_bytes())

    def url(self, name: str) -> str:
        """The URL of a locked package."""
        packages = self.read()["packages"].values()
        return str(next(item["url"] for item in packages if item["name"] == name))
