"""Writes an SBOM as an SPDX 2.3 document in JSON.

SPDX requires the SHA-1 of each file (section 8.4), and of a package whose files are listed a code
that is made of these (section 7.9). Names of elements begin as those that trivy writes, by which it
recognizes the operating system; `sourceInfo` is in its words, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.data.json_values import Json, compact
from tools.sbom.bom import Component, ImageBom, ListedFile, Supplier
from tools.sbom.purl import package_url

_DOCUMENT = "SPDXRef-DOCUMENT"
_IMAGE = "SPDXRef-DocumentRoot-Image"
_SYSTEM = "SPDXRef-OperatingSystem"
_NOT_STATED = "NOASSERTION"


def spdx_document(bom: ImageBom) -> bytes:
    """The document: canonical JSON with a final newline. Its namespace is a digest of its content,
    so that other content never has the same."""
    document: Json = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": _DOCUMENT,
        "name": bom.name,
        "creationInfo": {"created": bom.created, "creators": list(_creators(bom))},
        "packages": list(_packages(bom)),
        "files": [_file(file) for file in _all_files(bom)],
        "relationships": list(_relationships(bom)),
    }
    texts = {
        reference: text
        for component in bom.components
        for reference, text in component.license.texts.items()
    }
    if texts:
        document["hasExtractedLicensingInfos"] = [
            {"licenseId": reference, "name": reference, "extractedText": _utf8(texts[reference])}
            for reference in sorted(texts)
        ]
    digest = hashlib.sha256(compact(document)).hexdigest()
    document["documentNamespace"] = f"https://spdx.org/spdxdocs/{bom.name}-{digest}"
    return compact(document) + b"\n"


def _creators(bom: ImageBom) -> Iterator[str]:
    if bom.supplier:
        yield _supplier(bom.supplier)
    yield "Tool: distroless"


def _packages(bom: ImageBom) -> Iterator[Json]:
    yield {
        "SPDXID": _IMAGE,
        "name": bom.name,
        "versionInfo": f"sha256:{bom.digest}",
        "primaryPackagePurpose": "CONTAINER",
        "supplier": _supplier(bom.supplier),
        "downloadLocation": _NOT_STATED,
        "checksums": [{"algorithm": "SHA256", "checksumValue": bom.digest}],
        "licenseConcluded": _NOT_STATED,
        "licenseDeclared": _NOT_STATED,
        "copyrightText": _NOT_STATED,
        "externalRefs": [_reference("PACKAGE-MANAGER", "purl", image_url(bom))],
        **_analysis(bom.files),
    }
    if bom.system:
        yield {
            "SPDXID": _SYSTEM,
            "name": bom.system.id,
            "versionInfo": bom.system.version,
            "primaryPackagePurpose": "OPERATING-SYSTEM",
            "supplier": f"Organization: {bom.system.id.capitalize()}",
            "downloadLocation": _NOT_STATED,
            "licenseConcluded": _NOT_STATED,
            "licenseDeclared": _NOT_STATED,
            "copyrightText": _NOT_STATED,
            "filesAnalyzed": False,
            **_optional(description=bom.system.description),
        }
    for component in bom.components:
        yield _package(component)


def _package(component: Component) -> Json:
    origin = component.origin
    fields: Json = {
        "SPDXID": _id(component),
        "name": component.name,
        "versionInfo": component.version,
        "supplier": _supplier(component.supplier),
        "downloadLocation": (origin.url if origin else "") or _NOT_STATED,
        "licenseConcluded": _NOT_STATED,
        "licenseDeclared": component.license.expression or _NOT_STATED,
        "copyrightText": _NOT_STATED,
        "externalRefs": [
            *(_reference("PACKAGE-MANAGER", "purl", purl) for purl in component.purls),
            *(_reference("SECURITY", "cpe23Type", cpe) for cpe in component.cpes),
        ],
        **_optional(summary=_utf8(component.description), homepage=component.homepage),
        **_analysis(component.files),
    }
    if origin and origin.sha256:
        fields["checksums"] = [{"algorithm": "SHA256", "checksumValue": origin.sha256}]
    if component.source:
        version = component.source.version or component.version
        fields["sourceInfo"] = f"built package from: {component.source.name} {version}"
    return fields


def _analysis(files: Iterable[ListedFile]) -> Json:
    digests = sorted(file.sha1 for file in files if file.sha1)
    if not digests:
        return {"filesAnalyzed": False}
    code = hashlib.sha1("".join(digests).encode(), usedforsecurity=False).hexdigest()
    return {
        "filesAnalyzed": True,
        "packageVerificationCode": {"packageVerificationCodeValue": code},
    }


def _all_files(bom: ImageBom) -> list[ListedFile]:
    """All files that a document can list, sorted by path."""
    files = [*bom.files, *(file for component in bom.components for file in component.files)]
    return sorted((file for file in files if file.sha1), key=lambda file: path_bytes(file.path))


def _file(file: ListedFile) -> Json:
    return {
        "SPDXID": _file_id(file),
        "fileName": f"./{_utf8(file.path)}",
        "checksums": [
            {"algorithm": "SHA1", "checksumValue": file.sha1},
            {"algorithm": "SHA256", "checksumValue": file.sha256},
        ],
        **_optional(comment=f"from {file.maker}" if file.maker else ""),
    }


def _relationships(bom: ImageBom) -> Iterator[Json]:
    yield _relationship(_DOCUMENT, "DESCRIBES", _IMAGE)
    if bom.system:
        yield _relationship(_IMAGE, "CONTAINS", _SYSTEM)
    for file in bom.files:
        if file.sha1:
            yield _relationship(_IMAGE, "CONTAINS", _file_id(file))
    ids = {component.ref: _id(component) for component in bom.components}
    for component in bom.components:
        element = ids[component.ref]
        yield _relationship(_IMAGE, "CONTAINS", element)
        if bom.system and component.ref.startswith("deb-"):
            yield _relationship(_SYSTEM, "CONTAINS", element)
        for dependency in component.dependencies:
            yield _relationship(element, "DEPENDS_ON", ids[dependency])
        for file in component.files:
            if file.sha1:
                yield _relationship(element, "CONTAINS", _file_id(file))


def _relationship(element: str, kind: str, related: str) -> Json:
    return {
        "spdxElementId": element,
        "relationshipType": kind,
        "relatedSpdxElement": related,
    }


def _reference(category: str, kind: str, locator: str) -> Json:
    return {
        "referenceCategory": category,
        "referenceType": kind,
        "referenceLocator": locator,
    }


def image_url(bom: ImageBom) -> str:
    """The package URL of the image, with its repository if the name begins with a registry."""
    has_registry = "." in bom.name.partition("/")[0]
    return package_url(
        "oci",
        bom.name.rpartition("/")[2],
        version=f"sha256:{bom.digest}",
        qualifiers={
            "arch": bom.architecture,
            "repository_url": bom.name if has_registry and "/" in bom.name else "",
        },
    )


def _id(component: Component) -> str:
    return f"SPDXRef-Package-{component.ref}"


def _file_id(file: ListedFile) -> str:
    return f"SPDXRef-File-{hashlib.sha256(path_bytes(file.path)).hexdigest()[:16]}"


def _supplier(supplier: Supplier | None) -> str:
    if not supplier:
        return _NOT_STATED
    email = f" ({supplier.email})" if supplier.email else ""
    return f"{supplier.kind}: {supplier.name}{email}"


def _optional(**fields: str) -> Json:
    return {name: value for name, value in fields.items() if value}


def _utf8(text: str) -> str:
    """The text with bytes that are not UTF-8 escaped: SPDX has no way to write them."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
