"""What a part.json says about the chunks of a file. docs/formats.md, "Part", describes it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    Json,
    require_int,
    require_list,
    require_object,
    require_string,
)
from tools.lib.part.part import Chunk

_MAX = 2**63 - 1
_CRC64 = re.compile("[0-9a-f]{16}")


def chunks_to_json(chunks: Sequence[Chunk]) -> list[Json]:
    """The field `chunks` of a file."""
    return [dataclasses.asdict(each) for each in chunks]


def crc64_to_json(crc64: int) -> str:
    """The field `crc64` of a file."""
    return f"{crc64:016x}"


def parse_chunks(value: object, where: str) -> tuple[Chunk, ...]:
    """Reads the field `chunks` of a file."""
    return tuple(
        _parse_chunk(each, f"{where}[{index}]")
        for index, each in enumerate(require_list(value, where))
    )


def _parse_chunk(value: object, where: str) -> Chunk:
    fields = require_object(value, where)
    return Chunk(
        offset=require_int(fields.get("offset"), f"{where}.offset", _MAX),
        stored_size=require_int(fields.get("stored_size"), f"{where}.stored_size", _MAX),
        size=require_int(fields.get("size"), f"{where}.size", _MAX),
        sha256=require_string(fields.get("sha256"), f"{where}.sha256"),
    )


def parse_crc64(value: object, where: str) -> int:
    """Reads the field `crc64` of a file."""
    text = require_string(value, where)
    if not _CRC64.fullmatch(text):
        raise ToolError(f"{where}: {text!r:.80} is not 16 hexadecimal digits")
    return int(text, 16)
