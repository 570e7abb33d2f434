"""Layouts for tests: images of tars that are written entry by entry."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.lib.archive.testing import archive, header
from tools.lib.data.json_values import compact
from tools.lib.oci.descriptor import CONFIG, LAYERS, MANIFEST, Descriptor, Platform
from tools.lib.oci.manifest import Manifest
from tools.lib.oci.testing import LayoutDirectory


def file(name: str, data: bytes = b"", **fields: Any) -> bytes:
    """An entry of a file."""
    return header(name=name.encode(), size=len(data), **fields) + data + bytes(-len(data) % 512)


def symlink(name: str, target: str) -> bytes:
    return header(name=name.encode(), typeflag=b"2", link=target.encode(), mode=0o777)


def hardlink(name: str, target: str) -> bytes:
    return header(name=name.encode(), typeflag=b"1", link=target.encode())


def directory(name: str, **fields: Any) -> bytes:
    return header(name=name.encode() + b"/", typeflag=b"5", **{"mode": 0o755} | fields)


def package(name: str, version: str, *files: tuple[str, bytes]) -> bytes:
    """The entries of a package: its files, and what registers it."""
    status = f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n".encode()
    sums = "".join(
        f"{hashlib.md5(data, usedforsecurity=False).hexdigest()}  {path}\n" for path, data in files
    )
    database = f"var/lib/dpkg/status.d/{name}"
    return b"".join(
        [
            *(file(path, data) for path, data in files),
            file(database, status),
            file(f"{database}.md5sums", sums.encode()),
        ]
    )


def layer(*entries: bytes) -> bytes:
    """A tar."""
    return archive(*entries)


def write_image(
    layout: LayoutDirectory,
    *layers: bytes,
    architecture: str = "amd64",
    config: Mapping[str, object] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Descriptor:
    """Writes an image of tars; returns its descriptor. `config` is the run configuration."""
    blobs: list[Descriptor] = []
    diff_ids = []
    for each in layers:
        blobs.append(layout.blob(LAYERS["gzip"], gzip.compress(each, mtime=0)))
        diff_ids.append(f"sha256:{hashlib.sha256(each).hexdigest()}")
    document = compact(
        {
            "os": "linux",
            "architecture": architecture,
            "config": dict(config or {}),
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        }
    )
    manifest = Manifest(layout.blob(CONFIG, document), tuple(blobs), annotations or {})
    platform = Platform("linux", architecture)
    return layout.blob(MANIFEST, manifest.encode(), platform=platform)


def image_layout(path: Path, *layers: bytes, **more: Any) -> str:
    """A layout of one image."""
    layout = LayoutDirectory(path)
    return layout.root(write_image(layout, *layers, **more))


def index_layout(path: Path, images: Mapping[str, Sequence[bytes]]) -> str:
    """A layout of an index of images by their architectures."""
    layout = LayoutDirectory(path)
    items = [
        write_image(layout, *layers, architecture=architecture)
        for architecture, layers in images.items()
    ]
    return layout.root(layout.index(*items))
