from typing import Any

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import Json, compact
from tools.lib.oci.descriptor import CONFIG, INDEX, LAYER, MANIFEST, Platform, describe
from tools.lib.oci.manifest import (
    Index,
    Manifest,
    NotAnImageError,
    parse_index,
    parse_manifest,
)

DOCUMENT = Manifest(
    config=describe(CONFIG, b"{}"),
    layers=(describe(LAYER, b"a"), describe(LAYER, b"b")),
    annotations={"a": "b"},
)


def manifest(**changes: Any) -> bytes:
    return compact({"config": describe(CONFIG, b"{}").to_json(), **changes})


def test_a_manifest_is_read_as_it_was_written() -> None:
    assert parse_manifest(DOCUMENT.encode(), "m") == DOCUMENT
    bare = Manifest(DOCUMENT.config, ())
    assert parse_manifest(manifest(), "m") == bare
    assert b"annotations" not in bare.encode()


def test_an_index_is_read_as_it_was_written() -> None:
    index = Index((describe(MANIFEST, b"a"), describe(INDEX, b"b")), {"a": "b"})
    assert parse_index(index.encode(), "i") == index
    assert parse_index(b"{}", "i") == Index(())


def test_the_platform_of_an_image_is_in_its_descriptor() -> None:
    data = (
        b'{"manifests":[{"mediaType":"x","size":1,"digest":"sha256:%s",'
        b'"platform":{"os":"linux","architecture":"arm"}}]}' % (b"0" * 64)
    )
    assert parse_index(data, "i").manifests[0].platform == Platform("linux", "arm")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"config": None}, "m: config: missing, must be an object"),
        ({"layers": [{}]}, "m: layers[0].mediaType: missing"),
        ({"layers": {}, "manifests": []}, "m: not an image manifest: mediaType is"),
        ({"mediaType": INDEX}, f"m: not an image manifest: mediaType is {INDEX!r}"),
        ({"mediaType": ["x"]}, "m: mediaType: must be a string, not a list"),
        ({"annotations": {"a": 1}}, "m: annotations['a']: must be a string, not 1"),
    ],
)
def test_an_invalid_manifest_is_an_error(changes: Json, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse_manifest(manifest(**changes), "m")
    assert str(caught.value).startswith(message)
    assert not isinstance(caught.value, NotAnImageError)


def test_other_artifacts_are_not_images() -> None:
    chart = describe("application/vnd.cncf.helm.config.v1+json", b"{}").to_json()
    with pytest.raises(NotAnImageError, match="m: not a container image: mediaType of its config"):
        parse_manifest(manifest(config=chart), "m")


def test_manifests_of_docker_are_read() -> None:
    docker = "application/vnd.docker.distribution.manifest.v2+json"
    assert parse_manifest(manifest(mediaType=docker), "m").media_type == docker


def test_an_index_with_fields_of_a_manifest_is_ambiguous() -> None:
    with pytest.raises(ToolError, match=r"^i: not an image index"):
        parse_index(b'{"manifests":[],"layers":[]}', "i")
