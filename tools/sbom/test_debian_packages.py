from __future__ import annotations

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.dpkg_status import InstalledPackage
from tools.sbom.bom import SourcePackage, Supplier
from tools.sbom.debian_packages import (
    DebianPackage,
    dependencies,
    parse_supplier,
    read_package,
)

PARAGRAPH = b"""\
Package: libc6
Source: glibc (2.36-9)
Version: 2.36-9+b1
Architecture: amd64
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Pre-Depends: base (>= 1) | other
Depends: libgcc-s1, libcrypt1 (>= 1:4.4)
Provides: libc6-2.36, libc (= 1)
Homepage: https://www.gnu.org/software/libc/libc.html
Description: GNU C Library
 Contains the standard libraries.
"""


def read(paragraph: bytes) -> DebianPackage:
    return read_package(InstalledPackage("libc6", "amd64", paragraph))


def test_control_paragraph() -> None:
    assert read(PARAGRAPH) == DebianPackage(
        name="libc6",
        version="2.36-9+b1",
        architecture="amd64",
        source=SourcePackage("glibc", "2.36-9"),
        supplier=Supplier("Organization", "GNU Libc Maintainers", "debian-glibc@lists.debian.org"),
        description="GNU C Library",
        homepage="https://www.gnu.org/software/libc/libc.html",
        depends=(("base", "other"), ("libgcc-s1",), ("libcrypt1",)),
        provides=("libc6-2.36", "libc"),
    )


def test_minimal_paragraph() -> None:
    package = read(b"Package: libc6\nVersion: 1\nArchitecture: amd64\n")
    assert (package.source, package.supplier, package.depends) == (None, None, ())


def test_paragraph_without_a_version_is_an_error() -> None:
    with pytest.raises(ToolError, match="control paragraph of libc6: missing field Version"):
        read(b"Package: libc6\nArchitecture: amd64\n")


@pytest.mark.parametrize(
    ("maintainer", "kind", "name"),
    [
        ("Marco d'Itri <md@linux.it>", "Person", "Marco d'Itri"),
        ("Debian Java Maintainers <x@example.org>", "Organization", "Debian Java Maintainers"),
        ("Jo <pkg-x@lists.alioth.debian.org>", "Organization", "Jo"),
        ("jo@example.org", "Person", "jo@example.org"),
    ],
)
def test_maintainers_are_persons_or_teams(maintainer: str, kind: str, name: str) -> None:
    supplier = parse_supplier(maintainer)
    assert supplier
    assert (supplier.kind, supplier.name) == (kind, name)


def package(name: str, *depends: tuple[str, ...], provides: tuple[str, ...] = ()) -> DebianPackage:
    return DebianPackage(
        name=name,
        version="1",
        architecture="all",
        source=None,
        supplier=None,
        description="",
        homepage="",
        depends=depends,
        provides=provides,
    )


def test_dependencies_on_packages_of_the_image() -> None:
    found = dependencies(
        [
            package("app", ("missing", "a"), ("awk",), ("unmet",), ("app",)),
            package("a", ("app",)),
            package("mawk", provides=("awk",)),
        ]
    )
    assert found == {"app": ("a", "mawk"), "a": ("app",), "mawk": ()}
