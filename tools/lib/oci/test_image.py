import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import CONFIG, LAYER, MANIFEST, Platform, describe, digest_of
from tools.lib.oci.image import parse_image
from tools.lib.oci.image_config import ImageConfig
from tools.lib.oci.manifest import Manifest

PLATFORM = Platform("linux", "arm64", "v8")
CONFIG_DATA = ImageConfig(PLATFORM).encode()


def test_the_descriptor_of_an_image_has_the_platform_of_its_config() -> None:
    manifest = Manifest(describe(CONFIG, CONFIG_DATA), ()).encode()
    image = parse_image(manifest, CONFIG_DATA, "m", "c")
    assert image.descriptor().to_json() == {
        "mediaType": MANIFEST,
        "digest": digest_of(manifest),
        "size": len(manifest),
        "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"},
    }


def test_the_config_of_another_image_is_an_error() -> None:
    manifest = Manifest(describe(CONFIG, b"{}"), ()).encode()
    with pytest.raises(ToolError, match=r"^c: not the config of m: digest or size differs"):
        parse_image(manifest, CONFIG_DATA, "m", "c")


def test_there_must_be_as_many_layers_as_diff_ids() -> None:
    manifest = Manifest(describe(CONFIG, CONFIG_DATA), (describe(LAYER, b""),)).encode()
    with pytest.raises(ToolError, match=r"^m: 1 layers, but 0 diff_ids in its config"):
        parse_image(manifest, CONFIG_DATA, "m", "c")
