import json
from pathlib import Path
from typing import Any

import pytest

from tools.lib.cli.errors import ToolError, run
from tools.lib.data.json_values import compact
from tools.lib.oci.documents import CONFIG, INDEX, MANIFEST, Descriptor, Digest, describe
from tools.oci_import.__main__ import main

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"


class LayoutDirectory:
    """An OCI image layout made by hand, well or badly."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "blobs/sha256").mkdir(parents=True)

    def blob(self, media_type: str, data: bytes, **other: Any) -> Descriptor:
        descriptor = describe(media_type, data, other)
        (self.path / "blobs" / descriptor.digest.replace(":", "/")).write_bytes(data)
        return descriptor

    def image(self, architecture: str = "amd64", **other: Any) -> Descriptor:
        config = {"os": "linux", "architecture": architecture, "rootfs": {"diff_ids": []}}
        descriptor = self.blob(CONFIG, compact(config))
        manifest = {"schemaVersion": 2, "config": descriptor.to_json(), "layers": []}
        return self.blob(MANIFEST, compact(manifest), **other)

    def index(self, *manifests: Descriptor) -> bytes:
        return json.dumps({"manifests": [item.to_json() for item in manifests]}).encode()

    def root(self, *manifests: Descriptor) -> None:
        (self.path / "index.json").write_bytes(self.index(*manifests))


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LayoutDirectory:
    monkeypatch.chdir(tmp_path)
    return LayoutDirectory(tmp_path / "base")


def imported(*flags: str) -> str:
    """The architecture of the image that is found."""
    argv = ["--layout", "base", "--manifest-out", "m", "--config-out", "c", *flags]
    assert main(argv) == 0
    manifest, config = (json.loads(Path(name).read_bytes()) for name in "mc")
    assert manifest["config"]["size"] == Path("c").stat().st_size
    architecture: str = config["architecture"]
    return architecture


def test_the_image_of_a_layout_is_copied_byte_by_byte(layout: LayoutDirectory) -> None:
    descriptor = layout.image()
    layout.root(descriptor)
    assert imported() == "amd64"
    blob = layout.path / "blobs" / descriptor.digest.replace(":", "/")
    assert Path("m").read_bytes() == blob.read_bytes()


def test_one_image_under_two_tags_and_a_nested_index_is_one_image(layout: LayoutDirectory) -> None:
    image = layout.image()
    nested = layout.blob(INDEX, layout.index(image))
    layout.root(image._replace(other={"annotations": {"x": "y"}}), nested, nested, image)
    assert imported() == "amd64"


def test_blobs_may_be_symlinks(layout: LayoutDirectory, tmp_path: Path) -> None:
    layout.root(layout.image())
    for blob in (layout.path / "blobs/sha256").iterdir():
        blob.rename(tmp_path / blob.name)
        blob.symlink_to(Path("../../..") / blob.name)
    assert imported() == "amd64"


def test_docker_s_media_types_are_accepted(layout: LayoutDirectory) -> None:
    layout.root(layout.image()._replace(media_type=DOCKER))
    assert imported() == "amd64"


def test_attestations_beside_an_image_are_not_images(layout: LayoutDirectory) -> None:
    attestation = layout.image("none", platform={"os": "unknown", "architecture": "unknown"})
    platform = {"os": "linux", "architecture": "amd64"}
    layout.root(layout.image(platform=platform), attestation)
    assert imported() == "amd64"


@pytest.mark.parametrize(
    ("asked", "found"),
    [("linux/amd64", "amd64"), ("linux/arm64", "arm64"), ("linux/arm64/v8", "arm64")],
)
def test_a_platform_chooses_among_several(layout: LayoutDirectory, asked: str, found: str) -> None:
    layout.root(layout.image("amd64"), layout.image("arm64"))
    assert imported("--platform", asked) == found


def test_several_images_are_listed_where_one_is_needed(layout: LayoutDirectory) -> None:
    layout.root(layout.image("s390x"), layout.image("amd64"))
    with pytest.raises(ToolError, match=r"^//b: 2 images, one is needed: linux/amd64, linux/s390x"):
        imported("--label", "//b")
    with pytest.raises(ToolError, match=r"no images for linux/arm; there are: linux/amd64, linux/"):
        imported("--platform", "linux/arm")
    with pytest.raises(ToolError, match=r"not os/architecture"):
        imported("--platform", "amd64")


def test_a_base_without_a_manifest_says_so(layout: LayoutDirectory) -> None:
    layout.root()
    with pytest.raises(ToolError, match=r"^base: a base without a manifest"):
        imported()


def test_a_directory_that_is_no_layout_says_so(layout: LayoutDirectory) -> None:
    with pytest.raises(ToolError, match=r"^base: no OCI image layout"):
        imported()
    (layout.path / "manifest.json").write_text("[]")
    with pytest.raises(ToolError, match=r"Docker's form"):
        imported()


def test_a_damaged_blob_is_one_line_and_nothing_is_written(
    layout: LayoutDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    descriptor = layout.image()
    layout.root(descriptor)
    blob = layout.path / "blobs" / descriptor.digest.replace(":", "/")
    blob.write_bytes(blob.read_bytes() + b" ")
    flags = ["--layout", "base", "--manifest-out", "m", "--config-out", "c"]
    assert run(main, ["oci_import", *flags]) == 1
    message = capsys.readouterr().err
    assert message.startswith(f"error: base: blob {descriptor.digest} is damaged")
    assert message.count("\n") == 1
    assert not Path("m").exists()


def test_hostile_layouts_are_refused(layout: LayoutDirectory) -> None:
    image = layout.image()
    layout.root(image._replace(digest=Digest("sha256:" + "../" * 21 + "x")))
    with pytest.raises(ToolError, match=r"index.json: manifests\[0\]\.digest: "):
        imported()
    layout.root(image._replace(digest=Digest("sha256:" + "0" * 64)))
    with pytest.raises(ToolError, match=r"^base: blob sha256:0{64} is missing"):
        imported()
    layout.root(image._replace(size=image.size + 1))
    with pytest.raises(ToolError, match=r"is damaged"):
        imported()
    layout.root(*[image._replace(digest=Digest(f"sha256:{i:064}")) for i in range(1001)])
    with pytest.raises(ToolError, match=r"more than 1000 images"):
        imported()
    (layout.path / "index.json").write_bytes(b" " * (5 << 20))
    with pytest.raises(ToolError, match=r"larger than 4 MiB"):
        imported()


def test_indexes_that_name_each_other_many_times_are_read_once(layout: LayoutDirectory) -> None:
    index = layout.blob(INDEX, layout.index(layout.image()))
    for _ in range(20):
        index = layout.blob(INDEX, layout.index(*[index] * 20))
    layout.root(index)
    assert imported() == "amd64"


def test_what_is_no_container_image_is_refused(layout: LayoutDirectory) -> None:
    chart = layout.blob("application/vnd.cncf.helm.config.v1+json", b"{}")
    layout.root(layout.blob(MANIFEST, compact({"config": chart.to_json(), "layers": []})))
    with pytest.raises(ToolError, match=r"not a container image"):
        imported()
