from __future__ import annotations

from dataclasses import replace

import pytest

from tools.check_image.version_checks import check_versions
from tools.lib.debian.package import BinaryPackage
from tools.lib.part.part import Part
from tools.lib.part.testing import file, part
from tools.lib.rootfs.image import ImageView


def package(name: str, version: str, fields: str = "") -> Part:
    """A package that is registered with the given fields."""
    paragraph = f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n{fields}\n"
    entry = replace(file(f"var/lib/dpkg/status.d/{name}"), text=paragraph)
    return replace(part(entry), package=BinaryPackage(name, version, "amd64", name))


@pytest.mark.parametrize(
    ("depends", "fault"),
    [
        ("libc6 (>= 2.38)", "needs libc6 (>= 2.38), but the image has libc6 2.36-9"),
        (
            "libc6 (>= 2.34), libc6 (>= 2.38)",
            "needs libc6 (>= 2.38), but the image has libc6 2.36-9",
        ),
        ("libc6 (<< 2.36)", "needs libc6 (<< 2.36), but the image has libc6 2.36-9"),
        ("gone (>= 2) | libc6 (>= 3)", "needs libc6 (>= 3), but the image has libc6 2.36-9"),
        ("libc6 (>= 2.36)", None),
        ("libc6", None),
        ("gone (>= 2)", None),
        ("libc6 (>= 3) | libz1", None),
        ("libc6 (>= 3) | libc", None),
        ("", None),
    ],
)
def test_versions_of_dependencies(depends: str, fault: str | None) -> None:
    image = ImageView(
        [
            package("libc6", "2.36-9", "Provides: libc (= 2)"),
            package("libz1", "1"),
            package("app", "5:8", f"Depends: {depends}" if depends else ""),
        ]
    )
    found = list(check_versions(image))
    assert [each.fault for each in found] == ([fault] if fault else [])
    assert [(each.path, each.subject, each.owner) for each in found] == (
        [("var/lib/dpkg/status.d/app", "libc6", "app 5:8")] if fault else []
    )


def test_each_package_that_does_not_fit_is_one_finding() -> None:
    image = ImageView(
        [
            package("libc6", "2.36"),
            package("a", "1", "Pre-Depends: libc6 (>= 2.37)"),
            package("b", "1", "Depends: libc6 (>= 2.41)"),
            package("c", "1", "Depends: libc6 (>= 2.38)"),
        ]
    )
    assert [(each.owner, each.fault) for each in check_versions(image)] == [
        ("b 1", "needs libc6 (>= 2.41), but the image has libc6 2.36")
    ]


def test_a_package_that_is_not_registered_depends_on_nothing() -> None:
    assert not list(check_versions(ImageView([part(file("a"), package="a")])))
