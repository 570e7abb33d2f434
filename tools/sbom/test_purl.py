from __future__ import annotations

import pytest
from packageurl import PackageURL

from tools.sbom.bom import OperatingSystem, SourcePackage
from tools.sbom.purl import deb_url, package_url

BOOKWORM = OperatingSystem("debian", "12", "Distroless")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (package_url("npm", "@scope", "a", version="1.0.0+x"), "pkg:npm/%40scope/a@1.0.0%2Bx"),
        (package_url("pypi", "jinja2"), "pkg:pypi/jinja2"),
        (
            package_url("oci", "cc", version="sha256:00", qualifiers={"arch": "arm64", "tag": ""}),
            "pkg:oci/cc@sha256:00?arch=arm64",
        ),
    ],
)
def test_package_urls_are_canonical(url: str, expected: str) -> None:
    assert url == expected
    parsed = PackageURL.from_string(url)
    assert PackageURL.from_string(parsed.to_string()) == parsed


# What syft writes of the same control paragraphs.
@pytest.mark.parametrize(
    ("source", "version", "expected"),
    [
        (None, "6.4", "pkg:deb/debian/a@6.4?arch=all&distro=debian-12"),
        (
            SourcePackage("zlib", ""),
            "1:1.2.13.dfsg-1",
            "pkg:deb/debian/a@1:1.2.13.dfsg-1?arch=all&distro=debian-12&upstream=zlib",
        ),
        (
            SourcePackage("gcc-12", "12.2.0-14+deb12u1"),
            "12.2.0-14",
            "pkg:deb/debian/a@12.2.0-14?arch=all&distro=debian-12"
            "&upstream=gcc-12%4012.2.0-14%2Bdeb12u1",
        ),
    ],
)
def test_debian_packages(source: SourcePackage | None, version: str, expected: str) -> None:
    url = deb_url("a", version, "all", source, BOOKWORM)
    assert url == expected
    assert PackageURL.from_string(url).version == version


def test_packages_of_an_image_without_os_release() -> None:
    assert deb_url("libstdc++6", "1", "arm64", None, None) == (
        "pkg:deb/debian/libstdc%2B%2B6@1?arch=arm64"
    )
