import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError, run
from tools.lib.data.json_values import Json
from tools.lib.oci.descriptor import (
    CONFIG,
    INDEX,
    LAYER,
    Descriptor,
    Digest,
    Platform,
    describe,
    digest_of,
)
from tools.lib.oci.image_config import ImageConfig
from tools.lib.oci.layer import Layer, write_layer
from tools.lib.oci.manifest import Index, Manifest
from tools.oci_layout.__main__ import main

NO_CONTENT = Digest("sha256:" + "0" * 64)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def layer(name: str) -> list[str]:
    """Writes a layer, read-only as a build system leaves it; returns its description and blob."""
    data = f"the bytes of {name}".encode()
    blob = describe(LAYER, data)
    with Path(f"{name}.layer.json").open("wb") as out:
        write_layer(Layer(descriptor=blob, diff_id=blob.digest), out)
    Path(name).write_bytes(data)
    Path(name).chmod(0o555)
    return [f"{name}.layer.json", name]


def image(name: str, *layers: Descriptor, architecture: str = "amd64") -> list[str]:
    """Writes an image; returns the flags that name it."""
    diff_ids = tuple(each.digest for each in layers)
    config = ImageConfig(Platform("linux", architecture), diff_ids).encode()
    Path(f"{name}.config").write_bytes(config)
    Path(f"{name}.manifest").write_bytes(Manifest(describe(CONFIG, config), layers).encode())
    return ["--manifest", f"{name}.manifest", "--config", f"{name}.config"]


def described(name: str) -> Descriptor:
    return describe(LAYER, Path(name).read_bytes())


def blob(name: str, layout: str = "out") -> Path:
    """The blob of a layout that has the bytes of a file."""
    return Path(layout, "blobs", digest_of(Path(name).read_bytes()).replace(":", "/"))


def root(layout: str = "out") -> Json:
    """The one descriptor of the layout's index.json."""
    index = json.loads(Path(layout, "index.json").read_bytes())
    assert (index["schemaVersion"], index["mediaType"]) == (2, INDEX)
    (descriptor,) = index["manifests"]
    found: Json = descriptor
    return found


def files(layout: str = "out") -> Iterator[Path]:
    return (path for path in Path(layout).rglob("*") if not path.is_dir())


def test_the_files_of_a_layout_of_one_image() -> None:
    a, b = layer("a"), layer("b")
    flags = image("i", described("a"), described("b"))
    assert main([*flags, "--layer", *a, "--copy-layer", *b, "--layout-out", "out"]) == 0
    assert Path("out/oci-layout").read_bytes() == b'{"imageLayoutVersion":"1.0.0"}'
    assert root() == {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": digest_of(Path("i.manifest").read_bytes()),
        "size": Path("i.manifest").stat().st_size,
        "platform": {"os": "linux", "architecture": "amd64"},
    }
    blobs = {blob(name) for name in ("a", "b", "i.manifest", "i.config")}
    assert set(files()) == {*blobs, Path("out/oci-layout"), Path("out/index.json")}
    assert blob("a").samefile("a")
    assert not blob("b").samefile("b")
    assert blob("b").read_bytes() == Path("b").read_bytes()


def test_a_layout_of_an_index_has_the_index_as_a_blob() -> None:
    flags = image("i", architecture="amd64") + image("j", architecture="arm64")
    manifests = tuple(describe("x", Path(f"{name}.manifest").read_bytes()) for name in "ij")
    Path("index").write_bytes(Index(manifests).encode())
    assert main([*flags, "--index", "index", "--ref", "cc:debian13", "--layout-out", "out"]) == 0
    assert root() == {
        "mediaType": INDEX,
        "digest": digest_of(Path("index").read_bytes()),
        "size": Path("index").stat().st_size,
        "annotations": {
            "io.containerd.image.name": "docker.io/library/cc:debian13",
            "org.opencontainers.image.ref.name": "debian13",
        },
    }
    assert all(blob(f"{name}.manifest").exists() for name in "ij")


