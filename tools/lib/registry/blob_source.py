"""The bytes of a blob, to send them from any offset as often as needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Digest
from tools.lib.oci.reference import Repository

_CHUNK = 1 << 16

MISSING_HINT = (
    "build the image again with this cache; Bazel must not have --noremote_upload_local_results"
)
"""For errors about a blob that a store does not have."""


class BlobStore(Protocol):
    """Blobs by their digests, such as those of a remote cache. Several threads may use it."""

    def read(self, digest: Digest, size: int, offset: int) -> Iterator[bytes]:
        """The content of a blob of `size` bytes from an offset on, in chunks.

        Raises:
            TemporaryError: it may succeed later.
            ToolError: the store does not have it, or does not answer.
        """


@dataclass(frozen=True, slots=True)
class Origin:
    """A repository that has a blob; `insecure` if its registry has plain http."""

    repository: Repository
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class BlobSource:
    """A blob: its content is `data`, or the file `path` if that is not empty, or in `store`.

    One with an `origin` has neither: it is mounted or downloaded from there.
    """

    digest: Digest
    size: int
    path: str = ""
    data: bytes = b""
    store: BlobStore | None = None
    origin: Origin | None = None

    def read(self, offset: int = 0) -> Iterator[bytes]:
        """The content from an offset on, in chunks.

        Raises:
            ToolError: the file or the store does not have all of it.
        """
        if self.path:
            yield from read_file(self.path, self.size, offset)
        elif self.store:
            yield from self.store.read(self.digest, self.size, offset)
        else:
            yield self.data[offset:]


def read_file(path: str, size: int, offset: int = 0) -> Iterator[bytes]:
    """The bytes of a file from an offset up to `size`, in chunks; a ToolError if it is shorter."""
    left = size - offset
    with open(path, "rb") as source:
        source.seek(offset)
        while left:
            chunk = source.read(min(_CHUNK, left))
            if not chunk:
                raise ToolError(f"{path}: shorter than {size} bytes", "build it again")
            left -= len(chunk)
            yield chunk


class BlobBody:
    """A request's body: a blob from an offset on.

    It can be iterated more than once. `sent` is called with the number of bytes before each is
    sent.
    """

    def __init__(
        self, blob: BlobSource, offset: int = 0, sent: Callable[[int], None] = lambda _: None
    ) -> None:
        self._blob = blob
        self._offset = offset
        self._sent = sent

    def __len__(self) -> int:
        return self._blob.size - self._offset

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._blob.read(self._offset):
            self._sent(len(chunk))
            yield chunk
