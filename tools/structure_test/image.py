"""An image of a layout, opened lazily: its config at once, its files when a test asks for them."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable
from typing import IO

from tools.lib.oci.documents import Image as Documents
from tools.lib.oci.documents import blob_path, diff_ids
from tools.lib.oci.layout import run_config
from tools.lib.rootfs.layer_stream import members
from tools.lib.rootfs.tree import Inode, Source, Tree


class ImageFiles:
    """The config and the files of one image.

    Args:
        layout: directory of the OCI layout.
        documents: the image in it.
        pool: a directory that gets the bytes of every file while the layers are read the first
            time; for tests that run commands, so that layers are decompressed once. None: bytes are
            read from the layers when they are asked for.
    """

    def __init__(self, layout: str, documents: Documents, pool: str | None = None) -> None:
        self.config = run_config(documents)
        self.platform = documents.platform
        self._layers = [
            (blob_path(layout, layer.digest), layer.digest, diff_id)
            for layer, diff_id in zip(
                documents.manifest.layers, diff_ids(documents.config, documents.where), strict=True
            )
        ]
        self._pool = pool
        self._tree: Tree | None = None
        self._bytes: dict[Source, bytes] = {}

    @property
    def tree(self) -> Tree:
        """The file system, all layers applied."""
        if self._tree is None:
            tree = Tree()
            for number, layer in enumerate(self._layers):
                tree.apply(members(*layer, on_file=self._keeper(number)))
            self._tree = tree
        return self._tree

    def fetch(self, inodes: Iterable[Inode]) -> None:
        """Gets the bytes of many files at once: one pass over each layer that has some of them."""
        missing = {inode.source for inode in inodes if inode.source} - self._bytes.keys()
        for source in missing if self._pool else ():
            # Those that were moved away are read from the layers again.
            with contextlib.suppress(FileNotFoundError), open(self.pooled(source), "rb") as content:
                self._bytes[source] = content.read()
        missing -= self._bytes.keys()
        for number in sorted({source.layer for source in missing}):

            def keep(ordinal: int, content: IO[bytes], number: int = number) -> None:
                if Source(number, ordinal) in missing:
                    self._bytes[Source(number, ordinal)] = content.read()

            for _ in members(*self._layers[number], on_file=keep):
                pass

    def read(self, inode: Inode) -> bytes:
        """The bytes of a regular file; many are better fetched before."""
        if inode.source is None:
            return b""
        self.fetch([inode])
        return self._bytes[inode.source]

    def pooled(self, source: Source) -> str:
        """The file in the pool that has the bytes of `source`, until it is moved away."""
        assert self._pool is not None
        return os.path.join(self._pool, f"{source.layer}-{source.ordinal}")

    def _keeper(self, layer: int) -> Callable[[int, IO[bytes]], None] | None:
        if self._pool is None:
            return None

        def keep(ordinal: int, content: IO[bytes]) -> None:
            with open(self.pooled(Source(layer, ordinal)), "xb") as out:
                shutil.copyfileobj(content, out, 1 << 20)

        return keep
