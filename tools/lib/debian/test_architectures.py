from __future__ import annotations

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.architectures import (
    ARCHITECTURES,
    Architecture,
    find_architecture,
    find_debian_architecture,
)


@pytest.mark.parametrize(
    ("name", "variant", "debian"),
    [
        ("amd64", None, "amd64"),
        ("amd64", "v3", "amd64"),
        ("arm", None, "armhf"),
        ("arm", "", "armhf"),
        ("arm", "v7", "armhf"),
        ("arm", "v8", "armhf"),
        ("arm", "v6", "armel"),
        ("arm", "v5", "armel"),
        ("arm64", "v8", "arm64"),
        ("386", None, "i386"),
        ("s390x", None, "s390x"),
    ],
)
def test_architecture_of_a_platform(name: str, variant: str | None, debian: str) -> None:
    assert find_architecture(name, variant).debian == debian


@pytest.mark.parametrize("each", ARCHITECTURES)
def test_both_names_lead_to_the_same_architecture(each: Architecture) -> None:
    assert find_architecture(each.name, each.variant) is each
    assert find_debian_architecture(each.debian) is each


def test_library_directories() -> None:
    assert find_architecture("arm64").library_directories == (
        "/lib/aarch64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/lib",
        "/usr/lib",
    )


def test_unknown_architecture() -> None:
    with pytest.raises(ToolError, match=r"^unknown architecture 'vax' \(hint: must be one of 386"):
        find_architecture("vax")
    with pytest.raises(ToolError, match=r"^unknown Debian architecture 'arm' .* armhf, armel"):
        find_debian_architecture("arm")
