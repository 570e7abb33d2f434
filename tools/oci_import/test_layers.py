import re
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import LAYER, Descriptor, digest_of
from tools.lib.oci.layer import Layer, read_layer
from tools.lib.oci.testing import LayoutDirectory
from tools.oci_import.layers import main


@pytest.fixture
def flags(tmp_path: Path) -> list[str]:
    """An image of three layers, the first of which occurs again. None of them has a file."""
    layout = LayoutDirectory(tmp_path)
    layers = [layout.blob(LAYER, data) for data in (b"one", b"two", b"one")]
    manifest = layout.path(layout.image(layers=layers))
    for layer in layers[:2]:
        layout.path(layer).unlink()
    (config,) = [each for each in manifest.parent.iterdir() if each != manifest]
    return ["--manifest", str(manifest), "--config", str(config)]


def test_each_layer_is_described(tmp_path: Path, flags: list[str]) -> None:
    outputs = {digest_of(data): str(tmp_path / data.decode()) for data in (b"two", b"one")}
    for digest, path in outputs.items():
        flags += ["--layer", digest, path]
    assert main(flags) == 0
    for digest, path in outputs.items():
        # The fixture's config has a layer's own digest as its diff_id.
        assert read_layer(path) == Layer(descriptor=Descriptor(LAYER, digest, 3), diff_id=digest)


def test_a_layer_that_the_image_does_not_have(tmp_path: Path, flags: list[str]) -> None:
    out = tmp_path / "out"
    digest = digest_of(b"three")
    with pytest.raises(ToolError, match=re.escape(f"layer {digest} is missing")):
        main([*flags, "--layer", digest, str(out)])
    assert not out.exists()


def test_a_config_of_another_image(flags: list[str]) -> None:
    with pytest.raises(ToolError, match="not the config of"):
        main([*flags[:2], "--config", flags[1]])
