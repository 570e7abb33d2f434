"""Strict readers of chunked layers for tests, written from the formats' descriptions.

They share nothing with the writers: gzip is zlib's, zstd libzstd's, tar Python's.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import zstandard

Entries = list[tuple[tarfile.TarInfo, bytes]]
"""The entries of a tar with the contents of files, in its order."""

_TYPES = {
    tarfile.REGTYPE: "reg",
    tarfile.LNKTYPE: "hardlink",
    tarfile.SYMTYPE: "symlink",
    tarfile.CHRTYPE: "char",
    tarfile.BLKTYPE: "block",
    tarfile.DIRTYPE: "dir",
    tarfile.FIFOTYPE: "fifo",
}
_XATTR = "SCHILY.xattr."
_SKIPPABLE = b"\x50\x2a\x4d\x18"


@dataclass(frozen=True, slots=True)
class _Member:
    """A gzip member or zstd frame: where it begins and ends, and what it stands for."""

    start: int
    end: int
    content: bytes


def sha256(data: bytes) -> str:
    """The digest of data, `sha256:` and hexadecimal digits."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def crc64(data: bytes) -> int:
    """CRC-64/GO-ISO, a byte at a time."""
    crc = (1 << 64) - 1
    for byte in data:
        crc = (crc >> 8) ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ ((1 << 64) - 1)


def _crc_row(crc: int) -> int:
    for _ in range(8):
        crc = (crc >> 1) ^ (0xD8 << 56 if crc & 1 else 0)
    return crc


_CRC_TABLE = [_crc_row(byte) for byte in range(256)]


def read_tar(archive: bytes) -> Entries:
    """Reads a tar, which must end with its end mark."""
    source = io.BytesIO(archive)
    entries: Entries = []
    with tarfile.open(fileobj=source, errorlevel=2) as tar:
        for info in tar:
            file = tar.extractfile(info) if info.isreg() else None
            entries.append((info, file.read() if file else b""))
        assert archive[tar.offset :] == bytes(1024)
    return entries


def read_estargz(blob: bytes, annotations: Mapping[str, str]) -> Entries:
    """The entries of an eStargz layer, without those that the format adds."""
    members = _gzip_members(blob)
    assert b"".join(blob[each.start : each.end] for each in members) == blob
    footer, table = members[-1], members[-2]
    extra = b"SG\x16\x00" + b"%016x" % table.start + b"STARGZ"
    assert blob[footer.start :] == (
        b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x1a\0" + extra + b"\x01\0\0\xff\xff" + bytes(8)
    )
    ((toc_info, toc_data),) = read_tar(table.content)
    assert toc_info.name == "stargz.index.json"
    archive = b"".join(each.content for each in members)
    assert annotations == {
        "containerd.io/snapshot/stargz/toc.digest": sha256(toc_data),
        "io.containers.estargz.uncompressed-size": str(len(archive)),
    }
    *entries, (landmark, mark), (last, _) = read_tar(archive)
    assert last.name == toc_info.name
    assert (landmark.name, mark) == (".no.prefetch.landmark", b"\x0f")
    entries.append((landmark, mark))
    by_start = {each.start: each for each in members}
    toc = json.loads(toc_data)
    assert toc.keys() == {"version", "entries"}
    assert toc["version"] == 1
    rows = toc["entries"]
    for info, data in entries:
        row, chunks = rows.pop(0), []
        if data:
            chunks.append(row)
            while rows and rows[0]["type"] == "chunk":
                assert rows[0].keys() <= {*_CHUNK, "name", "type"}
                assert rows[0]["name"] == row["name"]
                chunks.append(rows.pop(0))
        expected = _row(info)
        if data:
            expected |= {"digest": sha256(data)} | {key: row[key] for key in _CHUNK if key in row}
        assert row == expected
        position = 0
        for number, chunk in enumerate(chunks):
            is_last = number == len(chunks) - 1
            size = len(data) - position if is_last else chunk["chunkSize"]
            assert chunk.get("chunkSize", 0) == (0 if is_last else size)
            assert chunk.get("chunkOffset", 0) == position
            assert chunk["chunkDigest"] == sha256(data[position : position + size])
            content = by_start[chunk["offset"]].content
            assert content[:size] == data[position : position + size]
            position += size
        assert position == len(data)
    assert rows == []
    return entries[:-1]


_CHUNK = ("offset", "chunkOffset", "chunkSize", "chunkDigest")


