"""A remote cache with gRPC: the service ByteStream, as Bazel's Remote Execution API uses it.

Two messages of one or two fields need no generated code. Sources: bytestream.proto of googleapis,
remote_execution.proto of remote-apis ("ContentAddressableStorage"), and the wire format of Protocol
Buffers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

# Its log repeats what errors say, in lines of its own.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
import grpc

from tools.lib.cas.credential_helper import Headers
from tools.lib.cli.ca_file import machine_ca_file, user_ca_file
from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Digest
from tools.lib.registry.blob_source import MISSING_HINT
from tools.lib.registry.errors import RegistryError, TemporaryError
from tools.lib.registry.transport import USER_AGENT

_METHOD = "/google.bytestream.ByteStream/Read"
_OPTIONS = (
    ("grpc.primary_user_agent", USER_AGENT),
    # Servers send up to 4 MiB of a blob in a message.
    ("grpc.max_receive_message_length", 16 << 20),
    # So a connection that is dead is found, however long a blob takes. In milliseconds.
    ("grpc.keepalive_time_ms", 60_000),
)
_TEMPORARY = (
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.UNKNOWN,
)
_HINTS = {
    grpc.StatusCode.NOT_FOUND: MISSING_HINT,
    grpc.StatusCode.PERMISSION_DENIED: "check that your account may read the cache",
    grpc.StatusCode.UNAUTHENTICATED: "--cas-credential-helper names a program that has them",
    grpc.StatusCode.UNAVAILABLE: "check the name of the cache and the network",
}


class ByteStreamCas:
    """The store of a cache. Several threads may use it.

    Args:
        url: `grpc://HOST[:PORT][/INSTANCE]`, or grpcs for TLS.
        headers: called with a URL for the headers that the server wants.
    """

    def __init__(self, url: str, headers: Callable[[str], Headers]) -> None:
        parts = urlsplit(url)
        self._where = f"remote cache {parts.scheme}://{parts.netloc}"
        self._instance = parts.path.strip("/")
        self._uri = f"https://{parts.netloc}/google.bytestream.ByteStream"
        self._headers = headers
        if parts.scheme == "grpc":
            channel = grpc.insecure_channel(f"{parts.hostname}:{parts.port or 80}", _OPTIONS)
        else:
            file = user_ca_file() or machine_ca_file()
            roots = Path(file).read_bytes() if file else None
            credentials = grpc.ssl_channel_credentials(roots)
            target = f"{parts.hostname}:{parts.port or 443}"
            channel = grpc.secure_channel(target, credentials, _OPTIONS)
        self._read = channel.unary_stream(
            _METHOD, request_serializer=_encode_request, response_deserializer=_decode_response
        )

    def read(self, digest: Digest, size: int, offset: int) -> Iterator[bytes]:
        """See BlobStore."""
        name = f"blobs/{digest.removeprefix('sha256:')}/{size}"
        if self._instance:
            name = f"{self._instance}/{name}"
        left = size - offset
        try:
            for chunk in self._read((name, offset), metadata=[*self._headers(self._uri).items()]):
                left -= len(chunk)
                yield chunk
        except grpc.RpcError as error:
            raise self._error(digest, error) from None
        if left:
            raise TemporaryError(f"{self._where}: blob {digest}: {size - left} of {size} bytes")

    def _error(self, digest: Digest, error: grpc.RpcError) -> RegistryError:
        code = error.code()
        if code == grpc.StatusCode.NOT_FOUND:
            reason = "not found"
        else:
            reason = f"{code.name}: {error.details()!r:.300}"
        kind = TemporaryError if code in _TEMPORARY else RegistryError
        return kind(f"{self._where}: blob {digest} {reason}", _HINTS.get(code, ""))


def _encode_request(request: tuple[str, int]) -> bytes:
    """ReadRequest: resource_name is field 1, read_offset field 2."""
    name, offset = request
    data = name.encode()
    return b"\x0a" + _varint(len(data)) + data + b"\x10" + _varint(offset)


def _decode_response(message: bytes) -> bytes:
    """ReadResponse: data is field 10, its only one."""
    at = 0
    data = b""
    while at < len(message):
        tag, at = _read_varint(message, at)
        if tag & 7 != 2:  # of another type than bytes
            raise ToolError(f"the remote cache sent an unknown message: tag {tag}")
        size, at = _read_varint(message, at)
        if tag >> 3 == 10:
            data = message[at : at + size]
        at += size
    return data


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
