"""The bytes of a blob, to send them from any offset as often as needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Digest
from tools.lib.oci.reference import Repository

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Origin:
    """A repository that has a blob; `insecure` if its registry has plain http."""

    repository: Repository
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class BlobSource:
    """A blob: its content is `data`, or the file `path` if that is not empty.

    One with an `origin` has neither: it is mounted or downloaded from there.
    """

    digest: Digest
    size: int
    path: str = ""
    data: bytes = b""
    origin: Origin | None = None


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
        if not self._blob.path:
            self._sent(len(self))
            yield self._blob.data[self._offset :]
            return
        left = len(self)
        with open(self._blob.path, "rb") as source:
            source.seek(self._offset)
            while left:
                chunk = source.read(min(_CHUNK, left))
                if not chunk:
                    break
                left -= len(chunk)
                self._sent(len(chunk))
                yield chunk
        if left:
            raise ToolError(
                f"{self._blob.path}: shorter than blob {self._blob.digest}", "build it again"
            )
