import os
from dataclasses import replace
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import MAX_DOCUMENT, compact
from tools.lib.oci.descriptor import INDEX, MANIFEST, Descriptor, Digest, Platform, read_platform
from tools.lib.oci.layout import find_blob, select_image, verified_chunks, verify_blob
from tools.lib.oci.manifest import Index
from tools.lib.oci.testing import LayoutDirectory

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
NO_DIGEST = Digest("sha256:" + "0" * 64)


@pytest.fixture
def layout(tmp_path: Path) -> LayoutDirectory:
    return LayoutDirectory(tmp_path / "base")


def selected(layout: LayoutDirectory, platform: str = "") -> str:
    """The platform of the image that is selected."""
    wanted = read_platform(platform) if platform else None
    return str(select_image(str(layout), wanted).platform)


def error(layout: LayoutDirectory | str, platform: str = "") -> str:
    with pytest.raises(ToolError) as caught:
        select_image(str(layout), read_platform(platform) if platform else None, "//b")
    return str(caught.value)


def test_the_only_image_needs_no_platform(layout: LayoutDirectory) -> None:
    descriptor = layout.image("arm64", "v8")
    image = select_image(layout.root(descriptor), None)
    assert str(image.platform) == "linux/arm64/v8"
    assert image.manifest_data == layout.path(descriptor).read_bytes()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("linux/amd64", "linux/amd64"),
        ("linux/arm64", "linux/arm64/v8"),
        ("linux/arm64/v8", "linux/arm64/v8"),
        ("linux/arm/v7", "linux/arm"),
        ("linux/arm/v6", "linux/arm/v6"),
    ],
)
@pytest.mark.parametrize("described", [True, False])
def test_an_image_is_selected_by_its_platform(
    layout: LayoutDirectory, wanted: str, found: str, described: bool
) -> None:
    def image(architecture: str, variant: str | None = None) -> Descriptor:
        descriptor = layout.image(architecture, variant)
        platform = Platform("linux", architecture, variant) if described else None
        return replace(descriptor, platform=platform)

    arms = layout.index(image("arm"), image("arm", "v6"))
    layout.root(image("amd64"), layout.index(arms, image("arm64", "v8")), image("amd64"))
    assert selected(layout, wanted) == found


def test_an_image_under_several_names_is_one_image(layout: LayoutDirectory) -> None:
    image = layout.image()
    nested = layout.index(image)
    layout.root(replace(image, annotations={"x": "y"}), nested, nested, image)
    assert selected(layout) == "linux/amd64"


def test_attestations_are_not_images(layout: LayoutDirectory) -> None:
    unknown = layout.image("none", platform=Platform("unknown", "unknown"))
    layout.root(layout.image(), unknown)
    assert selected(layout) == "linux/amd64"
    layout.root(unknown)
    assert error(layout) == "//b: the layout has no image: its index.json lists no manifest"


def test_other_artifacts_are_not_images(layout: LayoutDirectory) -> None:
    chart = layout.blob("application/vnd.cncf.helm.config.v1+json", b"{}")
    manifest = compact({"config": chart.to_json(), "layers": []})
    layout.root(layout.blob("application/x", b"x"), layout.blob(MANIFEST, manifest), layout.image())
    assert selected(layout) == "linux/amd64"
    layout.root(layout.blob(MANIFEST, manifest))
    assert "not a container image" in error(layout)


def test_docker_s_media_types_are_accepted(layout: LayoutDirectory) -> None:
    layout.root(replace(layout.image(), media_type=DOCKER))
    assert selected(layout) == "linux/amd64"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("", "the layout has several images (hint: select a platform: linux/arm/v6, linux/arm)"),
        ("linux/arm", "several images for linux/arm (hint: the layout has linux/arm/v6, linux/arm"),
        ("linux/386", "no image for linux/386 (hint: the layout has linux/arm/v6, linux/arm)"),
    ],
)
def test_an_error_lists_the_platforms_of_the_layout(
    layout: LayoutDirectory, wanted: str, message: str
) -> None:
    arm = layout.image("arm", platform=Platform("linux", "arm"))
    layout.root(layout.image("arm", "v6"), arm)
    assert error(layout, wanted).startswith(f"//b: {message}")


