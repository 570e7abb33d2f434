import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError, run
from tools.lib.data.json_values import Json, compact
from tools.lib.oci.documents import (
    CONFIG,
    INDEX,
    LAYER,
    Descriptor,
    Digest,
    describe,
    digest_of,
)
from tools.lib.oci.layer import Layer, write_layer
from tools.oci_layout.__main__ import main

NO_CONTENT = Digest("sha256:" + "0" * 64)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def layer(name: str) -> list[str]:
    """Writes a layer, read-only as a build system leaves it; returns its description and blob."""
    data = f"the bytes of {name}".encode()
    blob = describe(LAYER, data, {})
    with open(f"{name}.layer.json", "wb") as out:
        write_layer(Layer(descriptor=blob, diff_id=blob.digest, created_by=name), out)
    Path(name).write_bytes(data)
    Path(name).chmod(0o555)
    return [f"{name}.layer.json", name]


def image(name: str, *layers: Descriptor, architecture: str = "amd64") -> list[str]:
    """Writes an image; returns the flags that name it."""
    diff_ids = [item.digest for item in layers]
    config = {"os": "linux", "architecture": architecture, "rootfs": {"diff_ids": diff_ids}}
    Path(f"{name}.config").write_bytes(compact(config))
    manifest = {
        "schemaVersion": 2,
        "config": describe(CONFIG, compact(config), {}).to_json(),
        "layers": [item.to_json() for item in layers],
    }
    Path(f"{name}.manifest").write_bytes(compact(manifest))
    return ["--manifest", f"{name}.manifest", "--config", f"{name}.config"]


def described(name: str) -> Descriptor:
    return describe(LAYER, Path(name).read_bytes(), {})


def blob(name: str, layout: str = "out") -> Path:
    """Where the layout has a file's bytes."""
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


def test_a_layout_of_one_image_is_exactly_these_files() -> None:
    a, b = layer("a"), layer("b")
    flags = image("i", described("a"), described("b"))
    assert main([*flags, "--layer", *a, "--copied-layer", *b, "--output", "out"]) == 0
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
    manifests = [describe("x", Path(f"{name}.manifest").read_bytes(), {}) for name in "ij"]
    Path("index").write_bytes(compact({"manifests": [item.to_json() for item in manifests]}))
    assert main([*flags, "--index", "index", "--ref", "latest", "--output", "out"]) == 0
    assert root() == {
        "mediaType": INDEX,
        "digest": digest_of(Path("index").read_bytes()),
        "size": Path("index").stat().st_size,
        "annotations": {"org.opencontainers.image.ref.name": "latest"},
    }
    assert all(blob(f"{name}.manifest").exists() for name in "ij")


def test_layers_of_a_base_are_taken_from_its_layout_as_regular_files() -> None:
    layer("a")
    Path("base/blobs/sha256").mkdir(parents=True)
    blob("a", "base").symlink_to("../../../a")
    assert main([*image("i", described("a")), "--layout", "base", "--output", "out"]) == 0
    assert not blob("a").is_symlink()
    assert blob("a").samefile("a")


def test_a_base_s_file_that_may_be_written_is_the_user_s_and_is_copied() -> None:
    layer("a")
    Path("base/blobs/sha256").mkdir(parents=True)
    Path("a").chmod(0o644)
    Path("a").rename(path := blob("a", "base"))
    flags = image("i", describe(LAYER, path.read_bytes(), {}))
    assert main([*flags, "--layout", "base", "--output", "out"]) == 0
    assert path.stat().st_nlink == 1


@pytest.mark.parametrize("code", [errno.EXDEV, errno.EPERM, errno.EMLINK])
def test_where_no_link_can_be_made_the_bytes_are_copied(
    code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(source: str, path: str) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", link)
    a = layer("a")
    assert main([*image("i", described("a")), "--layer", *a, "--output", "out"]) == 0
    assert blob("a").read_bytes() == Path("a").read_bytes()


def test_a_missing_layer_is_named_by_its_digest_and_nothing_is_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    a, gone = layer("a"), Descriptor(LAYER, NO_CONTENT, 1, {})
    flags = image("i", described("a"), gone)
    assert run(main, ["oci_layout", *flags, "--layer", *a, "--output", "out"]) == 1
    assert f"error: i.manifest: layer {NO_CONTENT} is missing" in capsys.readouterr().err
    assert not list(Path().glob("out*"))


def test_a_layer_that_others_forbid_to_pass_on_may_be_missing() -> None:
    foreign = Descriptor(LAYER, NO_CONTENT, 1, {"urls": ["https://example.org/layer"]})
    assert main([*image("i", foreign), "--output", "out"]) == 0


def test_a_blob_of_another_size_is_an_error() -> None:
    a, flags = layer("a"), image("i", described("a"))
    Path("a").unlink()
    Path("a").write_bytes(b"changed since")
    with pytest.raises(ToolError, match=r"a: 13 bytes, but layer sha256:[0-9a-f]{64} has 14"):
        main([*flags, "--layer", *a, "--output", "out"])


def test_an_image_that_the_index_names_and_nobody_brought_is_named() -> None:
    gone = Descriptor("x", NO_CONTENT, 1, {})
    Path("index").write_bytes(compact({"manifests": [gone.to_json()]}))
    with pytest.raises(ToolError, match=rf"^index: manifest {NO_CONTENT} is missing"):
        main([*image("i"), "--index", "index", "--output", "out"])


def test_without_an_index_there_is_one_image() -> None:
    with pytest.raises(ToolError, match=r"^2 images and no index"):
        main([*image("i"), *image("j"), "--output", "out"])


def test_an_empty_directory_is_filled_and_another_is_left_alone() -> None:
    Path("out").mkdir()
    assert main([*image("i"), "--output", "out"]) == 0
    with pytest.raises(ToolError, match=r"^out: exists and is not empty"):
        main([*image("i"), "--output", "out"])
    assert [path.name for path in Path().glob("out*")] == ["out"]


def test_what_a_killed_run_left_is_no_part_of_the_layout() -> None:
    left = Path(f"out.{os.getpid()}.partial/blobs/sha256")
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"")
    assert main([*image("i"), "--output", "out"]) == 0
    assert sorted(path.name for path in files()) == sorted(
        [blob("i.manifest").name, blob("i.config").name, "index.json", "oci-layout"]
    )


@pytest.mark.parametrize("ref", ["a b", "-x", "a//b", "x\n"])
def test_a_ref_that_no_client_could_name_is_refused(ref: str) -> None:
    with pytest.raises(ToolError, match=r"--ref .*: not a name"):
        main([*image("i"), "--ref=" + ref, "--output", "out"])