def base_layout(name: str) -> list[str]:
    """A layout `base` whose one blob is the layer `name`; returns the flags of an image on it."""
    layer(name)
    Path("base/blobs/sha256").mkdir(parents=True)
    Path(name).rename(blob_of := blob(name, "base"))
    return [*image("i", describe(LAYER, blob_of.read_bytes())), "--layout", "base"]


def base_blob() -> Path:
    (found,) = Path("base/blobs/sha256").iterdir()
    return found


def test_layers_of_a_base_are_linked_from_its_layout() -> None:
    flags = base_layout("a")
    assert main([*flags, "--layout-out", "out"]) == 0
    assert Path("out", base_blob().relative_to("base")).samefile(base_blob())


def test_a_writable_file_of_a_base_is_copied() -> None:
    flags = base_layout("a")
    base_blob().chmod(0o644)
    assert main([*flags, "--layout-out", "out"]) == 0
    copy = Path("out", base_blob().relative_to("base"))
    assert copy.read_bytes() == base_blob().read_bytes()
    assert base_blob().stat().st_nlink == 1


@pytest.mark.parametrize("inputs", [["runfiles/a"], ["runfiles"], ["linked"]])
def test_a_symlink_to_an_input_is_followed(inputs: list[str]) -> None:
    """As in the layouts of rules_oci, whose blobs are symlinks to runfiles."""
    flags = base_layout("a")
    Path("runfiles").mkdir()
    Path("linked").symlink_to("runfiles/a")
    path = base_blob()
    path.rename("runfiles/a")
    path.symlink_to("../../../runfiles/a")
    flags += [f"--layout-file={each}" for each in inputs]
    assert main([*flags, "--layout-out", "out"]) == 0
    copy = Path("out", path.relative_to("base"))
    assert copy.samefile("runfiles/a")
    assert not copy.is_symlink()


def test_a_symlink_within_a_layout_is_followed() -> None:
    flags = base_layout("a")
    path = base_blob()
    path.rename("base/a")
    path.symlink_to("../../a")
    Path("base").rename("real")
    Path("base").symlink_to("real")
    assert main([*flags, "--layout-out", "out"]) == 0
    assert Path("out", path.relative_to("base")).samefile("real/a")


@pytest.mark.parametrize("mode", [0o444, 0o644])
def test_a_symlink_to_another_file_of_the_machine_is_an_error(mode: int) -> None:
    flags = base_layout("a")
    path = base_blob()
    path.rename("secret")
    Path("secret").chmod(mode)
    path.symlink_to(Path("secret").absolute())
    with pytest.raises(ToolError, match=r"a symlink to /.*/secret, which is not an input"):
        main([*flags, "--layout-out", "out"])
    assert Path("secret").stat().st_nlink == 1
    assert not Path("out").exists()


@pytest.mark.parametrize("mode", [0o444, 0o644])
def test_a_blob_with_another_digest_is_an_error(mode: int) -> None:
    flags = base_layout("a")
    path = base_blob()
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(b"E" * len(data))
    path.chmod(mode)
    with pytest.raises(ToolError, match=rf"{path.name}: corrupt blob: its sha256 is "):
        main([*flags, "--layout-out", "out"])
    path.chmod(0o644)
    path.write_bytes(data + b"E")
    with pytest.raises(ToolError, match="corrupt blob: 15 bytes instead of 14"):
        main([*flags, "--layout-out", "out"])
    assert not list(Path().glob("out*"))


def test_a_blob_that_is_no_file_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    flags = base_layout("a")
    path = base_blob()
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ToolError, match="not a regular file"):
        main([*flags, "--layout-out", "out"])
    path.unlink()
    path.symlink_to("nowhere")
    assert run(main, ["oci_layout", *flags, "--layout-out", "out"]) == 1
    assert "nowhere: No such file or directory" in capsys.readouterr().err


