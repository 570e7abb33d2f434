from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from tools.lib.cas.cas import open_cas
from tools.lib.oci.descriptor import digest_of
from tools.lib.registry.errors import RegistryError, TemporaryError

DATA = bytes(range(256)) * 40_000  # more than one message may have
DIGEST = digest_of(DATA)
NAME = f"blobs/{DIGEST.removeprefix('sha256:')}/{len(DATA)}".encode()
CHUNK = 1 << 20

Answer = Callable[[bytes, grpc.ServicerContext], Iterator[bytes]]


def varint(value: int) -> bytes:
    return bytes([value & 0x7F | 0x80]) + varint(value >> 7) if value > 0x7F else bytes([value])


def request(name: bytes, offset: int) -> bytes:
    return b"\x0a" + varint(len(name)) + name + b"\x10" + varint(offset)


def messages(offset: int, end: int = len(DATA)) -> Iterator[bytes]:
    for at in range(offset, end, CHUNK):
        chunk = DATA[at : min(at + CHUNK, end)]
        yield b"\x52" + varint(len(chunk)) + chunk


@contextlib.contextmanager
def cache(answer: Answer) -> Iterator[str]:
    """A gRPC server with the method Read; yields its host and port."""
    server = grpc.server(ThreadPoolExecutor(2))
    handlers = {"Read": grpc.unary_stream_rpc_method_handler(answer)}
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("google.bytestream.ByteStream", handlers)]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


def read(url: str, offset: int = 0, helper: str = "") -> bytes:
    store = open_cas(url, helper)
    assert store
    return b"".join(store.read(DIGEST, len(DATA), offset))


@pytest.mark.parametrize("offset", [0, 1, 300, 5_000_000, len(DATA) - 1])
def test_from_any_offset(offset: int) -> None:
    requests = []

    def answer(message: bytes, _: grpc.ServicerContext) -> Iterator[bytes]:
        requests.append(message)
        yield from messages(offset)

    with cache(answer) as host:
        assert read(f"grpc://{host}", offset) == DATA[offset:]
    assert requests == [request(NAME, offset)]


def test_an_instance_and_headers(tmp_path: Path) -> None:
    helper = tmp_path / "helper"
    headers = '{"headers": {"Authorization": ["Bearer x"]}}'
    helper.write_text(f"#!/bin/sh\ncat > {tmp_path}/$1\necho '{headers}'\n")
    helper.chmod(0o755)
    seen = []

    def answer(message: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        headers = {each.key: each.value for each in context.invocation_metadata()}
        seen.append((message, headers["authorization"]))
        yield from messages(0)

    with cache(answer) as host:
        assert read(f"grpc://{host}/team/main", helper=str(helper)) == DATA
    assert seen == [(request(b"team/main/" + NAME, 0), "Bearer x")]
    assert (tmp_path / "get").read_text() == (
        f'{{"uri": "https://{host}/google.bytestream.ByteStream"}}'
    )


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (
            grpc.StatusCode.NOT_FOUND,
            RegistryError,
            "not found (hint: build the image again with this cache; Bazel must not have "
            "--noremote_upload_local_results)",
        ),
        (
            grpc.StatusCode.UNAUTHENTICATED,
            RegistryError,
            "UNAUTHENTICATED: 'why' (hint: --cas-credential-helper names a program that has them)",
        ),
        (
            grpc.StatusCode.UNAVAILABLE,
            TemporaryError,
            "UNAVAILABLE: 'why' (hint: check the name of the cache and the network)",
        ),
    ],
)
def test_errors(code: grpc.StatusCode, kind: type[RegistryError], message: str) -> None:
    def answer(_: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        yield from messages(0, CHUNK)
        context.abort(code, "why")

    with cache(answer) as host, pytest.raises(RegistryError) as caught:
        read(f"grpc://{host}")
    assert type(caught.value) is kind
    assert str(caught.value) == f"remote cache grpc://{host}: blob {DIGEST} {message}"


def test_a_blob_that_ends_early_is_temporary() -> None:
    def answer(_: bytes, __: grpc.ServicerContext) -> Iterator[bytes]:
        yield from messages(0, CHUNK)

    with cache(answer) as host, pytest.raises(TemporaryError) as caught:
        read(f"grpc://{host}")
    assert str(caught.value) == (
        f"remote cache grpc://{host}: blob {DIGEST}: {CHUNK} of {len(DATA)} bytes"
    )
