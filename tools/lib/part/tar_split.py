"""What is in a tar besides the contents of files, from which a client rebuilds the tar.

containers/storage keeps a layer as files, and makes its tar again to verify the diff_id and to push
it. Source of the format: tar/storage/entry.go of vbatts/tar-split; each line is a JSON object.
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence

from tools.lib.archive.tar_entry import END_OF_ARCHIVE, header, padding
from tools.lib.cli.files import dump_json
from tools.lib.data.json_values import Json
from tools.lib.part.layer_entry import LayerEntry

_FILE = 1
_SEGMENT = 2


def tar_split(entries: Sequence[LayerEntry]) -> bytes:
    """The tar-split data of a layer.

    Readers rely on it that a segment is what fills the last block of the entry before, and then
    exactly one header with its extensions.
    """
    records: list[Json] = []
    filling = b""
    for entry in entries:
        tar = entry.tar
        records.append(_segment(filling + header(tar)))
        name = f"{tar.path}/" if tar.type == "directory" else tar.path
        if tar.size:
            checksum = _base64(entry.crc64.to_bytes(8, "big"))
            records.append({"type": _FILE, "name": name, "size": tar.size, "payload": checksum})
        else:
            records.append({"type": _FILE, "name": name, "payload": None})
        filling = padding(tar.size)
    records.append(_segment(filling + END_OF_ARCHIVE))
    return b"".join(
        dump_json({**record, "position": position}) for position, record in enumerate(records)
    )


def _segment(data: bytes) -> Json:
    return {"type": _SEGMENT, "payload": _base64(data)}


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()
