"""Downloads a blob (distribution-spec 1.1, "Pulling blobs"), verified by its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import IO

import urllib3.exceptions

from tools.lib.oci.descriptor import Descriptor
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.errors import RegistryError, TemporaryError

_CHUNK = 1 << 18


def download_blob(
    client: RepositoryClient,
    blob: Descriptor,
    out: IO[bytes],
    received: Callable[[int], None] = lambda _: None,
) -> None:
    """Writes a blob to `out`, an empty file. A broken download goes on where it ended.

    Raises:
        NotFoundError: the repository does not have it.
        RegistryError: the download failed, or it is not what its digest says.
    """
    sha256 = hashlib.sha256()
    size = 0
    where = client.where(f"blob {blob.digest}")
    full_where = f"{client.registry.host}/{where}"

    def attempt(_: int) -> None:
        nonlocal size
        response = client.registry.send(
            "GET",
            client.url(f"blobs/{blob.digest}"),
            200,
            206,
            where=where,
            scope=client.scope,
            headers={"Range": f"bytes={size}-"} if size else None,
        )
        # A registry without ranges sends all of it again.
        skip = size if response.status_code == 200 else 0
        try:
            # read1 returns what has arrived, so a broken connection loses nothing.
            while chunk := response.raw.read1(_CHUNK):
                rest = chunk[skip:]
                skip -= len(chunk) - len(rest)
                size += len(rest)
                if size > blob.size:
                    raise RegistryError(f"{full_where}: more than {blob.size} bytes")
                sha256.update(rest)
                out.write(rest)
                received(len(rest))
        except (urllib3.exceptions.HTTPError, ConnectionError, TimeoutError):
            raise TemporaryError(f"{full_where}: the connection broke", "try again") from None
        finally:
            response.close()
        if size < blob.size:
            raise TemporaryError(f"{full_where}: {size} of {blob.size} bytes", "try again")

    client.registry.backoff.call(attempt)
    if f"sha256:{sha256.hexdigest()}" != blob.digest:
        raise RegistryError(
            f"{full_where}: the content has the digest sha256:{sha256.hexdigest()}",
            "the registry, or something between, changed it",
        )
