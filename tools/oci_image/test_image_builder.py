import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import Json, compact
from tools.lib.oci.descriptor import CONFIG, LAYER, Descriptor, Digest, describe
from tools.lib.oci.image import Image, parse_image
from tools.lib.oci.image_options import ImageOptions
from tools.lib.oci.layer import Layer
from tools.oci_image.image_builder import build

LINUX = ImageOptions(os="linux", architecture="amd64")


def digest(letter: str) -> Digest:
    return Digest("sha256:" + 64 * letter)


def layer(
    letter: str, architecture: str | None = None, created: int | None = 1735689600
) -> tuple[str, Layer]:
    blob = Descriptor(LAYER + "+gzip", digest(letter), 10)
    return f"{letter}.layer.json", Layer(
        descriptor=blob,
        diff_id=digest(letter),
        architecture=architecture,
        created=created,
        created_by=f"//:{letter}",
    )


def image(
    options: ImageOptions, layers: Sequence[tuple[str, Layer]] = (), base: Image | None = None
) -> Image:
    config, manifest = build(options, layers, base)
    return parse_image(manifest, config, "base", "base config")


def run_config(image: Image) -> Json:
    """The `config` of the image's config."""
    return image.config.run.to_json()


def changed(base: Image, **fields: Any) -> Image:
    """The base with other fields in its config, as another tool might write it."""
    config = compact({**json.loads(base.config_data), **fields})
    manifest = json.loads(base.manifest_data)
    manifest["config"] = describe(CONFIG, config).to_json()
    return parse_image(compact(manifest), config, "base", "base config")


def test_the_documents_of_an_image() -> None:
    options = ImageOptions(
        os="linux",
        architecture="arm",
        variant="v7",
        user="65532",
        workdir="/home/nonroot",
        env={"PATH": "/usr/bin"},
        labels={"l": "1"},
        annotations={"a": "2"},
        entrypoint=("/bin/app",),
        cmd=("--help",),
        exposed_ports=("80/tcp",),
        volumes=("/data",),
    )
    config, manifest = build(options, [layer("a", "arm", 0), layer("b", None, 1735689600)], None)
    assert json.loads(config) == {
        "architecture": "arm",
        "config": {
            "Cmd": ["--help"],
            "Entrypoint": ["/bin/app"],
            "Env": ["PATH=/usr/bin"],
            "ExposedPorts": {"80/tcp": {}},
            "Labels": {"l": "1"},
            "User": "65532",
            "Volumes": {"/data": {}},
            "WorkingDir": "/home/nonroot",
        },
        "created": "2025-01-01T00:00:00Z",
        "history": [
            {"created": "1970-01-01T00:00:00Z", "created_by": "//:a"},
            {"created": "2025-01-01T00:00:00Z", "created_by": "//:b"},
        ],
        "os": "linux",
        "rootfs": {"diff_ids": [digest("a"), digest("b")], "type": "layers"},
        "variant": "v7",
    }
    gzip = "application/vnd.oci.image.layer.v1.tar+gzip"
    assert json.loads(manifest) == {
        "annotations": {"a": "2"},
        "config": {
            "digest": "sha256:490f6e08523b29656a9dc9e569a5a6c911863b8faf39adfab7821f3827554073",
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "size": len(config),
        },
        "layers": [
            {"digest": digest("a"), "mediaType": gzip, "size": 10},
            {"digest": digest("b"), "mediaType": gzip, "size": 10},
        ],
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "schemaVersion": 2,
    }


def test_options_that_are_not_given_are_not_written() -> None:
    config, manifest = build(LINUX, [], None)
    assert config == (
        b'{"architecture":"amd64","config":{},"os":"linux","rootfs":{"diff_ids":[],"type":"layers"}}'
    )
    assert set(json.loads(manifest)) == {"schemaVersion", "mediaType", "config", "layers"}


def test_an_entrypoint_removes_the_cmd_of_the_base_unless_cmd_is_given() -> None:
    base = image(replace(LINUX, entrypoint=("/old",), cmd=("-c",)))
    assert run_config(image(ImageOptions(), base=base)) == {"Entrypoint": ["/old"], "Cmd": ["-c"]}
    assert run_config(image(ImageOptions(entrypoint=("/new",)), base=base)) == {
        "Entrypoint": ["/new"]
    }
    assert run_config(image(ImageOptions(entrypoint=("/new",), cmd=("x",)), base=base)) == {
        "Entrypoint": ["/new"],
        "Cmd": ["x"],
    }
    assert run_config(image(ImageOptions(cmd=("x",)), base=base)) == {
        "Entrypoint": ["/old"],
        "Cmd": ["x"],
    }
    assert run_config(image(ImageOptions(entrypoint=()), base=base)) == {}


def test_labels_ports_volumes_and_annotations_are_merged_with_the_base() -> None:
    base = image(
        replace(
            LINUX,
            labels={"a": "1", "b": "1"},
            annotations={"a": "1", "b": "1"},
            exposed_ports=("80",),
            volumes=("/a",),
        )
    )
    derived = image(
        ImageOptions(
            labels={"b": "2"}, annotations={"b": "2"}, exposed_ports=("81/udp",), volumes=("/b",)
        ),
        base=base,
    )
    assert derived.manifest.annotations == {"a": "1", "b": "2"}
    assert run_config(derived) == {
        "Labels": {"a": "1", "b": "2"},
        "ExposedPorts": {"80": {}, "81/udp": {}},
        "Volumes": {"/a": {}, "/b": {}},
    }


