"""What an SBOM says about an image, as types; spdx.py and cyclonedx.py write it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tools.lib.part.part import Origin


@dataclass(frozen=True, slots=True)
class License:
    """Declared licenses.

    `expression` is an SPDX license expression, or empty if nothing is known. `texts` has the text
    of each `LicenseRef-...` in it.
    """

    expression: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


NO_LICENSE = License()


@dataclass(frozen=True, slots=True)
class Supplier:
    """Who distributes a component; `email` may be empty."""

    kind: Literal["Organization", "Person"]
    name: str
    email: str = ""


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A regular file of the image.

    `path` has no leading slash. The digests are hex. `maker` is the target or layer that has it,
    empty if a component owns it.
    """

    path: str
    sha1: str
    sha256: str
    maker: str = ""


@dataclass(frozen=True, slots=True)
class SourcePackage:
    """The source package of a Debian package. Its version is that of the package if not given."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A package or a runtime.

    Attributes:
        ref: identifies it in the document: letters, digits, `.` and `-`.
        name: its name.
        version: its version, which may be empty.
        purls: package URLs, the one that scanners shall take first.
        cpes: CPE 2.3 names.
        supplier: who distributes it.
        license: what it says about its licenses.
        origin: what was downloaded.
        source: the source package of a Debian package that names one.
        description: one line.
        homepage: a URL, or empty.
        files: what the image has of it, sorted by path.
        dependencies: the refs of the components that it depends on, sorted.
    """

    ref: str
    name: str
    version: str
    purls: tuple[str, ...] = ()
    cpes: tuple[str, ...] = ()
    supplier: Supplier | None = None
    license: License = NO_LICENSE
    origin: Origin | None = None
    source: SourcePackage | None = None
    description: str = ""
    homepage: str = ""
    files: tuple[ListedFile, ...] = ()
    dependencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OperatingSystem:
    """What os-release(5) says: ID, VERSION_ID and PRETTY_NAME."""

    id: str
    version: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageBom:
    """All of an image.

    Attributes:
        name: the image's name, without a tag.
        digest: hex SHA-256 of its manifest.
        architecture: OCI's name.
        created: the newest time in the image, RFC 3339 in UTC.
        supplier: who distributes the image.
        system: its distribution, if it says which.
        components: packages and runtimes, sorted by ref.
        files: the files that no component owns, sorted by path.
    """

    name: str
    digest: str
    architecture: str
    created: str
    supplier: Supplier | None = None
    system: OperatingSystem | None = None
    components: tuple[Component, ...] = ()
    files: tuple[ListedFile, ...] = ()
