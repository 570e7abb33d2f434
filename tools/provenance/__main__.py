"""provenance: says what an image was built of, by the metadata of its parts, as SLSA does."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from tools.lib.attest.provenance import (
    Material,
    Provenance,
    parse_provenance,
    sorted_materials,
)
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import dump_json, write_whole
from tools.lib.cli.flags import Parser
from tools.lib.data.json_values import parse_object, read_document
from tools.lib.oci.layer import read_layer
from tools.lib.oci.manifest import parse_manifest
from tools.lib.part.part_json import read_part


class _Flags:
    target: str
    platform: list[str]
    setting: list[str]
    rules_version: str
    manifest: str
    layer: list[str]
    part: list[str]
    provenance: list[str]
    predicate_out: str


def main(argv: Sequence[str]) -> int:
    parser = Parser("provenance", "Writes the provenance of an image, or of an index of images.")
    parser.add_argument("--target", required=True, help="label of the image or index")
    parser.add_argument("--platform", action="append", help="what it is for, linux/arm64")
    parser.add_argument("--setting", action="append", metavar="LABEL=VALUE", help="of the build")
    parser.add_argument("--rules-version", default="", help="of this rule set")
    parser.add_argument("--manifest", default="", help="of the image")
    parser.add_argument("--layer", action="append", help="layer.json of a layer of the build")
    parser.add_argument("--part", action="append", help="part.json of a part of the image")
    parser.add_argument("--provenance", action="append", help="that of an image of the index")
    parser.add_argument("--predicate-out", required=True, help="output: the predicate")
    flags = parser.parse_args(argv, _Flags)

    provenance = Provenance(
        flags.target,
        tuple(flags.platform),
        dict(_pair(each) for each in flags.setting),
        flags.rules_version,
        sorted_materials(_materials(flags)),
    )
    write_whole({flags.predicate_out: dump_json(provenance.predicate())})
    return 0


def _materials(flags: _Flags) -> Iterator[Material]:
    for path in flags.part:
        origin = read_part(path).origin
        if origin and (origin.url or origin.sha256):
            yield Material(origin.url, origin.sha256)
    if flags.manifest:
        # Layers that no action of the build made are those of a base image from elsewhere.
        own = {read_layer(path).descriptor.digest for path in flags.layer}
        for layer in parse_manifest(read_document(flags.manifest), flags.manifest).layers:
            if layer.digest not in own:
                sha256 = layer.digest.removeprefix("sha256:")
                yield Material("", sha256, layer.media_type)
    for path in flags.provenance:
        with open(path, "rb") as source:
            yield from parse_provenance(parse_object(source.read(), path), path).materials


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ToolError(f"--setting: {text!r:.80} must be LABEL=VALUE")
    return name, value


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
