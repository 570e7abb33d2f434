"""Describes Node.js to scanners, in an SPDX document beside it.

syft finds the program itself: its classifier reads the version in `*/node`. trivy has no such
classifier. It reads every `*.spdx.json` of an image, takes the first purl of a package, and ignores
purls of the type `generic`, for which it has no vulnerability data. Bitnami's data has the
vulnerabilities of Node.js releases under the name `node`, so that is the first purl. Its qualifier
and a comment say that the program is nodejs.org's and not Bitnami's.

Source of the format: SPDX 2.3.
"""

from __future__ import annotations

import datetime

from tools.lib.cli.files import dump_json


def spdx_document(version: str, architecture: str, sha256: str, mtime: int) -> bytes:
    """Returns the document as JSON.

    Args:
        version: the release, such as 24.21.0.
        architecture: OCI's name.
        sha256: of the program, in hex.
        mtime: the document's time, in seconds since 1970.
    """
    created = datetime.datetime.fromtimestamp(mtime, datetime.UTC)
    name = f"node-{version}-linux-{architecture}"
    return dump_json(
        {
            "spdxVersion": "SPDX-2.3",
            "SPDXID": "SPDXRef-DOCUMENT",
            "dataLicense": "CC0-1.0",
            "name": name,
            "documentNamespace": f"https://spdx.org/spdxdocs/{name}-{sha256}",
            "creationInfo": {
                "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "creators": ["Tool: distroless"],
            },
            "packages": [
                {
                    "SPDXID": "SPDXRef-Package-node",
                    "name": "node",
                    "versionInfo": version,
                    "supplier": "Organization: OpenJS Foundation",
                    "homepage": "https://nodejs.org/",
                    "downloadLocation": f"https://nodejs.org/dist/v{version}/",
                    "packageFileName": "bin/node",
                    "checksums": [{"algorithm": "SHA256", "checksumValue": sha256}],
                    "filesAnalyzed": False,
                    "licenseConcluded": "NOASSERTION",
                    "licenseDeclared": "MIT",
                    "copyrightText": "NOASSERTION",
                    "comment": "The program is the release of nodejs.org. The purl of type bitnami"
                    " names it in Bitnami's vulnerability data; it is not Bitnami's build.",
                    "externalRefs": [
                        {
                            "referenceCategory": category,
                            "referenceType": kind,
                            "referenceLocator": locator,
                        }
                        for category, kind, locator in _references(version)
                    ],
                }
            ],
            "relationships": [
                {
                    "spdxElementId": "SPDXRef-DOCUMENT",
                    "relationshipType": "DESCRIBES",
                    "relatedSpdxElement": "SPDXRef-Package-node",
                }
            ],
        }
    )


def _references(version: str) -> list[tuple[str, str, str]]:
    """The category, type and locator of each external reference; trivy takes the first purl."""
    bitnami = f"pkg:bitnami/node@{version}?repository_url=https:%2F%2Fnodejs.org%2Fdist"
    return [
        ("PACKAGE-MANAGER", "purl", bitnami),
        ("PACKAGE-MANAGER", "purl", f"pkg:generic/node@{version}"),
        ("SECURITY", "cpe23Type", f"cpe:2.3:a:nodejs:node.js:{version}:*:*:*:*:*:*:*"),
    ]
