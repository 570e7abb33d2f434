"""Images and clients for tests of pushes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tools.lib.oci.descriptor import LAYER, Platform
from tools.lib.oci.reference import parse_repository
from tools.lib.oci.testing import LayoutDirectory
from tools.lib.registry.backoff import Backoff
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.content import Content, LocalFiles, collect, layout_root
from tools.lib.registry.credentials import Credentials
from tools.lib.registry.registry import Registry


def client_for(
    host: str,
    path: str = "team/app",
    credentials: Credentials | None = None,
    pause: Callable[[float], None] = lambda _: None,
    notice: Callable[[str], None] = lambda _: None,
) -> RepositoryClient:
    """A client that may push, by plain http, and does not wait."""
    repository = parse_repository(f"{host}/{path}")
    registry = Registry(
        repository,
        insecure=True,
        find=lambda _: credentials,
        backoff=Backoff(pause, notice),
    )
    return RepositoryClient(registry, repository, writes=True)


def write_index(directory: Path, *, size: int = 1000) -> str:
    """A layout of an index of two images: they share one layer, and each has one of its own."""
    directory.mkdir()
    layout = LayoutDirectory(directory)
    shared = layout.blob(LAYER, b"shared" * size)
    images = []
    for architecture in ("amd64", "arm64"):
        own = layout.blob(LAYER, architecture.encode() * size)
        platform = Platform("linux", architecture)
        images.append(layout.image(architecture, layers=[shared, own], platform=platform))
    return layout.root(layout.index(*images))


def read_layout(layout: str) -> Content:
    """What a layout is about."""
    return collect(layout_root(layout), LocalFiles({}, [layout]), layout)
