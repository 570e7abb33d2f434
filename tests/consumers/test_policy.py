"""cosign accepts released images by the policy of docs/verify.md, and by no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.consumers.released import COMMIT, Released, released
from tests.signatures.cosign import OFFLINE, refuse, succeed

IMAGES = ("static-debian13:nonroot", "static-debian13:nonroot-arm64")
REFUSED = "1 validation errors occurred"
POLICY = re.findall(
    r"^```\n// policy\.cue\n(.*?)^```$",
    Path("docs/verify.md").read_text(),
    re.MULTILINE | re.DOTALL,
)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    directory = tmp_path_factory.mktemp("registry")
    with (
        released(directory, ["static-debian13"], signed=True) as registry,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("HOME", str(directory))
        patch.delenv("DOCKER_CONFIG", raising=False)
        yield registry


def verify(registry: Released, image: str, policy: Path) -> list[str]:
    """The command that verifies an image by a policy."""
    command = ["cosign", "verify-attestation", "--key", str(registry.key), OFFLINE]
    return [
        *command,
        *("--type", "slsaprovenance1", "--policy", str(policy), registry.pinned(image)),
    ]


@pytest.mark.parametrize("image", IMAGES)
def test_the_policy_of_the_documentation(registry: Released, image: str, tmp_path: Path) -> None:
    (text,) = POLICY
    policy = tmp_path / "policy.cue"
    policy.write_text(text)
    succeed(*verify(registry, image, policy))

    policy.write_text(text.replace("GoogleContainerTools", "somebody"))
    assert refuse(*verify(registry, image, policy)) == REFUSED


@pytest.mark.parametrize("image", IMAGES)
def test_a_policy_for_one_commit(registry: Released, image: str, tmp_path: Path) -> None:
    policy = tmp_path / "policy.cue"
    text = "predicate: buildDefinition: externalParameters: source: digest: gitCommit: {}\n"
    policy.write_text(text.format(f'"{COMMIT}"'))
    succeed(*verify(registry, image, policy))

    policy.write_text(text.format(f'"{"d" * 40}"'))
    assert refuse(*verify(registry, image, policy)) == REFUSED
