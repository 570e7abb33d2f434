"""Images whose packages cannot be downloaded are left out of builds. Everything else is built."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.inner_bazel.inner_bazel import InnerBazel, source_tree

# Names targets, one a line, with whether `//...` skips them.
SKIPPED = "'%s %s' % (target.label.name, 'IncompatiblePlatformProvider' in providers(target))"
REASON = "//private:excluded_because_packages_cannot_be_downloaded"


@pytest.fixture(scope="module")
def bazel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InnerBazel]:
    with InnerBazel(source_tree(), tmp_path_factory.mktemp("root")) as bazel:
        yield bazel


def skipped(bazel: InnerBazel, unavailable: str, *arguments: str) -> dict[str, bool]:
    """Whether `//...` skips targets, if these packages are unavailable."""
    output = bazel.succeed(
        "cquery",
        f"--repo_env=DISTROLESS_UNAVAILABLE={unavailable}",
        "--output=starlark",
        f"--starlark:expr={SKIPPED}",
        *arguments,
    )
    return {name: value == "True" for name, value in map(str.split, output.splitlines())}


def test_an_image_needs_the_packages_of_its_architecture(bazel: InnerBazel) -> None:
    assert skipped(bazel, "", "//static:static_amd64_debian13") == {"static_amd64_debian13": False}
    assert skipped(bazel, "debian13/amd64", "//static:static_amd64_debian13") == {
        "static_amd64_debian13": True
    }
    assert skipped(bazel, "debian12/amd64,debian13/arm64", "//static:static_amd64_debian13") == {
        "static_amd64_debian13": False
    }


def test_an_image_needs_the_packages_of_other_locks(bazel: InnerBazel) -> None:
    for lock, image in (
        ("temurin", "//java:java21_temurin_amd64_debian13"),
        ("nodejs24", "//nodejs:nodejs24_amd64_debian13"),
    ):
        assert skipped(bazel, f"{lock}/amd64", image).popitem()[1]


def test_an_index_is_left_out_if_all_its_images_are(bazel: InnerBazel) -> None:
    others = "debian13/arm,debian13/ppc64le,debian13/riscv64,debian13/s390x"
    index = "//static:static_debian13"
    assert skipped(bazel, others, index) == {"static_debian13": False}
    assert skipped(bazel, f"{others},debian13/amd64,debian13/arm64", index) == {
        "static_debian13": True
    }


def test_the_flag_requests_what_is_unavailable(bazel: InnerBazel) -> None:
    image = "//static:static_amd64_debian13"
    assert skipped(bazel, "debian13/amd64", "--//:architectures=amd64", image) == {
        "static_amd64_debian13": False
    }
    assert skipped(bazel, "", "--//:architectures=arm64", image) == {"static_amd64_debian13": True}


def test_a_requested_target_that_is_left_out_says_why(bazel: InnerBazel) -> None:
    result = bazel.run(
        "build",
        "--repo_env=DISTROLESS_UNAVAILABLE=debian13/amd64",
        "//static:static_amd64_debian13",
    )
    assert result.returncode != 0
    assert REASON in result.stderr


def test_a_malformed_name_is_an_error(bazel: InnerBazel) -> None:
    error = bazel.fail(
        "query", "--repo_env=DISTROLESS_UNAVAILABLE=debian13", "//static:static_amd64_debian13"
    )
    assert error.startswith("DISTROLESS_UNAVAILABLE: 'debian13' is not <lock>/<architecture>")
