"""A suite of a source, and the packages of its indexes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tools.lib.apt import index_store
from tools.lib.apt.packages import IndexPackage, parse_package
from tools.lib.apt.release import Release
from tools.lib.cli.errors import ToolError
from tools.lib.debian.mirror import pool_url, snapshot_url
from tools.lib.manifest.manifest import AptSource


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite of a source, and the URL above its `dists/` or, if it is flat, its directory."""

    source: AptSource
    name: str
    base: str

    @property
    def url(self) -> str:
        """The URL of the directory with its Release file."""
        if self.name.endswith("/"):
            return f"{self.base}/{self.name}".rstrip("/")
        return f"{self.base}/dists/{self.name}"

    @property
    def source_name(self) -> str:
        """The archive's name, or the repository's URL."""
        return self.source.archive or self.source.url or ""

    @property
    def components(self) -> tuple[str | None, ...]:
        """The components to read; None alone for a flat repository."""
        return (None,) if self.name.endswith("/") else self.source.components


class StoredIndex:
    """The packages of an index in the cache, as a `candidates.PackageIndex`."""

    def __init__(
        self, path: str, suite: Suite, release: Release, architectures: frozenset[str]
    ) -> None:
        self._store = index_store.IndexStore(path, release.where)
        self._suite = suite
        self._release = release
        self._architectures = architectures

    @property
    def suite(self) -> str:
        return self._suite.name

    def versions(self, name: str) -> list[IndexPackage]:
        return [
            self._package(fields)
            for fields in self._store.paragraphs(name)
            if fields.get("architecture") in self._architectures
        ]

    def providers(self, name: str) -> list[str]:
        return self._store.providers(name)

    def names(self) -> set[str]:
        return self._store.names()

    def _package(self, fields: Mapping[str, str]) -> IndexPackage:
        filename = fields.get("filename", "")
        outside = filename.startswith("/") or ".." in filename.split("/")
        if outside or not filename.endswith(".deb"):
            raise ToolError(
                f"{self._release.where}: {fields['package']:.80}: invalid Filename {filename!r:.80}"
            )
        archive = self._suite.source.archive
        base = snapshot_url(archive, self._release.date) if archive else self._suite.base
        return parse_package(
            fields,
            url=pool_url(base, filename),
            suite=self._suite.name,
            automatic=self._release.automatic,
        )
