import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import Json, compact
from tools.lib.oci.documents import (
    CONFIG,
    LAYER,
    Descriptor,
    Digest,
    Image,
    describe,
    parse_image,
)
from tools.lib.oci.layer import Layer
from tools.oci_image.core import build, expand
from tools.oci_image.settings import Settings

NOTHING = Settings("", "", "", "", "", {}, {}, {}, None, None, [], [], "")
LINUX = NOTHING._replace(os="linux", architecture="amd64")


def digest(letter: str) -> Digest:
    return Digest("sha256:" + 64 * letter)


def layer(
    letter: str, architecture: str | None = None, created: int | None = 1735689600
) -> tuple[str, Layer]:
    blob = Descriptor(LAYER + "+gzip", digest(letter), 10, {})
    return f"{letter}.layer.json", Layer(
        descriptor=blob,
        diff_id=digest(letter),
        architecture=architecture,
        created=created,
        created_by=f"//:{letter}",
    )


def image(
    settings: Settings, layers: Sequence[tuple[str, Layer]] = (), base: Image | None = None
) -> Image:
    config, manifest = build(settings, layers, base)
    return parse_image(manifest, config, "base", "base config")


def run_config(image: Image) -> Json:
    run: Json = image.config["config"]
    return run


def changed(base: Image, **fields: Any) -> Image:
    """The base with other fields in its config, as another tool would have written it."""
    config = compact({**base.config, **fields})
    manifest = json.loads(base.manifest_data)
    manifest["config"] = describe(CONFIG, config, {}).to_json()
    return parse_image(compact(manifest), config, "base", "base config")


def test_an_image_is_exactly_these_two_documents() -> None:
    settings = Settings(
        os="linux",
        architecture="arm",
        variant="v7",
        user="65532",
        workdir="/home/nonroot",
        env={"PATH": "/usr/bin"},
        labels={"l": "1"},
        annotations={"a": "2"},
        entrypoint=["/bin/app"],
        cmd=["--help"],
        exposed_ports=["80/tcp"],
        volumes=["/data"],
        created="",
    )
    config, manifest = build(settings, [layer("a", "arm", 0), layer("b", None, 1735689600)], None)
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


def test_what_is_not_given_is_not_written() -> None:
    config, manifest = build(LINUX, [], None)
    assert config == (
        b'{"architecture":"amd64","config":{},"os":"linux","rootfs":{"diff_ids":[],"type":"layers"}}'
    )
    assert set(json.loads(manifest)) == {"schemaVersion", "mediaType", "config", "layers"}


@pytest.mark.parametrize(
    ("env", "added", "expected"),
    [
        (["PATH=/bin"], {"PATH": "/opt:$PATH"}, ["PATH=/opt:/bin"]),
        (["A=1", "B=2"], {"A": "${B}x", "C": "$A"}, ["A=2x", "B=2", "C=2x"]),
        ([], {"A": "-$NONE${NONE}-"}, ["A=--"]),
        ([], {"A": "$", "B": "$-", "C": "100%", "D": "${A"}, ["A=$", "B=$-", "C=100%", "D=${A"]),
        (["A=b=c"], {"B": "$A"}, ["A=b=c", "B=b=c"]),
        (["X=$Y"], {"Z": "$X"}, ["X=$Y", "Z=$Y"]),
    ],
)
def test_env_values_see_the_base_s_variables_and_those_before(
    env: list[str], added: dict[str, str], expected: list[str]
) -> None:
    assert expand(env, added) == expected


def test_an_entrypoint_clears_the_base_s_cmd_unless_cmd_is_given_too() -> None:
    base = image(LINUX._replace(entrypoint=["/old"], cmd=["-c"]))
    assert run_config(image(NOTHING, base=base)) == {"Entrypoint": ["/old"], "Cmd": ["-c"]}
    assert run_config(image(NOTHING._replace(entrypoint=["/new"]), base=base)) == {
        "Entrypoint": ["/new"]
    }
    assert run_config(image(NOTHING._replace(entrypoint=["/new"], cmd=["x"]), base=base)) == {
        "Entrypoint": ["/new"],
        "Cmd": ["x"],
    }
    assert run_config(image(NOTHING._replace(cmd=["x"]), base=base)) == {
        "Entrypoint": ["/old"],
        "Cmd": ["x"],
    }
    assert run_config(image(NOTHING._replace(entrypoint=[]), base=base)) == {}


