import json
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError, run
from tools.lib.oci.descriptor import Platform
from tools.lib.oci.testing import LayoutDirectory
from tools.oci_import.__main__ import main

FLAGS = ["--layout", "base", "--manifest-out", "m", "--config-out", "c"]


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LayoutDirectory:
    monkeypatch.chdir(tmp_path)
    return LayoutDirectory(tmp_path / "base")


def test_the_manifest_and_the_config_are_copied_byte_by_byte(layout: LayoutDirectory) -> None:
    image = layout.image()
    layout.root(image)
    assert main(FLAGS) == 0
    assert Path("m").read_bytes() == layout.path(image).read_bytes()
    digest = json.loads(Path("m").read_bytes())["config"]["digest"]
    assert Path("c").read_bytes() == Path("base/blobs", digest.replace(":", "/")).read_bytes()


def test_a_platform_selects_one_of_several_images(layout: LayoutDirectory) -> None:
    layout.root(layout.image("amd64"), layout.image("arm64"))
    assert main([*FLAGS, "--platform", "linux/arm64/v8"]) == 0
    assert json.loads(Path("c").read_bytes())["architecture"] == "arm64"
    message = r"^//b: no image for the target platform, linux/arm: it has linux/amd64, linux/arm64 "
    with pytest.raises(ToolError, match=message):
        main([*FLAGS, "--platform", "linux/arm", "--label", "//b"])
    with pytest.raises(ToolError, match=r"invalid platform 'amd64'"):
        main([*FLAGS, "--platform", "amd64"])


def test_a_platform_selects_in_a_nested_index(layout: LayoutDirectory) -> None:
    layout.root(layout.index(layout.image("amd64"), layout.image("arm64")))
    assert main([*FLAGS, "--platform", "linux/arm64/v8"]) == 0
    assert json.loads(Path("c").read_bytes())["architecture"] == "arm64"


def test_the_closest_variant_is_selected_also_if_only_the_index_tells_it(
    layout: LayoutDirectory,
) -> None:
    layers = [layout.blob("application/x-test", bytes([each])) for each in range(3)]
    images = [
        layout.image("arm", layers=[layer], platform=Platform("linux", "arm", variant))
        for layer, variant in zip(layers, ("v5", "v6", "v8"), strict=True)
    ]
    layout.root(*images)
    assert main([*FLAGS, "--platform", "linux/arm/v7"]) == 0
    assert Path("m").read_bytes() == layout.path(images[1]).read_bytes()


def test_one_image_is_taken_whatever_its_platform(layout: LayoutDirectory) -> None:
    layout.root(layout.image("amd64"))
    assert main([*FLAGS, "--platform", "linux/arm64/v8"]) == 0
    assert json.loads(Path("c").read_bytes())["architecture"] == "amd64"


def test_a_corrupt_layout_is_an_error_and_nothing_is_written(
    layout: LayoutDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    image = layout.image()
    layout.root(image)
    layout.path(image).write_bytes(layout.path(image).read_bytes() + b" ")
    assert run(main, ["oci_import", *FLAGS]) == 1
    message = capsys.readouterr().err
    assert message.startswith(f"error: base: blob {image.digest} is corrupt")
    assert message.count("\n") == 1
    assert not Path("m").exists()
