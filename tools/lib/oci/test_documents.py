from pathlib import Path
from typing import Any

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import MAX_DOCUMENT, Json, compact, parse_object, read_document
from tools.lib.oci.documents import (
    CONFIG,
    LAYER,
    Descriptor,
    Digest,
    Platform,
    describe,
    parse_digest,
    parse_image,
    parse_index,
    parse_manifest,
    parse_platform,
)

EMPTY = Digest("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
CONFIG_DATA = b'{"architecture":"amd64","os":"linux","rootfs":{"diff_ids":[],"type":"layers"}}'


def manifest(**changes: Any) -> bytes:
    fields = {"schemaVersion": 2, "config": describe(CONFIG, CONFIG_DATA, {}).to_json()}
    return compact({**fields, **changes})


def test_documents_are_compact_json_without_a_newline() -> None:
    assert compact({"b": [1, {"ü": None}], "a": "x"}) == '{"a":"x","b":[1,{"ü":null}]}'.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"a":NaN}',
        b"[" * 200_000,
        b'{"a":' + b"1" * 10_000 + b"}",
    ],
)
def test_a_document_that_is_no_json_object_is_told_with_its_place(data: bytes) -> None:
    with pytest.raises(ToolError, match=r"^here: "):
        parse_object(data, "here")


def test_half_a_surrogate_pair_is_an_error_and_not_a_crash() -> None:
    with pytest.raises(ToolError, match="surrogate"):
        compact(parse_object(rb'{"a":"\ud800"}', "here"))


def test_a_document_beyond_the_limit_of_registries_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    path.write_bytes(b" " * (MAX_DOCUMENT + 1))
    with pytest.raises(ToolError, match=r"big\.json: larger than 4 MiB"):
        read_document(str(path))


@pytest.mark.parametrize(
    "digest",
    [None, "", "sha256:../../etc/passwd", EMPTY.upper(), EMPTY[:-1], EMPTY + "\n", "sha512:00", 7],
)
def test_a_digest_can_never_be_a_path_of_its_own(digest: object) -> None:
    with pytest.raises(ToolError, match=r"^here: "):
        parse_digest(digest, "here")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"config": None}, "m: config: missing, not an object"),
        ({"layers": [{}]}, r"m: layers\[0\]\.mediaType: missing"),
        ({"layers": [{"mediaType": LAYER, "digest": EMPTY, "size": -1}]}, r"layers\[0\]\.size: -1"),
        ({"layers": [{"mediaType": LAYER, "digest": EMPTY, "size": True}]}, r"size: True"),
        ({"manifests": []}, "m: not an image manifest"),
        ({"mediaType": ["x"]}, "m: mediaType: "),
        ({"annotations": {"a": 1}}, r"m: annotations\['a'\]: 1, not a text"),
        (
            {"config": {"mediaType": "application/vnd.cncf.helm", "digest": EMPTY, "size": 0}},
            "m: not a container image: its config is 'application/vnd.cncf.helm'",
        ),
    ],
)
def test_faults_of_a_manifest_are_told_with_their_place(changes: Json, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        parse_manifest(manifest(**changes), "m")


def test_docker_s_manifests_are_read_with_oci_s_media_types() -> None:
    docker = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    data = manifest(
        mediaType="application/vnd.docker.distribution.manifest.v2+json",
        layers=[{"mediaType": docker, "digest": EMPTY, "size": 0}],
    )
    assert parse_manifest(data, "m").layers == (Descriptor(LAYER + "+gzip", EMPTY, 0, {}),)


def test_an_index_with_fields_of_a_manifest_means_two_things_and_is_refused() -> None:
    with pytest.raises(ToolError, match=r"^i: not an image index"):
        parse_index(b'{"manifests":[],"layers":[]}', "i")


def test_a_config_of_another_image_is_refused() -> None:
    with pytest.raises(ToolError, match=r"^c: not the config of m"):
        parse_image(manifest(), CONFIG_DATA.replace(b"amd64", b"arm64"), "m", "c")


def test_layers_and_diff_ids_must_be_as_many() -> None:
    layers = [{"mediaType": LAYER, "digest": EMPTY, "size": 0}]
    with pytest.raises(ToolError, match=r"^m: 1 layers, its config has 0 diff_ids"):
        parse_image(manifest(layers=layers), CONFIG_DATA, "m", "c")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("arm64", None), ("arm64", "v8"), True),
        (("arm", None), ("arm", "v7"), True),
        (("arm", "v6"), ("arm", "v7"), False),
        (("amd64", None), ("amd64", "v1"), True),
        (("amd64", None), ("amd64", "v3"), False),
    ],
)
def test_platforms_that_clients_hold_for_equal_are_equal(
    one: tuple[str, str | None], other: tuple[str, str | None], same: bool
) -> None:
    first, second = (Platform("linux", *names, None, ()).normal() for names in (one, other))
    assert (first == second) is same


def test_a_platform_keeps_what_windows_images_tell() -> None:
    fields = {"os": "windows", "architecture": "amd64", "os.version": "10.0", "os.features": ["x"]}
    assert parse_platform(fields, "c").to_json() == fields
