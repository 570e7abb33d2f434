import json
from pathlib import Path
from typing import Any

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import compact
from tools.lib.oci.descriptor import CONFIG, describe, digest_of
from tools.lib.oci.manifest import Manifest
from tools.oci_index.__main__ import main


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def image(name: str, **platform: object) -> list[str]:
    """Writes an image of no layers; returns the flags that name it."""
    config = compact({**platform, "rootfs": {"type": "layers", "diff_ids": []}})
    Path(f"{name}.config").write_bytes(config)
    Path(f"{name}.manifest").write_bytes(Manifest(describe(CONFIG, config), ()).encode())
    return ["--manifest", f"{name}.manifest", "--config", f"{name}.config"]


def index(*flags: str) -> dict[str, Any]:
    assert main([*flags, "--index-out", "index", "--digest-out", "digest"]) == 0
    data = Path("index").read_bytes()
    assert Path("digest").read_text() == digest_of(data)
    document: dict[str, Any] = json.loads(data)
    return document


def test_the_document_of_an_index() -> None:
    arm = image("arm", os="linux", architecture="arm", variant="v7")
    amd64 = image("amd64", os="linux", architecture="amd64")
    manifest = "application/vnd.oci.image.manifest.v1+json"
    Path("annotations").write_text('{"a": "b\\nc"}')
    assert index(*arm, *amd64, "--annotations", "annotations") == {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
            {
                "mediaType": manifest,
                "digest": digest_of(Path("arm.manifest").read_bytes()),
                "size": Path("arm.manifest").stat().st_size,
                "platform": {"os": "linux", "architecture": "arm", "variant": "v7"},
            },
            {
                "mediaType": manifest,
                "digest": digest_of(Path("amd64.manifest").read_bytes()),
                "size": Path("amd64.manifest").stat().st_size,
                "platform": {"os": "linux", "architecture": "amd64"},
            },
        ],
        "annotations": {"a": "b\nc"},
    }


def test_the_platform_of_windows_images_is_kept() -> None:
    platform = {"os": "windows", "architecture": "amd64", "os.version": "10", "os.features": ["x"]}
    assert index(*image("a", **platform))["manifests"][0]["platform"] == platform


def test_two_images_for_one_platform_are_an_error() -> None:
    flags = image("a", os="linux", architecture="arm64")
    flags += image("b", os="linux", architecture="arm64", variant="v8")
    with pytest.raises(ToolError, match=r"^a\.manifest and b\.manifest: both are for linux/arm64"):
        index(*flags)


def test_variants_are_different_platforms() -> None:
    flags = image("a", os="linux", architecture="arm", variant="v6")
    flags += image("b", os="linux", architecture="arm", variant="v7")
    assert len(index(*flags)["manifests"]) == 2


def test_an_index_without_images_is_an_error() -> None:
    with pytest.raises(ToolError, match="the index has no images"):
        index()


def test_the_config_of_another_image_is_an_error() -> None:
    first, second = (image(name, os="linux", architecture=name) for name in ("amd64", "arm"))
    with pytest.raises(ToolError, match=r"^arm\.config: not the config of amd64\.manifest"):
        index(*first[:2], *second[2:])
    with pytest.raises(ToolError, match="2 manifests, but 1 configs"):
        index(*first, *second[:2])