def test_labels_ports_volumes_and_annotations_are_added_to_the_base_s() -> None:
    base = image(
        LINUX._replace(
            labels={"a": "1", "b": "1"},
            annotations={"a": "1", "b": "1"},
            exposed_ports=["80"],
            volumes=["/a"],
        )
    )
    derived = image(
        NOTHING._replace(
            labels={"b": "2"}, annotations={"b": "2"}, exposed_ports=["81/udp"], volumes=["/b"]
        ),
        base=base,
    )
    assert derived.manifest.annotations == {"a": "1", "b": "2"}
    assert run_config(derived) == {
        "Labels": {"a": "1", "b": "2"},
        "ExposedPorts": {"80": {}, "81/udp": {}},
        "Volumes": {"/a": {}, "/b": {}},
    }


def test_a_base_s_unknown_fields_stay_and_its_layers_come_first() -> None:
    base = image(LINUX, [layer("a")])
    foreign = {"StopSignal": "SIGINT", "Healthcheck": {"Test": ["NONE"]}, "OnBuild": None}
    base = changed(base, author="me", config=foreign)
    derived = image(NOTHING._replace(user="1"), [layer("b")], base)
    assert derived.config["author"] == "me"
    assert run_config(derived) == {**foreign, "User": "1"}
    assert [item.digest for item in derived.manifest.layers] == [digest("a"), digest("b")]
    assert derived.config["rootfs"]["diff_ids"] == [digest("a"), digest("b")]
    assert [item["created_by"] for item in derived.config["history"]] == ["//:a", "//:b"]


def test_an_image_on_a_docker_base_is_an_oci_image_throughout() -> None:
    base = image(LINUX, [layer("a")])
    manifest = json.loads(base.manifest_data)
    manifest["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json"
    manifest["config"]["mediaType"] = "application/vnd.docker.container.image.v1+json"
    manifest["layers"][0]["mediaType"] = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    docker = parse_image(compact(manifest), base.config_data, "base", "base config")
    assert build(NOTHING, [layer("b")], docker) == build(NOTHING, [layer("b")], base)


def test_layers_that_the_base_s_history_does_not_tell_get_an_entry() -> None:
    base = image(LINUX, [layer("a"), layer("b")])
    told = [{"created_by": "RUN true"}, {"created_by": "CMD x", "empty_layer": True}]
    derived = image(NOTHING, [layer("c")], changed(base, history=told))
    assert derived.config["history"] == [
        *told,
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
    derived = image(NOTHING, [layer("a", created=layer_created)], base)
    assert derived.config["created"] == expected


def test_created_as_given_wins_and_a_layer_s_history_stays() -> None:
    derived = image(LINUX._replace(created="2030-01-01T00:00:00Z"), [layer("a")])
    assert derived.config["created"] == "2030-01-01T00:00:00Z"
    assert derived.config["history"][0]["created"] == "2025-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("package", "label", "named"),
    [("libc6 2.36-9", "//:a", "libc6 2.36-9"), ("", "//:a", "//:a"), ("", "", "a.layer.json")],
)
def test_a_layer_of_another_architecture_is_named_with_both(
    package: str, label: str, named: str
) -> None:
    path, other = layer("a", "arm64")
    other = replace(other, created_by=label, architecture_owner=package)
    with pytest.raises(ToolError, match=rf"^{named} is for arm64, the image for amd64 \(hint: "):
        build(LINUX, [layer("b", "amd64"), (path, other)], None)


@pytest.mark.parametrize("settings", [LINUX, NOTHING._replace(variant="v8")])
def test_a_platform_beside_a_base_is_refused(settings: Settings) -> None:
    with pytest.raises(ToolError, match="that of the base, linux/amd64"):
        build(settings, [], image(LINUX))


@pytest.mark.parametrize(
    ("settings", "missing"),
    [(LINUX._replace(os=""), "os"), (LINUX._replace(architecture=""), "architecture")],
)
def test_a_platform_is_needed_without_a_base(settings: Settings, missing: str) -> None:
    with pytest.raises(ToolError, match=f"no base, and no {missing}"):
        build(settings, [], None)


def test_faults_of_a_base_s_config_are_told() -> None:
    with pytest.raises(ToolError, match=r"base: config.Env: 'A=1', not a list"):
        build(NOTHING._replace(env={"A": "2"}), [], changed(image(LINUX), config={"Env": "A=1"}))
