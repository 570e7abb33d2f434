"""An image whose base is a layout of symlinks to declared inputs, as rules_oci writes them."""

import json
import os
from pathlib import Path

BASE, IMAGE = (Path(os.environ[name]) for name in ("BASE", "IMAGE"))


def layers(layout: Path) -> dict[str, bytes]:
    """The layers of a layout's only image, by digest."""

    def blob(descriptor: dict[str, str]) -> bytes:
        return (layout / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()

    (root,) = json.loads((layout / "index.json").read_bytes())["manifests"]
    return {each["digest"]: blob(each) for each in json.loads(blob(root))["layers"]}


def test_layers_behind_symlinks_are_in_the_layout() -> None:
    assert layers(IMAGE) == layers(BASE)
    assert layers(IMAGE)
