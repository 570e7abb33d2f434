"""layer.json: describes a layer for the images that use it. docs/formats.md, "Layer"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from tools.lib.archive.tar_entry import MAX_TIME
from tools.lib.cli.errors import ToolError
from tools.lib.cli.files import dump_json
from tools.lib.data.json_values import parse_object, read_document, require_int, require_string
from tools.lib.oci.documents import Descriptor, Digest, parse_descriptor, parse_digest

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer of an image.

    `architecture` is OCI's name, None if the layer fits every architecture; `architecture_owner` is
    the part that is for it, for errors, and empty if there is none. `created` is the newest time of
    an entry, in seconds since 1970; `created_by` is text for the image's history.
    """

    descriptor: Descriptor
    diff_id: Digest
    architecture: str | None = None
    architecture_owner: str = ""
    created: int | None = None
    created_by: str = ""


def write_layer(layer: Layer, out: IO[bytes]) -> None:
    """Writes a layer.json."""
    value = {
        "version": VERSION,
        "descriptor": layer.descriptor.to_json(),
        "diff_id": layer.diff_id,
        "architecture": layer.architecture,
        "architecture_owner": layer.architecture_owner,
        "created": layer.created,
        "created_by": layer.created_by,
    }
    out.write(dump_json(value))


def read_layer(path: str) -> Layer:
    """Reads the layer.json at `path`.

    Raises:
        ToolError: the file is not a layer.json of a known version.
    """
    fields = parse_object(read_document(path), path)
    if fields.get("version") != VERSION:
        raise ToolError(f"{path}: unknown version {fields.get('version')!r:.80} of layer.json")
    architecture, created = fields.get("architecture"), fields.get("created")
    return Layer(
        descriptor=parse_descriptor(fields.get("descriptor"), f"{path}: descriptor"),
        diff_id=parse_digest(fields.get("diff_id"), f"{path}: diff_id"),
        architecture=None
        if architecture is None
        else require_string(architecture, f"{path}: architecture"),
        architecture_owner=require_string(
            fields.get("architecture_owner"), f"{path}: architecture_owner"
        ),
        created=None if created is None else require_int(created, f"{path}: created", MAX_TIME),
        created_by=require_string(fields.get("created_by"), f"{path}: created_by"),
    )
