"""Images whose base is as rules_oci and rules_img write them: links to declared inputs, a tar."""

import json
import os
from pathlib import Path

import pytest

BASE, ON_OCI, ON_IMG = (Path(os.environ[name]) for name in ("BASE", "ON_OCI", "ON_IMG"))


def layers(layout: Path) -> dict[str, bytes]:
    """The layers of a layout's only image, by digest."""

    def blob(descriptor: dict[str, str]) -> bytes:
        return (layout / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()

    (root,) = json.loads((layout / "index.json").read_bytes())["manifests"]
    return {each["digest"]: blob(each) for each in json.loads(blob(root))["layers"]}


@pytest.mark.parametrize("image", [ON_OCI, ON_IMG], ids=["rules_oci", "rules_img"])
def test_the_layers_of_the_base_are_in_the_layout(image: Path) -> None:
    assert layers(image) == layers(BASE)
    assert layers(image)