def read_zstd_chunked(blob: bytes, annotations: Mapping[str, str]) -> Entries:
    """The entries of a zstd:chunked layer, which its tar-split data must describe as well."""
    frames = _zstd_frames(blob)
    *data_frames, table, split, footer = frames
    assert not any(blob.startswith(_SKIPPABLE, each.start) for each in data_frames)
    for each in (table, split, footer):
        assert blob.startswith(_SKIPPABLE, each.start)
    decompress = zstandard.ZstdDecompressor().decompress
    toc_data, split_data = decompress(table.content), decompress(split.content)
    # Positions are those of the frames' contents.
    place = (table.start + 8, len(table.content), len(toc_data), 1)
    split_place = (split.start + 8, len(split.content), len(split_data))
    assert footer.content == b"".join(
        (*(number.to_bytes(8, "little") for number in (*place, *split_place)), b"GNUlInUx")
    )
    prefix = "io.github.containers.zstd-chunked."
    assert annotations == {
        f"{prefix}manifest-checksum": sha256(table.content),
        f"{prefix}manifest-position": ":".join(map(str, place)),
        f"{prefix}tarsplit-position": ":".join(map(str, split_place)),
    }
    toc = json.loads(toc_data)
    assert toc.keys() == {"version", "entries", "tarSplitDigest"}
    assert (toc["version"], toc["tarSplitDigest"]) == (1, sha256(split.content))
    archive = b"".join(each.content for each in data_frames)
    entries = read_tar(archive)
    rows = toc["entries"]
    for info, data in entries:
        row, chunks = rows.pop(0), []
        while rows and rows[0]["type"] == "chunk":
            assert rows[0].keys() <= {*_CHUNK, "name", "type"}
            assert rows[0]["name"] == row["name"]
            chunks.append(rows.pop(0))
        expected = _row(info)
        if data:
            expected |= {"digest": sha256(data), "endOffset": row["endOffset"]}
            expected |= {key: row[key] for key in (_CHUNK if chunks else ("offset",)) if key in row}
            sizes = [each["chunkSize"] for each in (row, *chunks)] if chunks else [len(data)]
            starts = [each["offset"] for each in (row, *chunks)]
            ends = [*starts[1:], row["endOffset"]]
            position = 0
            for size, start, end in zip(sizes, starts, ends, strict=True):
                content = data[position : position + size]
                # A client gets these bytes alone.
                assert decompress(blob[start:end]) == content
                if chunks:
                    own = (row, *chunks)[starts.index(start)]
                    assert own["chunkDigest"] == sha256(content)
                    assert own.get("chunkOffset", 0) == position
                position += size
            assert position == len(data)
        assert row == expected
    assert rows == []
    assert _rebuild(split_data, {_name(info): data for info, data in entries}) == archive
    return entries


def _rebuild(split: bytes, contents: Mapping[str, bytes]) -> bytes:
    """The tar that tar-split data and the contents of its files make."""
    out = bytearray()
    for number, line in enumerate(split.splitlines()):
        record = json.loads(line)
        assert record.pop("position") == number
        if record["type"] == 2:
            assert record.keys() == {"type", "payload"}
            out += base64.b64decode(record["payload"], validate=True)
            continue
        data = contents[record["name"]]
        assert record["type"] == 1
        assert record.get("size", 0) == len(data)
        if data:
            assert base64.b64decode(record["payload"]) == crc64(data).to_bytes(8, "big")
        out += data
    return bytes(out)


def _name(info: tarfile.TarInfo) -> str:
    return f"{info.name}/" if info.isdir() else info.name


def _row(info: tarfile.TarInfo) -> dict[str, Any]:
    """What a table of contents says about an entry but for its content."""
    numbers = {
        "mode": info.mode,
        "uid": info.uid,
        "gid": info.gid,
        "size": info.size,
        "devMajor": info.devmajor,
        "devMinor": info.devminor,
    }
    row: dict[str, Any] = {key: number for key, number in numbers.items() if number}
    time = datetime.fromtimestamp(info.mtime, UTC).isoformat().replace("+00:00", "Z")
    row |= {"name": _name(info), "type": _TYPES[info.type], "modtime": time}
    if info.linkname:
        row["linkName"] = info.linkname
    xattrs = {
        key.removeprefix(_XATTR): base64.b64encode(value.encode("utf-8", "surrogateescape"))
        for key, value in info.pax_headers.items()
        if key.startswith(_XATTR)
    }
    if xattrs:
        row["xattrs"] = {key: value.decode() for key, value in xattrs.items()}
    return row


def _gzip_members(blob: bytes) -> list[_Member]:
    members: list[_Member] = []
    start = 0
    while start < len(blob):
        members.append(_decode(blob, start, zlib.decompressobj(31)))
        start = members[-1].end
    return members


def _zstd_frames(blob: bytes) -> list[_Member]:
    """The frames of a stream. The content of a skippable frame is its data."""
    frames: list[_Member] = []
    start = 0
    while start < len(blob):
        if blob.startswith(_SKIPPABLE, start):
            end = start + 8 + int.from_bytes(blob[start + 4 : start + 8], "little")
            assert end <= len(blob)
            frames.append(_Member(start, end, blob[start + 8 : end]))
        else:
            frames.append(_decode(blob, start, zstandard.ZstdDecompressor().decompressobj()))
        start = frames[-1].end
    return frames


def _decode(blob: bytes, start: int, decoder: Any) -> _Member:
    """The member at `start`. The decoder gets small pieces, as it copies what follows the end."""
    content = bytearray()
    end = start
    while not decoder.eof:
        assert end < len(blob)
        piece = blob[end : end + 8192]
        content += decoder.decompress(piece)
        end += len(piece)
    return _Member(start, end - len(decoder.unused_data), bytes(content))
