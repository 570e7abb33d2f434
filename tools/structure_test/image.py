"""The image under test: its config and its files. Layers are read only if a test needs files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator

from tools.lib.oci.image import Image
from tools.lib.oci.layout import blob_path
from tools.lib.rootfs.layer_stream import members
from tools.lib.rootfs.tree import FileLocation, Inode, Tree


class ImageFiles:
    """The config and the files of one image.

    Args:
        layout: directory of the OCI layout.
        image: manifest and config of the image.
        pool: a directory to fill with the content of every file when the layers are read for the
            first time, so that command tests decompress each layer once. None: content is read from
            the layers on request.
    """

    def __init__(self, layout: str, image: Image, pool: str | None = None) -> None:
        self.config = image.config.run
        self.platform = image.platform
        self._layers = [
            (blob_path(layout, layer.digest), layer.digest, diff_id)
            for layer, diff_id in zip(image.manifest.layers, image.config.diff_ids, strict=True)
        ]
        self._pool = pool
        self._tree: Tree | None = None
        self._contents: dict[FileLocation, bytes] = {}

    @property
    def tree(self) -> Tree:
        """The file system with all layers applied."""
        if self._tree is None:
            tree = Tree()
            for number, layer in enumerate(self._layers):
                tree.apply(members(*layer, on_file=self._pool_writer(number)))
            self._tree = tree
        return self._tree

    def fetch(self, inodes: Iterable[Inode]) -> None:
        """Reads the content of many files in one pass over each layer that has some of them."""
        missing = {inode.source for inode in inodes if inode.source} - self._contents.keys()
        for source in missing if self._pool else ():
            # A file that was moved out of the pool is read from its layer again.
            with contextlib.suppress(FileNotFoundError), open(self.pooled(source), "rb") as content:
                self._contents[source] = content.read()
        missing -= self._contents.keys()
        for number in sorted({source.layer for source in missing}):

            def keep(ordinal: int, content: Iterator[bytes], number: int = number) -> None:
                if FileLocation(number, ordinal) in missing:
                    self._contents[FileLocation(number, ordinal)] = b"".join(content)

            for _ in members(*self._layers[number], on_file=keep):
                pass

    def read(self, inode: Inode) -> bytes:
        """The content of a regular file. To read many, call `fetch` first."""
        if inode.source is None:
            return b""
        self.fetch([inode])
        return self._contents[inode.source]

    def pooled(self, source: FileLocation) -> str:
        """The path of a file's content in the pool."""
        assert self._pool is not None
        return os.path.join(self._pool, f"{source.layer}-{source.ordinal}")

    def _pool_writer(self, layer: int) -> Callable[[int, Iterator[bytes]], None] | None:
        if self._pool is None:
            return None

        def write(ordinal: int, content: Iterator[bytes]) -> None:
            with open(self.pooled(FileLocation(layer, ordinal)), "xb") as out:
                out.writelines(content)

        return write
