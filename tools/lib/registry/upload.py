"""Uploads a blob (distribution-spec 1.1, "Pushing blobs"): in one request, from a file.

If the connection breaks, the upload goes on where the registry says that it ended. A registry that
keeps nothing of a broken upload gets it from the start.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tools.lib.oci.descriptor import Digest
from tools.lib.registry.auth import Scope, scope_for
from tools.lib.registry.blob_source import BlobBody, BlobSource
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.errors import RegistryError, TemporaryError
from tools.lib.registry.transport import finish

_OCTETS = {"Content-Type": "application/octet-stream"}


def mount_blob(client: RepositoryClient, digest: Digest, source: str) -> bool:
    """Makes a blob of another repository of the registry one of this; False if it cannot.

    Args:
        client: the repository.
        digest: of the blob.
        source: path of the other repository.
    """
    where = client.where(f"mounting blob {digest} from {source}")
    scope = client.scope | {scope_for(source, "pull")}
    url = client.url(f"blobs/uploads/?mount={digest}&from={source}")
    try:
        response = client.registry.call("POST", url, 201, 202, where=where, scope=scope)
    except TemporaryError:
        raise
    except RegistryError:  # a registry without mounts, or no right to read the other repository
        return False
    finish(response)
    if response.status_code == 201:
        return True
    _cancel(client, response.headers.get("Location"), scope)
    return False


def upload_blob(
    client: RepositoryClient, blob: BlobSource, sent: Callable[[int], None] = lambda _: None
) -> None:
    """Uploads a blob.

    Args:
        client: the repository.
        blob: its content.
        sent: called with each number of bytes sent, and with a negative one if they were lost.
    """
    _Upload(client, blob, sent).run()


class _Upload:
    def __init__(
        self, client: RepositoryClient, blob: BlobSource, sent: Callable[[int], None]
    ) -> None:
        self._client = client
        self._blob = blob
        self._report = sent
        self._reported = 0
        self._location = ""
        self._where = client.where(f"pushing blob {blob.digest}")
        self._full_where = f"{client.registry.host}/{self._where}"

    def run(self) -> None:
        self._client.registry.backoff.call(self._attempt)

    def _attempt(self, number: int) -> None:
        offset = 0
        if number:
            if self._client.has_blob(self._blob.digest):  # only the answer was lost
                self._set_reported(self._blob.size)
                return
            offset = self._resume() if self._location else 0
        self._set_reported(offset)
        if not offset:
            self._location = self._start()
        elif offset < self._blob.size:
            self._location = self._patch(offset)
        try:
            self._put(self._blob.size if offset else 0)
        except TemporaryError:
            raise
        except RegistryError as error:
            # A registry of several servers may forget an upload; what is resumed may not fit.
            if not offset and error.status not in (404, 416):
                raise
            self._location = ""
            raise TemporaryError(f"{self._full_where}: the registry lost the upload") from None

    def _start(self) -> str:
        response = self._client.registry.send(
            "POST",
            self._client.url("blobs/uploads/"),
            202,
            where=self._where,
            scope=self._client.scope,
            headers={"Content-Length": "0"},
        )
        finish(response)
        return self._next_location(response.headers.get("Location"))

    def _resume(self) -> int:
        """The offset from which the registry wants the rest; 0 to start again."""
        try:
            response = self._client.registry.send(
                "GET", self._location, 204, where=self._where, scope=self._client.scope
            )
        except TemporaryError:
            raise
        except RegistryError:
            return 0
        finish(response)
        match = re.fullmatch(r"(?:bytes=)?0-(\d+)", response.headers.get("Range", ""))
        # A range says the last byte that is there; an upload without any is `0-0` too.
        offset = int(match[1]) + 1 if match and match[1] != "0" else 0
        if location := response.headers.get("Location"):
            self._location = self._next_location(location)
        return offset if offset <= self._blob.size else 0

    def _patch(self, offset: int) -> str:
        """Sends the rest as a chunk; returns the location that completes the upload."""
        headers = {**_OCTETS, "Content-Range": f"{offset}-{self._blob.size - 1}"}
        try:
            response = self._client.registry.send(
                "PATCH",
                self._location,
                202,
                where=self._where,
                scope=self._client.scope,
                headers=headers,
                body=BlobBody(self._blob, offset, self._sent),
            )
        except TemporaryError:
            raise
        except RegistryError:
            self._location = ""  # no chunks here
            raise TemporaryError(f"{self._full_where}: the registry cannot resume it") from None
        finish(response)
        return self._next_location(response.headers.get("Location"))

    def _put(self, offset: int) -> None:
        body = BlobBody(self._blob, offset, self._sent)
        separator = "&" if "?" in self._location else "?"
        response = self._client.registry.send(
            "PUT",
            f"{self._location}{separator}digest={self._blob.digest}",
            201,
            where=self._where,
            scope=self._client.scope,
            headers=_OCTETS if len(body) else {**_OCTETS, "Content-Length": "0"},
            body=body if len(body) else b"",
        )
        finish(response)

    def _next_location(self, location: str | None) -> str:
        if not location:
            raise RegistryError(f"{self._full_where}: the answer has no Location")
        return self._client.registry.url(location)

    def _sent(self, size: int) -> None:
        self._reported += size
        self._report(size)

    def _set_reported(self, size: int) -> None:
        if self._reported != size:
            self._sent(size - self._reported)


def _cancel(client: RepositoryClient, location: str | None, scope: Scope) -> None:
    """Ends the upload that a registry began in place of a mount; it does not matter if it fails."""
    if not location:
        return
    url = client.registry.url(location)
    where = client.where("cancelling an upload")
    try:
        finish(client.registry.send("DELETE", url, 204, 202, where=where, scope=scope))
    except RegistryError:
        return
