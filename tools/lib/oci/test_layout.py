import json
from pathlib import Path
from typing import Any

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import Json, compact
from tools.lib.oci.documents import CONFIG, INDEX, MANIFEST, Descriptor, describe
from tools.lib.oci.layout import read_platform, run_config, select_image


def blob(layout: Path, media_type: str, document: Json, **other: Any) -> Descriptor:
    data = compact(document)
    descriptor = describe(media_type, data, other)
    path = layout / "blobs" / descriptor.digest.replace(":", "/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return descriptor


def image(layout: Path, architecture: str, variant: str = "", **config: Any) -> Descriptor:
    fields = {"os": "linux", "architecture": architecture, "config": config}
    named = blob(layout, CONFIG, fields | ({"variant": variant} if variant else {}))
    return blob(layout, MANIFEST, {"config": named.to_json(), "layers": []})


def index(layout: Path, *descriptors: Descriptor) -> Descriptor:
    return blob(layout, INDEX, {"manifests": [each.to_json() for each in descriptors]})


def write(layout: Path, *descriptors: Descriptor) -> str:
    """Writes an index.json, as leniently as others do: it has but manifests."""
    document = {"manifests": [each.to_json() for each in descriptors]}
    (layout / "index.json").write_text(json.dumps(document))
    return str(layout)


def test_the_one_image_needs_no_platform(tmp_path: Path) -> None:
    layout = write(tmp_path, image(tmp_path, "arm64", "v8"))
    assert str(select_image(layout, None).platform) == "linux/arm64/v8"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("linux/amd64", "linux/amd64"),
        ("linux/arm64", "linux/arm64/v8"),
        ("linux/arm64/v8", "linux/arm64/v8"),
        ("linux/arm/v7", "linux/arm"),  # arm is read as v7
        ("linux/arm/v6", "linux/arm/v6"),
    ],
)
def test_images_are_chosen_by_their_configs_platform(
    tmp_path: Path, wanted: str, found: str
) -> None:
    # Indexes in indexes, and one image named twice.
    amd64 = image(tmp_path, "amd64")
    arms = index(tmp_path, image(tmp_path, "arm"), image(tmp_path, "arm", "v6"))
    layout = write(tmp_path, amd64, index(tmp_path, arms, image(tmp_path, "arm64", "v8")), amd64)
    assert str(select_image(layout, read_platform(wanted)).platform) == found


def test_what_buildx_stores_beside_images_is_none(tmp_path: Path) -> None:
    attestation = image(tmp_path, "unknown", User="attestation")
    unknown = attestation._replace(other={"platform": {"os": "unknown", "architecture": "unknown"}})
    assert select_image(write(tmp_path, image(tmp_path, "amd64"), unknown), None)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (None, "the layout has several images (hint: name a platform: linux/arm/v6, linux/arm)"),
        ("linux/arm", "several images for linux/arm (hint: the layout has: linux/arm/v6,"),
        ("linux/386", "no image for linux/386 (hint: the layout has: linux/arm/v6, linux/arm)"),
    ],
)
def test_a_choice_that_is_none_tells_what_there_is(
    tmp_path: Path, wanted: str | None, message: str
) -> None:
    layout = write(tmp_path, image(tmp_path, "arm", "v6"), image(tmp_path, "arm"))
    with pytest.raises(ToolError) as error:
        select_image(layout, read_platform(wanted) if wanted else None)
    assert f"{layout}: {message}" in str(error.value)


@pytest.mark.parametrize("text", ["", "linux", "linux/", "/amd64", "linux/arm/v7/x"])
def test_what_is_no_platform(text: str) -> None:
    with pytest.raises(ToolError, match="is not a platform"):
        read_platform(text)


def test_layouts_that_are_none_or_damaged(tmp_path: Path) -> None:
    def error(of: str) -> str:
        with pytest.raises(ToolError) as raised:
            select_image(of, None)
        return str(raised.value)

    (tmp_path / "file").touch()
    for path in (tmp_path / "gone", tmp_path, tmp_path / "file"):
        assert "not an OCI image layout: it has no index.json" in error(str(path))
    assert "the layout has no image" in error(write(tmp_path))
    descriptor = image(tmp_path, "amd64")
    layout = write(tmp_path, descriptor)
    path = tmp_path / "blobs" / descriptor.digest.replace(":", "/")
    data = path.read_bytes()
    path.write_bytes(data + b" ")
    assert f"{path}: the content does not have the digest of its name" in error(layout)
    path.unlink()
    assert f"blob {descriptor.digest} is not in the layout" in error(layout)
    deep = image(tmp_path, "amd64")
    for _ in range(20):
        deep = index(tmp_path, deep)
    assert "indexes are nested deeper than 8" in error(write(tmp_path, deep))


def test_how_an_image_runs(tmp_path: Path) -> None:
    config: Json = {
        "Env": ["A=1=2", "B=", "A=3"],
        "Labels": {"l": "v"},
        "ExposedPorts": {"80/tcp": {}},
        "Volumes": {"/v": {}},
        "Entrypoint": ["/e"],
        "Cmd": None,
        "WorkingDir": "/w",
        "User": "u",
    }
    run = run_config(select_image(write(tmp_path, image(tmp_path, "amd64", **config)), None))
    assert run._asdict() == {
        "env": {"A": "3", "B": ""},
        "labels": {"l": "v"},
        "exposed_ports": ("80/tcp",),
        "volumes": ("/v",),
        "entrypoint": ("/e",),
        "cmd": (),
        "workdir": "/w",
        "user": "u",
    }
    bare = run_config(select_image(write(tmp_path, image(tmp_path, "amd64")), None))
    assert (bare.env, bare.cmd, bare.workdir, bare.user) == ({}, (), "", "")


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ({"Env": "A=1"}, ": config.Env: 'A=1', not a list"),
        ({"Env": [1]}, ": config.Env[0]: 1, not a text"),
        ({"Labels": {"l": 1}}, ": config.Labels['l']: 1, not a text"),
        ({"User": 0.5}, ": config.User: 0.5, not a text"),
    ],
)
def test_a_config_that_is_none_is_told_with_its_place(
    tmp_path: Path, config: Json, place: str
) -> None:
    found = select_image(write(tmp_path, image(tmp_path, "amd64", **config)), None)
    with pytest.raises(ToolError) as error:
        run_config(found)
    assert place in str(error.value)
