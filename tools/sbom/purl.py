"""Package URLs. Source of the format: the purl specification, and its types deb, npm, pypi, oci."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from tools.sbom.bom import OperatingSystem, SourcePackage


def package_url(
    kind: str, *path: str, version: str = "", qualifiers: Mapping[str, str] | None = None
) -> str:
    """Returns a package URL.

    Args:
        kind: its type, such as `deb`.
        path: the segments of the namespace, then the name.
        version: the version; empty: none.
        qualifiers: values by name; empty values are left out.
    """
    url = f"pkg:{kind}/{'/'.join(_encode(segment) for segment in path)}"
    if version:
        url += f"@{_encode(version)}"
    pairs = [
        f"{key}={_encode(value)}" for key, value in sorted((qualifiers or {}).items()) if value
    ]
    return f"{url}?{'&'.join(pairs)}" if pairs else url


def deb_url(
    name: str,
    version: str,
    architecture: str,
    source: SourcePackage | None,
    system: OperatingSystem | None,
) -> str:
    """The package URL of a Debian package, as syft and trivy write it: `distro` is `debian-12`, and
    `upstream` is the source package if it has another name or version."""
    upstream = ""
    if source and (source.name, source.version) != (name, version):
        same = source.version in ("", version)
        upstream = source.name if same else f"{source.name}@{source.version}"
    distro = "-".join(filter(None, (system.id, system.version))) if system else ""
    return package_url(
        "deb",
        system.id if system else "debian",
        name,
        version=version,
        qualifiers={"arch": architecture, "distro": distro, "upstream": upstream},
    )


def _encode(text: str) -> str:
    # The specification leaves the colon as it is.
    return quote(text, safe=":", errors="replace")