def test_of_several_bases_each_has_its_layers() -> None:
    flags = base_layout("a")
    Path("base").rename("other")
    flags = [*base_layout("b"), "--layout", "other"]
    both = tuple(describe(LAYER, path.read_bytes()) for path in Path().glob("*/blobs/sha256/*"))
    assert main([*image("i", *both), *flags[4:], "--layout-out", "out"]) == 0


@pytest.mark.parametrize("code", [errno.EXDEV, errno.EPERM, errno.EMLINK])
def test_files_that_cannot_be_linked_are_copied(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(source: str, path: str) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", link)
    a = layer("a")
    assert main([*image("i", described("a")), "--layer", *a, "--layout-out", "out"]) == 0
    assert blob("a").read_bytes() == Path("a").read_bytes()


def test_a_missing_layer_is_an_error_and_nothing_is_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    a, gone = layer("a"), Descriptor(LAYER, NO_CONTENT, 1)
    flags = image("i", described("a"), gone)
    assert run(main, ["oci_layout", *flags, "--layer", *a, "--layout-out", "out"]) == 1
    assert f"error: i.manifest: layer {NO_CONTENT} is missing" in capsys.readouterr().err
    assert not list(Path().glob("out*"))


def test_a_layer_that_may_not_be_redistributed_can_be_missing() -> None:
    foreign = Descriptor(LAYER, NO_CONTENT, 1, urls=("https://example.org/layer",))
    assert main([*image("i", foreign), "--layout-out", "out"]) == 0


def test_a_blob_of_another_size_is_an_error() -> None:
    a, flags = layer("a"), image("i", described("a"))
    Path("a").unlink()
    Path("a").write_bytes(b"changed since")
    with pytest.raises(ToolError, match=r"a: 13 bytes, but layer sha256:[0-9a-f]{64} has 14"):
        main([*flags, "--layer", *a, "--layout-out", "out"])


def test_a_missing_image_of_the_index_is_an_error() -> None:
    gone = Descriptor("x", NO_CONTENT, 1)
    Path("index").write_bytes(Index((gone,)).encode())
    with pytest.raises(ToolError, match=rf"^index: manifest {NO_CONTENT} is missing"):
        main([*image("i"), "--index", "index", "--layout-out", "out"])


def test_several_images_need_an_index() -> None:
    with pytest.raises(ToolError, match=r"^2 images need an index"):
        main([*image("i"), *image("j"), "--layout-out", "out"])


def test_the_output_may_be_an_empty_directory_only() -> None:
    Path("out").mkdir()
    assert main([*image("i"), "--layout-out", "out"]) == 0
    with pytest.raises(ToolError, match=r"^out: exists and is not empty"):
        main([*image("i"), "--layout-out", "out"])
    assert [path.name for path in Path().glob("out*")] == ["out"]


def test_leftovers_of_a_killed_process_are_removed() -> None:
    left = Path(f"out.{os.getpid()}.partial/blobs/sha256")
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"")
    assert main([*image("i"), "--layout-out", "out"]) == 0
    assert sorted(path.name for path in files()) == sorted(
        [blob("i.manifest").name, blob("i.config").name, "index.json", "oci-layout"]
    )


def test_a_name_without_a_tag_is_latest() -> None:
    assert main([*image("i"), "--ref=example.com/app", "--layout-out", "out"]) == 0
    assert root()["annotations"] == {
        "io.containerd.image.name": "example.com/app:latest",
        "org.opencontainers.image.ref.name": "latest",
    }


@pytest.mark.parametrize("ref", ["a b", "-x", "a//b", "x\n", "A", f"a@{NO_CONTENT}"])
def test_an_invalid_name_is_an_error(ref: str) -> None:
    with pytest.raises(ToolError, match=r"image name "):
        main([*image("i"), "--ref=" + ref, "--layout-out", "out"])
