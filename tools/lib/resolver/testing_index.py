"""Manifests and indexes made up for tests of errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tools.lib.apt.packages import IndexPackage, installed_package, parse_package
from tools.lib.cli.errors import ToolError
from tools.lib.debian.deb822 import parse_paragraph
from tools.lib.manifest.manifest import Manifest
from tools.lib.manifest.manifest_reader import parse_manifest
from tools.lib.resolver.resolve import Known, resolve_manifest


class FakeIndex:
    """A `candidates.PackageIndex` of stanzas."""

    def __init__(self, *stanzas: str, suite: str = "stable", automatic: bool = True) -> None:
        self.suite = suite
        self._packages = [
            parse_package(
                parse_paragraph(text, suite),
                url="http://a/b",
                suite=suite,
                automatic=automatic,
            )
            for text in stanzas
        ]

    def versions(self, name: str) -> list[IndexPackage]:
        return [item for item in self._packages if item.name == name]

    def providers(self, name: str) -> list[str]:
        return [item.name for item in self._packages if name in item.provides]

    def names(self) -> list[str]:
        return [item.name for item in self._packages]


SOURCE = {"archive": "debian", "suites": ["bookworm"], "components": ["main"]}


def document(sets: Mapping[str, Any], *architectures: str, **source: Any) -> bytes:
    return json.dumps(
        {
            "version": 1,
            "architectures": architectures or ["amd64"],
            "sources": [SOURCE | source],
            "sets": sets,
        }
    ).encode()


def in_file(sets: Mapping[str, Any], *architectures: str, **source: Any) -> Manifest:
    return parse_manifest(document(sets, *architectures, **source), "some.yaml")


def in_tags(sets: Mapping[str, Any], *architectures: str, **source: Any) -> Manifest:
    data = document(sets, *architectures, **source)
    return parse_manifest(data, "MODULE.bazel", install="bookworm")


def error(manifest: Manifest, *indexes: FakeIndex, base: Mapping[str, IndexPackage] = {}) -> str:
    """The error for indexes of each architecture in turn, or one for all."""
    by_architecture = {
        name: [indexes[number % len(indexes)]] for number, name in enumerate(manifest.architectures)
    }
    known = {name: Known(installed=base) for name in manifest.architectures}
    with pytest.raises(ToolError) as caught:
        resolve_manifest(manifest, by_architecture, known)
    return str(caught.value)


def installed(*stanzas: str) -> dict[str, IndexPackage]:
    packages = [installed_package(parse_paragraph(each, "status")) for each in stanzas]
    return {package.name: package for package in packages}
