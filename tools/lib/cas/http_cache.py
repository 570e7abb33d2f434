"""A remote cache with plain HTTP: `GET <url>/cas/<digits of the SHA-256>`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import urllib3.exceptions

from tools.lib.cas.credential_helper import Headers
from tools.lib.oci.descriptor import Digest
from tools.lib.registry.blob_source import MISSING_HINT
from tools.lib.registry.errors import RegistryError, TemporaryError
from tools.lib.registry.transport import Transport, check, finish, origin

_CHUNK = 1 << 18


class HttpCas:
    """The store of a cache. Several threads may use it.

    Args:
        url: of the cache, without credentials.
        headers: called with a URL for the headers that the server wants.
    """

    def __init__(self, url: str, headers: Callable[[str], Headers]) -> None:
        self._url = url.rstrip("/")
        self._headers = headers
        self._transport = Transport()

    def read(self, digest: Digest, size: int, offset: int) -> Iterator[bytes]:
        """See BlobStore."""
        url = f"{self._url}/cas/{digest.removeprefix('sha256:')}"
        scheme, host, port = origin(url)
        where = f"remote cache {scheme}://{host}:{port}: blob {digest}"
        headers = dict(self._headers(url))
        authorization = headers.pop("authorization", None)
        if offset:
            headers["range"] = f"bytes={offset}-"
        response = self._transport.send(
            "GET",
            url,
            where=where,
            authorization=authorization,
            headers=headers,
            redirects=False,  # any header may be a secret
        )
        if response.status_code == 404:
            finish(response)
            raise RegistryError(f"{where} not found", MISSING_HINT, status=404)
        check(response, where, 200, 206)
        # A server without ranges sends all of it.
        skip = offset if response.status_code == 200 else 0
        left = size - offset
        try:
            while left and (chunk := response.raw.read1(_CHUNK)):
                rest = chunk[skip:][:left]
                skip = max(0, skip - len(chunk))
                left -= len(rest)
                yield rest
        except (urllib3.exceptions.HTTPError, ConnectionError, TimeoutError):
            raise TemporaryError(f"{where}: the connection broke", "try again") from None
        finally:
            response.close()
        if left:
            raise TemporaryError(f"{where}: {size - left} of {size} bytes", "try again")
