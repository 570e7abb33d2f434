import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import Json
from tools.lib.oci.descriptor import (
    LAYER,
    Descriptor,
    Platform,
    describe,
    digest_of,
    parse_descriptor,
    parse_digest,
    parse_platform,
    read_platform,
)

EMPTY = digest_of(b"")


@pytest.mark.parametrize(
    "digest",
    [None, "", "sha256:../../etc/passwd", EMPTY.upper(), EMPTY[:-1], EMPTY + "\n", "sha512:00", 7],
)
def test_an_invalid_digest_is_an_error(digest: object) -> None:
    with pytest.raises(ToolError, match=r"^here: "):
        parse_digest(digest, "here")


def test_a_descriptor_is_read_and_written_without_loss() -> None:
    value: Json = {
        "mediaType": LAYER,
        "digest": EMPTY,
        "size": 0,
        "annotations": {"a": "b"},
        "urls": ["https://example.org"],
        "platform": {"os": "linux", "architecture": "arm", "variant": "v7"},
        "data": "",
        "artifactType": "x",
    }
    assert parse_descriptor(value, "d").to_json() == value
    incomplete: Json = {**value, "platform": {"os": ""}, "urls": None, "annotations": {}}
    assert parse_descriptor(incomplete, "d").to_json() == incomplete
    assert parse_descriptor(incomplete, "d").platform is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mediaType": None}, "d.mediaType: missing, must be a string"),
        ({"size": -1}, "d.size: must be an integer from 0 to 9223372036854775807, not -1"),
        ({"size": True}, "d.size: must be an integer from 0 to 9223372036854775807, not true"),
        ({"size": 1 << 63}, "d.size: must be an integer from 0 to"),
        ({"digest": "sha256:0"}, "d.digest: 'sha256:0' is not sha256: and 64 lower-case hex"),
        ({"platform": "linux"}, "d.platform: must be an object, not 'linux'"),
        ({"annotations": {"a": 1}}, "d.annotations['a']: must be a string, not 1"),
    ],
)
def test_an_invalid_descriptor_is_an_error(changes: Json, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse_descriptor({**describe(LAYER, b"").to_json(), **changes}, "d")
    assert str(caught.value).startswith(message)


def test_media_types_of_docker_become_those_of_oci() -> None:
    docker = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    found = parse_descriptor({"mediaType": docker, "digest": EMPTY, "size": 0}, "d")
    assert found == Descriptor(LAYER + "+gzip", EMPTY, 0)


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
def test_platforms_are_normalized_as_clients_do(
    one: tuple[str, str | None], other: tuple[str, str | None], same: bool
) -> None:
    first, second = (Platform("linux", *names).normalized() for names in (one, other))
    assert (first == second) is same


@pytest.mark.parametrize(
    ("platform", "wanted", "fits"),
    [
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/arm64", "linux/arm64/v8", True),
        ("linux/arm", "linux/arm/v7", True),
        ("linux/arm/v6", "linux/arm/v7", False),
        ("linux/arm/v6", "linux/arm", True),
        ("windows/amd64", "linux/amd64", False),
    ],
)
def test_an_image_fits_a_platform(platform: str, wanted: str, fits: bool) -> None:
    assert read_platform(platform).fits(read_platform(wanted)) is fits


@pytest.mark.parametrize(
    ("images", "target", "expected"),
    [
        ("linux/amd64 linux/arm64/v8", "linux/arm64", [None, 0]),
        ("linux/arm64", "linux/arm64/v8", [0]),
        ("linux/arm/v5 linux/arm/v6 linux/arm/v7 linux/arm/v8", "linux/arm/v7", [2, 1, 0, None]),
        ("linux/arm linux/arm/v8", "linux/arm", [0, 3]),
        ("linux/amd64 linux/amd64/v2 linux/amd64/v3", "linux/amd64/v2", [1, 0, None]),
        ("linux/amd64/v3", "linux/amd64", [1]),
        ("windows/amd64", "linux/amd64", [None]),
    ],
)
def test_images_are_ranked_as_containerd_does(
    images: str, target: str, expected: list[int | None]
) -> None:
    wanted = read_platform(target)
    assert [read_platform(each).rank(wanted) for each in images.split()] == expected


def test_a_platform_keeps_the_fields_of_windows_images() -> None:
    fields = {"os": "windows", "architecture": "amd64", "os.version": "10.0", "os.features": ["x"]}
    assert parse_platform(fields, "c").to_json() == fields


@pytest.mark.parametrize("text", ["", "linux", "linux/", "/amd64", "linux/arm/v7/x"])
def test_an_invalid_platform_is_an_error(text: str) -> None:
    with pytest.raises(ToolError, match="invalid platform"):
        read_platform(text)
