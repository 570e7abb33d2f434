"""Blobs that are in other repositories, such as the layers of a base image that was pulled."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import IO, cast

from tools.lib.oci.descriptor import LAYER, Descriptor
from tools.lib.registry.backoff import Backoff
from tools.lib.registry.blob_source import BlobSource, Origin
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.download import download_blob
from tools.lib.registry.registry import Registry


class Origins:
    """Downloads blobs from the repositories that have them. Several threads may use it.

    Args:
        say: called with one line about each download.
    """

    def __init__(self, say: Callable[[str], None] = lambda _: None) -> None:
        self._say = say
        self._lock = threading.Lock()
        self._clients: dict[Origin, RepositoryClient] = {}

    @contextlib.contextmanager
    def local(self, blob: BlobSource) -> Iterator[BlobSource]:
        """The blob with a local content. One with an origin is a file that lasts as the context.

        Raises:
            RegistryError: the download failed, or it is not what its digest says.
        """
        if blob.origin is None:
            yield blob
            return
        client = self._client(blob.origin)
        with tempfile.NamedTemporaryFile(prefix="oci_push.") as file:
            descriptor = Descriptor(LAYER, blob.digest, blob.size)
            download_blob(client, descriptor, cast(IO[bytes], file))
            file.flush()
            short = blob.digest.removeprefix("sha256:")[:12]
            self._say(f"{blob.origin.repository}: pulled blob {short}, {blob.size} bytes")
            yield replace(blob, path=file.name, origin=None)

    def _client(self, origin: Origin) -> RepositoryClient:
        with self._lock:
            if origin not in self._clients:
                backoff = Backoff(notice=self._say)
                registry = Registry(origin.repository, insecure=origin.insecure, backoff=backoff)
                self._clients[origin] = RepositoryClient(registry, origin.repository)
            return self._clients[origin]