def test_what_annotations_say_of_the_base_is_not_said_of_the_image() -> None:
    base = image(
        replace(
            LINUX,
            annotations={"org.opencontainers.image.title": "base", "org.example": "1"},
            base_name="",
        )
    )
    derived = image(ImageOptions(base_name="registry.example/base:1"), base=base)
    assert derived.manifest.annotations == {
        "org.example": "1",
        "org.opencontainers.image.base.name": "registry.example/base:1",
        "org.opencontainers.image.base.digest": base.descriptor().digest,
    }


def test_annotation_with_the_time_of_creation() -> None:
    options = replace(LINUX, annotate_created=True)
    key = "org.opencontainers.image.created"
    dated = image(options, [layer("a", created=1735689600)])
    assert dated.manifest.annotations == {key: "2025-01-01T00:00:00Z"}
    assert dated.config.created == "2025-01-01T00:00:00Z"
    assert image(options).manifest.annotations == {}
    given = image(replace(options, annotations={key: "2020-01-01T00:00:00Z"}))
    assert given.manifest.annotations == {key: "2020-01-01T00:00:00Z"}


def test_name_of_a_base_that_is_missing() -> None:
    with pytest.raises(ToolError, match="base_name is set, but there is no base"):
        image(replace(LINUX, base_name="x"))


def test_unknown_fields_of_the_base_are_kept_and_its_layers_come_first() -> None:
    base = image(LINUX, [layer("a")])
    foreign = {"StopSignal": "SIGINT", "Healthcheck": {"Test": ["NONE"]}, "OnBuild": None}
    base = changed(base, author="me", config=foreign)
    derived = image(ImageOptions(user="1"), [layer("b")], base)
    assert derived.config.other == {"author": "me"}
    assert run_config(derived) == {**foreign, "User": "1"}
    assert [item.digest for item in derived.manifest.layers] == [digest("a"), digest("b")]
    assert derived.config.diff_ids == (digest("a"), digest("b"))
    assert [entry.created_by for entry in derived.config.history] == ["//:a", "//:b"]


def test_an_image_on_a_docker_base_is_an_oci_image() -> None:
    base = image(LINUX, [layer("a")])
    manifest = json.loads(base.manifest_data)
    manifest["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json"
    manifest["config"]["mediaType"] = "application/vnd.docker.container.image.v1+json"
    manifest["layers"][0]["mediaType"] = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    docker = parse_image(compact(manifest), base.config_data, "base", "base config")
    assert build(ImageOptions(), [layer("b")], docker) == build(ImageOptions(), [layer("b")], base)


def test_layers_that_are_missing_from_the_history_of_the_base_get_an_entry() -> None:
    base = image(LINUX, [layer("a"), layer("b")])
    known = [{"created_by": "RUN true"}, {"created_by": "CMD x", "empty_layer": True}]
    derived = image(ImageOptions(), [layer("c")], changed(base, history=known))
    assert json.loads(derived.config_data)["history"] == [
        *known,
        {"comment": "not told by the base image"},
        {"created": "2025-01-01T00:00:00Z", "created_by": "//:c"},
    ]


@pytest.mark.parametrize(
    ("base_created", "layer_created", "expected"),
    [
        ("2024-12-31T23:59:59.5Z", 1735689600, "2025-01-01T00:00:00Z"),
        ("2025-01-01T01:30:00.123456789+01:00", 1735689600, "2025-01-01T01:30:00.123456789+01:00"),
        ("2025-01-01T01:30:00+02:00", 1735689600, "2025-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", None, "0001-01-01T00:00:00Z"),
        (None, 1735689600, "2025-01-01T00:00:00Z"),
    ],
)
def test_created_is_the_newest_of_the_layers_and_the_base(
    base_created: str | None, layer_created: int | None, expected: str
) -> None:
    base = changed(image(LINUX), created=base_created)
    derived = image(ImageOptions(), [layer("a", created=layer_created)], base)
    assert derived.config.created == expected


def test_created_as_given_changes_no_history() -> None:
    derived = image(replace(LINUX, created="2030-01-01T00:00:00Z"), [layer("a")])
    assert derived.config.created == "2030-01-01T00:00:00Z"
    assert derived.config.history[0].created == "2025-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("package", "label", "named"),
    [("libc6 2.36-9", "//:a", "libc6 2.36-9"), ("", "//:a", "//:a"), ("", "", "a.layer.json")],
)
def test_a_layer_of_another_architecture_is_an_error(package: str, label: str, named: str) -> None:
    path, other = layer("a", "arm64")
    other = replace(other, created_by=label, architecture_owner=package)
    with pytest.raises(ToolError, match=rf"^{named} is for arm64, the image for amd64 \(hint: "):
        build(LINUX, [layer("b", "amd64"), (path, other)], None)


@pytest.mark.parametrize("options", [LINUX, ImageOptions(variant="v8")])
def test_a_platform_and_a_base_exclude_each_other(options: ImageOptions) -> None:
    with pytest.raises(ToolError, match="that of the base, linux/amd64"):
        build(options, [], image(LINUX))


@pytest.mark.parametrize(
    ("options", "missing"),
    [(replace(LINUX, os=""), "os"), (replace(LINUX, architecture=""), "architecture")],
)
def test_a_platform_is_needed_without_a_base(options: ImageOptions, missing: str) -> None:
    with pytest.raises(ToolError, match=f"no base, and {missing} is missing"):
        build(options, [], None)


def test_an_invalid_config_of_the_base_is_an_error() -> None:
    with pytest.raises(ToolError, match=r"base config: config.Env: must be a list, not 'A=1'"):
        build(ImageOptions(env={"A": "2"}), [], changed(image(LINUX), config={"Env": "A=1"}))
