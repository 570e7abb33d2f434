"""Writes an SBOM as a CycloneDX 1.6 document in JSON.

Files are components inside of the component that owns them. Properties of trivy and syft repeat
what their own documents say and CycloneDX has no field for: the source package, by whose name
Debian publishes vulnerabilities, and further CPEs.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping

from tools.lib.data.json_values import Json, compact
from tools.sbom.bom import Component, ImageBom, ListedFile, Supplier
from tools.sbom.spdx import image_url

_IMAGE = "image"
_SYSTEM = "os"
_TRIVY = "aquasecurity:trivy:"


def cyclonedx_document(bom: ImageBom) -> bytes:
    """The document: canonical JSON with a final newline. Its serial number is a digest of it."""
    document: Json = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": bom.created,
            "tools": {"components": [{"type": "application", "name": "distroless"}]},
            "component": _image(bom),
            **_supplier(bom.supplier),
        },
        "components": list(_components(bom)),
        "dependencies": list(_dependencies(bom)),
    }
    digest = hashlib.sha256(compact(document)).hexdigest()
    document["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}"
    return compact(document) + b"\n"


def _image(bom: ImageBom) -> Json:
    return {
        "type": "container",
        "bom-ref": _IMAGE,
        "name": bom.name,
        "version": f"sha256:{bom.digest}",
        "purl": image_url(bom),
        "hashes": [_sha256(bom.digest)],
        **_supplier(bom.supplier),
        **_files(bom.files),
    }


def _components(bom: ImageBom) -> Iterator[Json]:
    if bom.system:
        yield {
            "type": "operating-system",
            "bom-ref": _SYSTEM,
            "name": bom.system.id,
            "version": bom.system.version,
            **_optional(description=bom.system.description),
        }
    # Packages of one source have the same text, which the first of them has for all.
    given: set[str] = set()
    for component in bom.components:
        texts = {name: text for name, text in component.license.texts.items() if name not in given}
        given |= texts.keys()
        yield _component(component, texts)


def _component(component: Component, texts: Mapping[str, str]) -> Json:
    origin = component.origin
    references: list[Json] = []
    if origin and origin.url:
        hashes = {"hashes": [_sha256(origin.sha256)]} if origin.sha256 else {}
        references.append({"type": "distribution", "url": origin.url, **hashes})
    if component.homepage:
        references.append({"type": "website", "url": component.homepage})
    properties = list(_properties(component))
    return {
        "type": "library",
        "bom-ref": component.ref,
        "name": component.name,
        "version": component.version,
        **_optional(
            purl=next(iter(component.purls), ""),
            cpe=next(iter(component.cpes), ""),
            description=_utf8(component.description),
        ),
        **_supplier(component.supplier),
        **_license(component.license.expression, texts),
        **({"externalReferences": references} if references else {}),
        **({"properties": properties} if properties else {}),
        **_files(component.files),
    }


def _license(expression: str, texts: Mapping[str, str]) -> Json:
    """The expression; the texts of its references are evidence, as it cannot have any."""
    if not expression:
        return {}
    fields: Json = {"licenses": [{"expression": expression, "acknowledgement": "declared"}]}
    if texts:
        fields["evidence"] = {
            "licenses": [
                {"license": {"name": name, "text": {"content": _utf8(texts[name])}}}
                for name in sorted(texts)
            ]
        }
    return fields


def _properties(component: Component) -> Iterator[Json]:
    if source := component.source:
        version = source.version or component.version
        epoch, _, rest = version.rpartition(":")
        upstream, dash, revision = rest.rpartition("-")
        yield _property(f"{_TRIVY}SrcName", source.name)
        yield _property(f"{_TRIVY}SrcVersion", upstream if dash else rest)
        if dash:
            yield _property(f"{_TRIVY}SrcRelease", revision)
        if epoch:
            yield _property(f"{_TRIVY}SrcEpoch", epoch)
    for cpe in component.cpes[1:]:
        yield _property("syft:cpe23", cpe)
    for purl in component.purls[1:]:
        yield _property("distroless:purl", purl)


def _files(files: Iterable[ListedFile]) -> Json:
    components = [_file(file) for file in files]
    return {"components": components} if components else {}


def _file(file: ListedFile) -> Json:
    fields: Json = {
        "type": "file",
        "name": f"/{_utf8(file.path)}",
        "hashes": [_sha256(file.sha256)],
    }
    if file.maker:
        fields["properties"] = [_property("distroless:label", file.maker)]
    return fields


def _dependencies(bom: ImageBom) -> Iterator[Json]:
    system = [_SYSTEM] if bom.system else []
    yield {"ref": _IMAGE, "dependsOn": system + [each.ref for each in bom.components]}
    if bom.system:
        debs = [each.ref for each in bom.components if each.ref.startswith("deb-")]
        yield {"ref": _SYSTEM, "dependsOn": debs}
    for component in bom.components:
        yield {"ref": component.ref, "dependsOn": list(component.dependencies)}


def _supplier(supplier: Supplier | None) -> Json:
    if not supplier:
        return {}
    contact = {"contact": [{"email": supplier.email}]} if supplier.email else {}
    return {"supplier": {"name": supplier.name, **contact}}


def _sha256(digest: str) -> Json:
    return {"alg": "SHA-256", "content": digest}


def _property(name: str, value: str) -> Json:
    return {"name": name, "value": value}


def _optional(**fields: str) -> Json:
    return {name: value for name, value in fields.items() if value}


def _utf8(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
