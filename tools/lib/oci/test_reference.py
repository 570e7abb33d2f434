import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.oci.reference import check_tag, parse_reference, parse_repository

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("text", "repository", "tag", "digest", "short"),
    [
        ("cc", "docker.io/library/cc", None, None, "cc"),
        ("cc:debian13", "docker.io/library/cc", "debian13", None, "cc"),
        ("team/app:v1", "docker.io/team/app", "v1", None, "team/app"),
        ("docker.io/library/cc", "docker.io/library/cc", None, None, "cc"),
        ("index.docker.io/team/app", "docker.io/team/app", None, None, "team/app"),
        ("example.com/app:1.0", "example.com/app", "1.0", None, "example.com/app"),
        ("localhost/a", "localhost/a", None, None, "localhost/a"),
        ("localhost:5000/a:b", "localhost:5000/a", "b", None, "localhost:5000/a"),
        ("[::1]:5000/a:b", "[::1]:5000/a", "b", None, "[::1]:5000/a"),
        (f"a@{DIGEST}", "docker.io/library/a", None, DIGEST, "a"),
        (f"a:b@{DIGEST}", "docker.io/library/a", "b", DIGEST, "a"),
    ],
)
def test_names_are_read_as_docker_reads_them(
    text: str, repository: str, tag: str | None, digest: str | None, short: str
) -> None:
    reference = parse_reference(text)
    assert str(reference.repository) == repository
    assert (reference.tag, reference.digest) == (tag, digest)
    assert reference.repository.short_name == short


@pytest.mark.parametrize(
    "text",
    ["", "A", "a b", "-x", "a//b", "a:", "a:-x", "a\n", "a:x\n", "a@sha256:0", "/a", "a/", "a:b:c"],
)
def test_an_invalid_name_is_an_error(text: str) -> None:
    with pytest.raises(ToolError):
        parse_reference(text)


@pytest.mark.parametrize(
    "text",
    [
        "user:open sesame@example.com:5000/a",
        "https://user:open sesame@example.com:5000/a",
        "user:open sesame@2/@example.com:5000/a",
        "user:open sesame@example.com:5000/a:v1",
        f"user:open sesame@example.com:5000/a@{DIGEST}",
        "user:open sesame@example.com:5000",
        "token@example.com:5000/a",
    ],
)
def test_credentials_are_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse_repository(text)
    assert str(caught.value) == (
        "an image name must not have credentials (hint: remove what is before "
        "@example.com:5000, and run docker login example.com:5000, or podman login "
        "example.com:5000)"
    )


def test_a_repository_has_no_tag() -> None:
    assert parse_repository("example.com/a").path == "a"
    with pytest.raises(ToolError, match=r"must not have a tag or a digest"):
        parse_repository("example.com/a:b")


def test_tags() -> None:
    assert check_tag("debian13") == "debian13"
    for tag in ("", ".x", "a/b", "x" * 129):
        with pytest.raises(ToolError, match="invalid tag"):
            check_tag(tag)
