from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.oci.documents import LAYER, Descriptor, Digest
from tools.lib.oci.layer import Layer, read_layer, write_layer

DIGEST = Digest("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
MINIMAL = Layer(descriptor=Descriptor(LAYER, DIGEST, 0, {}), diff_id=DIGEST)
FULL = Layer(
    descriptor=Descriptor(f"{LAYER}+zstd", DIGEST, 5, {}),
    diff_id=DIGEST,
    architecture="arm",
    architecture_owner="libc6 2.36-9",
    created=1735689600,
    created_by="//a:b",
)


def write(folder: Path, layer: Layer) -> str:
    path = folder / "a.layer.json"
    with path.open("wb") as out:
        write_layer(layer, out)
    return str(path)


@pytest.mark.parametrize("layer", [MINIMAL, FULL])
def test_layer_is_read_as_it_was_written(layer: Layer, tmp_path: Path) -> None:
    assert read_layer(write(tmp_path, layer)) == layer


def test_format(tmp_path: Path) -> None:
    with open(write(tmp_path, FULL), "rb") as source:
        assert json.load(source) == {
            "version": 1,
            "descriptor": {"mediaType": f"{LAYER}+zstd", "digest": DIGEST, "size": 5},
            "diff_id": DIGEST,
            "architecture": "arm",
            "architecture_owner": "libc6 2.36-9",
            "created": 1735689600,
            "created_by": "//a:b",
        }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "unknown version 2 of layer.json"),
        ({"descriptor": None}, "descriptor: missing"),
        ({"diff_id": "sha256:0"}, "diff_id: "),
        ({"architecture": 5}, "architecture: 5, not a text"),
        ({"created": -1}, "created: -1, not a whole number"),
        ({"created_by": None}, "created_by: missing"),
    ],
)
def test_malformed_layer(change: dict[str, object], message: str, tmp_path: Path) -> None:
    path = Path(write(tmp_path, FULL))
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change))
    with pytest.raises(ToolError, match=rf"a\.layer\.json: {message}"):
        read_layer(str(path))
