import json
from dataclasses import replace
from typing import Any

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import Json, compact
from tools.lib.oci.descriptor import Platform, digest_of
from tools.lib.oci.image_config import HistoryEntry, ImageConfig, RunConfig, parse_config

EMPTY = digest_of(b"")


def config(**fields: Any) -> bytes:
    return compact({"os": "linux", "architecture": "amd64", **fields})


def test_all_fields_of_a_config() -> None:
    data = config(
        variant="v2",
        created="2025-01-01T00:00:00Z",
        config={
            "Env": ["A=1=2", "B=", "A=3"],
            "Labels": {"l": "v"},
            "ExposedPorts": {"80/tcp": {}},
            "Volumes": {"/v": {}},
            "Entrypoint": ["/e"],
            "Cmd": ["c"],
            "WorkingDir": "/w",
            "User": "u",
        },
        rootfs={"type": "layers", "diff_ids": [EMPTY]},
        history=[{"created_by": "x", "created": "y"}, {"comment": "z", "empty_layer": True}],
    )
    parsed = parse_config(data, "c")
    assert parsed == ImageConfig(
        platform=Platform("linux", "amd64", "v2"),
        diff_ids=(EMPTY,),
        run=RunConfig(
            environment=("A=1=2", "B=", "A=3"),
            labels={"l": "v"},
            exposed_ports=("80/tcp",),
            volumes=("/v",),
            entrypoint=("/e",),
            cmd=("c",),
            workdir="/w",
            user="u",
        ),
        history=(
            HistoryEntry(created_by="x", created="y"),
            HistoryEntry(comment="z", empty_layer=True),
        ),
        created="2025-01-01T00:00:00Z",
    )
    assert parsed.run.env == {"A": "3", "B": ""}
    assert parsed.encode() == data


def test_unknown_null_and_empty_fields_are_written_as_they_were() -> None:
    data = config(
        author="",
        variant="",
        created=None,
        history=[],
        container_config={"Hostname": "x"},
        config={
            "Env": None,
            "Labels": {},
            "Volumes": None,
            "User": "",
            "Healthcheck": {"Test": ["NONE"]},
            "OnBuild": None,
        },
        rootfs={"type": "layers", "diff_ids": []},
    )
    assert parse_config(data, "c").encode() == data


def test_fields_that_are_set_replace_null_and_empty_ones() -> None:
    parsed = parse_config(config(created=None, config={"User": "", "Env": None}), "c")
    run = replace(parsed.run, user="1", environment=("A=1",))
    written = json.loads(replace(parsed, run=run, created="t").encode())
    assert (written["created"], written["config"]) == ("t", {"User": "1", "Env": ["A=1"]})


@pytest.mark.parametrize("empty", [None, []])
def test_an_empty_entrypoint_or_cmd_is_none(empty: object) -> None:
    parsed = parse_config(config(config={"Cmd": empty, "Entrypoint": empty}), "c")
    assert json.loads(parsed.encode())["config"] == {}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"os": ""}, "c: os: missing, must be a string"),
        ({"architecture": 1}, "c: architecture: must be a string, not 1"),
        ({"created": 1}, "c: created: must be a string, not 1"),
        ({"config": ["x"]}, "c: config: must be an object, not a list"),
        ({"config": {"Env": "A=1"}}, "c: config.Env: must be a list, not 'A=1'"),
        ({"config": {"Env": [1]}}, "c: config.Env[0]: must be a string, not 1"),
        ({"config": {"Labels": {"l": 1}}}, "c: config.Labels['l']: must be a string, not 1"),
        ({"config": {"User": 0.5}}, "c: config.User: must be a string, not 0.5"),
        ({"config": {"Volumes": ["/a"]}}, "c: config.Volumes: must be an object, not a list"),
        ({"config": {"Env": ["A=\0"]}}, "c: config.Env: 'A=\\x00' contains a NUL"),
        ({"config": {"User": "\0"}}, "c: config.User: '\\x00' contains a NUL"),
        ({"config": {"Volumes": {"/\0": {}}}}, "c: config.Volumes: '/\\x00' contains a NUL"),
        ({"rootfs": {"diff_ids": ["x"]}}, "c: rootfs.diff_ids[0]: 'x' is not sha256:"),
        ({"history": [1]}, "c: history[0]: must be an object, not 1"),
        ({"history": [{"empty_layer": 1}]}, "c: history[0].empty_layer: must be true or false"),
    ],
)
def test_an_invalid_config_is_an_error(fields: Json, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse_config(config(**fields), "c")
    assert str(caught.value).startswith(message)
