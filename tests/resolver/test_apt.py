"""What a set with one package contains is what apt-get would install."""

from __future__ import annotations

import lzma
from collections import defaultdict
from pathlib import Path

import pytest

from tests.resolver.apt_get import AptGet
from tools.lib.apt.packages import IndexPackage, parse_package
from tools.lib.debian.deb822 import paragraphs
from tools.lib.manifest.manifest_reader import parse_manifest
from tools.lib.resolver.resolve import resolve_manifest

DATA = Path(__file__).parent / "testdata"


class Index:
    """An excerpt of Debian's indexes, as a `candidates.PackageIndex`."""

    suite = "stable"

    def __init__(self, path: Path) -> None:
        text = lzma.decompress(path.read_bytes()).decode()
        self._packages: dict[str, list[IndexPackage]] = defaultdict(list)
        self._providers: dict[str, list[str]] = defaultdict(list)
        for fields in paragraphs(text.split("\n"), path.name):
            package = parse_package(fields, url="http://a/b", suite=self.suite, automatic=True)
            self._packages[package.name].append(package)
            for name in package.provides:
                self._providers[name].append(package.name)

    def versions(self, name: str) -> list[IndexPackage]:
        return self._packages.get(name, [])

    def providers(self, name: str) -> list[str]:
        return self._providers.get(name, [])

    def names(self) -> list[str]:
        return list(self._packages)


def closure(index: Index, package: str) -> dict[str, str]:
    text = f"""\
version: 1
architectures: [amd64]
sources: [{{archive: debian, suites: [stable], components: [main]}}]
sets: {{s: {{packages: [{package}]}}}}
"""
    resolutions = resolve_manifest(parse_manifest(text.encode(), "a.yaml"), {"amd64": [index]})
    return {item.name: item.version for item in resolutions["amd64"].sets["s"].values()}


@pytest.mark.parametrize("release", ["bookworm", "trixie"])
def test_closures_equal_those_of_apt(release: str, tmp_path: Path) -> None:
    packages = DATA / f"{release}.Packages.xz"
    index = Index(packages)
    apt = AptGet(tmp_path, packages)
    names = (DATA / f"{release}.txt").read_text().split()
    assert len(names) >= 100
    different = {}
    for name in names:
        ours, apts = closure(index, name), apt.closure(name)
        if ours != apts:
            different[name] = (
                {key: ours[key] for key in ours if apts.get(key) != ours[key]},
                {key: apts[key] for key in apts if ours.get(key) != apts[key]},
            )
    assert different == {}
