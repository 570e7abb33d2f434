"""Writes an OpenVEX 0.2.0 document: which vulnerabilities do not affect an image.

A product is an image, by its digest and by the names of its repositories, and its subcomponents are
the packages that the vulnerability would be found in. The URLs have no qualifiers, because a
statement must not have one that a scanner's own URL lacks: trivy writes `distro=debian-12.5` where
syft writes `debian-12`. An epoch is in the version for syft, and a qualifier for trivy. The
packages have their versions, so a statement does not outlive them.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Iterator, Sequence

from tools.lib.data.json_values import Json, compact
from tools.vex.image_sbom import ImageContent
from tools.vex.statements import Statement

_CONTEXT = "https://openvex.dev/ns/v0.2.0"


def openvex_document(
    image: ImageContent, statements: Iterable[Statement], author: str, names: Sequence[str] = ()
) -> bytes:
    """The document: canonical JSON with a final newline. It has the statements that are true of the
    image. If there are none, it is empty, because a document must have one.

    Args:
        image: the image.
        statements: all of them.
        author: who says so.
        names: of the repositories that the image is in, without registry, in addition to its own.
    """
    found = [
        (statement, packages)
        for statement in statements
        if (packages := _affected_packages(image, statement))
    ]
    if not found:
        return b""
    document: Json = {
        "@context": _CONTEXT,
        "author": author,
        "timestamp": _time(max(statement.date for statement, _ in found)),
        "version": 1,
        "tooling": "distroless",
        "statements": [
            {
                "vulnerability": {"name": statement.vulnerability},
                "timestamp": _time(statement.date),
                "products": list(_products(image, packages, names)),
                "status": "not_affected",
                "justification": statement.justification,
                "impact_statement": statement.reason,
            }
            for statement, packages in found
        ],
    }
    digest = hashlib.sha256(compact(document)).hexdigest()
    document["@id"] = f"https://openvex.dev/docs/public/vex-{digest}"
    return compact(document) + b"\n"


def _affected_packages(image: ImageContent, statement: Statement) -> list[str]:
    """The packages that scanners find the vulnerability in; none if the image has what the
    statement says it lacks."""
    if any(map(statement.absent.match, image.paths)):
        return []
    return [each.purl for each in image.packages if each.source == statement.source]


def _products(image: ImageContent, packages: Sequence[str], names: Sequence[str]) -> Iterable[Json]:
    subcomponents = [{"@id": form} for purl in packages for form in _forms(purl)]
    yield {
        "@id": f"pkg:oci/{image.name}@sha256:{image.digest}",
        # grype finds the image by it under any name.
        "hashes": {"sha-256": image.digest},
        "subcomponents": subcomponents,
    }
    # Scanners that were given an index know the digest of the index only.
    for name in names:
        yield {"@id": f"pkg:oci/{name}", "subcomponents": subcomponents}


def _forms(purl: str) -> Iterator[str]:
    """A package URL as syft writes it, and with an epoch as trivy does."""
    yield purl
    package, _, version = purl.partition("@")
    epoch, colon, rest = version.partition(":")
    if colon:
        yield f"{package}@{rest}?epoch={epoch}"


def _time(date: datetime.date) -> str:
    return f"{date.isoformat()}T00:00:00Z"