def test_a_directory_that_is_not_a_layout_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "gone", tmp_path, tmp_path / "file"):
        assert error(str(path)).startswith("//b: not an OCI image layout: it has no index.json")
    (tmp_path / "manifest.json").write_text("[]")
    assert "skopeo copy docker-archive:" in error(str(tmp_path))


def test_documents_are_verified(layout: LayoutDirectory) -> None:
    image = layout.image()
    layout.root(replace(image, size=image.size + 1))
    assert error(layout).startswith(f"//b: blob {image.digest} is corrupt")
    layout.root(image)
    path = layout.path(image)
    path.write_bytes(path.read_bytes().replace(b"2", b"3", 1))
    assert error(layout).startswith(f"//b: blob {image.digest} is corrupt")
    path.unlink()
    assert error(layout) == f"//b: blob {image.digest} is missing from the layout"
    path.mkdir()
    assert error(layout) == f"//b: blob {image.digest} is missing from the layout"
    layout.root(replace(image, digest=Digest("sha256:" + "../" * 21 + "x")))
    assert error(layout).startswith("//b: index.json: manifests[0].digest: ")


@pytest.mark.parametrize("wanted", ["", "linux/arm64"])
def test_the_config_must_be_for_the_platform_that_the_index_lists(
    layout: LayoutDirectory, wanted: str
) -> None:
    image = layout.image("amd64", platform=Platform("linux", "arm64", "v8"))
    layout.root(image)
    assert error(layout, wanted) == (
        f"//b: manifest {image.digest}: the index lists it for linux/arm64/v8, "
        "but its config is for linux/amd64"
    )


def test_a_blob_can_be_a_symlink_and_not_a_pipe(layout: LayoutDirectory, tmp_path: Path) -> None:
    image = layout.image()
    layout.root(image)
    path = layout.path(image)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to("../../../elsewhere")
    assert selected(layout) == "linux/amd64"
    path.unlink()
    os.mkfifo(path)
    assert error(layout) == f"//b: blob {image.digest} is missing from the layout"


def test_what_is_read_is_limited(layout: LayoutDirectory, tmp_path: Path) -> None:
    image = layout.image()
    many = [replace(image, digest=Digest(f"sha256:{i:064}")) for i in range(1001)]
    layout.root(*many)
    assert error(layout) == "//b: index.json: more than 1000 manifests and indexes"
    padded = [layout.blob(INDEX, Index(()).encode().ljust(MAX_DOCUMENT - i)) for i in range(9)]
    layout.root(*padded)
    assert error(layout) == "//b: more than 32 MiB of manifests and configs"
    (tmp_path / "base/index.json").write_bytes(b" " * (MAX_DOCUMENT + 1))
    assert error(layout).endswith("index.json: larger than 4 MiB")


def test_indexes_that_refer_to_each_other_are_read_once(layout: LayoutDirectory) -> None:
    index = layout.index(layout.image())
    for _ in range(20):
        index = layout.index(*[index] * 20)
    layout.root(index)
    assert selected(layout) == "linux/amd64"


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1])
def test_a_blob_is_verified_while_it_is_read(layout: LayoutDirectory, size: int) -> None:
    data = b"x" * size
    blob = layout.blob("x", data)
    path = layout.path(blob)
    assert b"".join(verified_chunks(str(path), blob)) == data
    path.write_bytes(data + b"y")
    with pytest.raises(ToolError, match=f"corrupt blob: {size + 1} bytes instead of {size}"):
        verify_blob(str(path), blob)
    if data:
        path.write_bytes(data[:-1] + b"y")
        with pytest.raises(ToolError, match="corrupt blob: its sha256 is"):
            verify_blob(str(path), blob)


def test_a_pipe_is_not_a_blob(layout: LayoutDirectory) -> None:
    blob = layout.blob("x", b"x")
    layout.path(blob).unlink()
    os.mkfifo(layout.path(blob))
    with pytest.raises(ToolError, match="not a regular file"):
        verify_blob(str(layout.path(blob)), blob)


def test_a_blob_is_found_in_the_first_layout_that_has_it(tmp_path: Path) -> None:
    one, other = (LayoutDirectory(tmp_path / name) for name in ("one", "other"))
    blob = other.blob("x", b"x")
    assert find_blob([str(one), str(other)], blob.digest) == str(other.path(blob))
    assert find_blob([str(one), str(other)], NO_DIGEST) is None
