from __future__ import annotations

import gzip
import hashlib
import io
import os
import random
import threading

import pytest
import zstandard

from tools.lib.archive.compress import MEMBER, Compression
from tools.lib.part.member_stream import MemberStream


@pytest.fixture(params=[1, 2, 64])
def _processors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: request.param)


@pytest.mark.usefixtures("_processors")
@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
def test_members_are_in_order_on_any_number_of_processors(compression: Compression) -> None:
    bound = MEMBER[compression]
    data = random.Random(0).randbytes(bound // 8) * 50 + b"end"
    out = io.BytesIO()
    stream = MemberStream(out, compression, whole=True)
    for start in range(0, len(data), 100_000):
        stream.write(data[start : start + 100_000])
    assert stream.end_member() == hashlib.sha256(out.getvalue()).hexdigest()
    assert stream.uncompressed_sha256() == hashlib.sha256(data).hexdigest()
    assert (stream.size, stream.uncompressed_size) == (len(out.getvalue()), len(data))
    members = [data[start : start + bound] for start in range(0, len(data), bound)]
    assert out.getvalue() == b"".join(_compressed(each, compression) for each in members)


@pytest.mark.usefixtures("_processors")
def test_chunks_are_the_members_of_a_file() -> None:
    bound = MEMBER["zstd:chunked"]
    data = bytes(range(256)) * (bound // 100)
    out = io.BytesIO()
    stream = MemberStream(out, "zstd:chunked", whole=True)
    stream.write(b"header")
    stream.begin_chunks()
    stream.write(data)
    chunks = stream.end_chunks()
    assert [chunk.size for chunk in chunks] == [bound, bound, len(data) - 2 * bound]
    stored = b"".join(
        zstandard.decompress(out.getvalue()[chunk.offset : chunk.offset + chunk.stored_size])
        for chunk in chunks
    )
    assert stored == data


def test_a_limit_of_threads_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(threading.Thread, "start", start)
    data = bytes(3 * MEMBER["gzip"])
    assert gzip.decompress(_compressed(data, "gzip")) == data


def _compressed(data: bytes, compression: Compression) -> bytes:
    """One member, made by a stream of its own."""
    out = io.BytesIO()
    stream = MemberStream(out, compression, whole=False)
    stream.write(data)
    stream.end_member()
    member = out.getvalue()
    if compression == "gzip":
        assert gzip.decompress(member) == data
    return member
