"""The image under test: its config and its files. Layers are read only if a test needs files."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from tools.lib.cli.errors import ToolError
from tools.lib.oci.image import Image
from tools.lib.oci.image_config import RunConfig
from tools.lib.oci.layout import blob_path
from tools.lib.rootfs.layer_stream import members
from tools.lib.rootfs.tree import FileLocation, Inode, PathError, Tree
from tools.structure_test.engine_files import add_engine_files
from tools.structure_test.go_mode import go_mode
from tools.structure_test.sparse import write_sparse

MAX_FILE = 64 << 20
"""Bytes of the largest file that a test can read."""
_MAX_BATCH = 64 << 20  # bytes of all files that are read at once


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
        _check_strings(self.config, image.where)
        self.platform = image.platform
        self._layers = [
            (blob_path(layout, layer.digest), layer.digest, diff_id)
            for layer, diff_id in zip(image.manifest.layers, image.config.diff_ids, strict=True)
        ]
        self._pool = pool
        self._tree: Tree | None = None
        self._added: dict[FileLocation, bytes] = {}
        self._planned: dict[FileLocation, int] = {}
        self._fetched: dict[FileLocation, bytes] = {}

    @property
    def tree(self) -> Tree:
        """The file system with all layers applied, and what container engines add."""
        if self._tree is None:
            tree = Tree()
            for number, layer in enumerate(self._layers):
                tree.apply(members(*layer, on_file=self._pool_writer(number)))
            self._added = add_engine_files(tree, (self.config.workdir, *self.config.volumes))
            for source, data in self._added.items() if self._pool else ():
                write_sparse(self.pooled(source), [data])
            self._tree = tree
        return self._tree

    def plan(self, inodes: Iterable[Inode]) -> None:
        """Announces which files will be read, in this order, to read many in one pass."""
        readable = (each for each in inodes if each.source and each.size <= MAX_FILE)
        self._planned = {each.source: each.size for each in readable if each.source}

    def read(self, inode: Inode) -> bytes:
        """The content of a regular file.

        Raises:
            PathError: the file is too large.
        """
        if inode.size > MAX_FILE:
            raise PathError(f"it is too large to read: {inode.size} bytes, at most {MAX_FILE}")
        if inode.source is None:
            return b""
        if inode.source not in self._fetched:
            self._fetched = self._read(self._batch(inode.source))
        return self._fetched[inode.source]

    def read_text(self, path: str) -> str:
        """The content of the file at a path of the image. Links are followed inside the image.

        Raises:
            PathError: it does not exist, is not a regular file, or is too large.
        """
        found = self.tree.resolve(path)
        if not found.inode.is_file:
            raise PathError(f"{found.path} is not a regular file: {go_mode(found.inode.mode)}")
        # Go's regexp also treats invalid UTF-8 as replacement characters.
        return self.read(found.inode).decode("utf-8", "replace")

    def pooled(self, source: FileLocation) -> str:
        """The path of a file's content in the pool."""
        assert self._pool is not None
        return os.path.join(self._pool, f"{source.layer}-{source.ordinal}")

    def _batch(self, first: FileLocation) -> list[FileLocation]:
        """A file, and those that are planned to be read after it, up to a total size."""
        batch, total = [first], 0
        planned = itertools.dropwhile(lambda each: each[0] != first, self._planned.items())
        for source, size in itertools.islice(planned, 1, None):
            total += size
            if total > _MAX_BATCH:
                break
            batch.append(source)
        return batch

    def _read(self, sources: Sequence[FileLocation]) -> dict[FileLocation, bytes]:
        contents = {source: self._added[source] for source in sources if source in self._added}
        missing = set(sources) - contents.keys()
        for source in missing if self._pool else ():
            # A file that was moved out of the pool is read from its layer again.
            with contextlib.suppress(FileNotFoundError), open(self.pooled(source), "rb") as content:
                contents[source] = content.read()
        missing -= contents.keys()
        for number in sorted({source.layer for source in missing}):

            def keep(ordinal: int, content: Iterator[bytes], number: int = number) -> None:
                source = FileLocation(number, ordinal)
                if source in missing:
                    contents[source] = b"".join(content)

            for _ in members(*self._layers[number], on_file=keep):
                pass
        return contents

    def _pool_writer(self, layer: int) -> Callable[[int, Iterator[bytes]], None] | None:
        if self._pool is None:
            return None

        def write(ordinal: int, content: Iterator[bytes]) -> None:
            write_sparse(self.pooled(FileLocation(layer, ordinal)), content)

        return write


def _check_strings(config: RunConfig, where: str) -> None:
    """Refuses strings that no command and no path can have, though JSON can write them."""
    strings = [*config.env, *config.env.values(), *config.volumes, config.workdir, config.user]
    for text in strings:
        if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
            raise ToolError(f"{where}: config: NUL or a lone surrogate in {text!r:.80}")
