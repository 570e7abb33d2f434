"""Software that is not a Debian package, by the files that describe it.

These are packages of npm (`package.json` in `node_modules`), Python distributions
(`*.dist-info/METADATA`), Java runtimes of other vendors (`release`), and what SPDX documents in the
image describe, such as that of Node.js.
"""

from __future__ import annotations

import email.parser
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import Json, parse_object
from tools.sbom.bom import NO_LICENSE, License, Supplier
from tools.sbom.debian_packages import parse_supplier
from tools.sbom.licenses import declared_license
from tools.sbom.purl import package_url

_PACKAGE_JSON = re.compile(r"(?:.+/)?node_modules/((?:@[^/]+/)?[^/]+)/package\.json")
_METADATA = re.compile(r"(?:.+/)?[^/]+\.dist-info/METADATA")
_JAVA_RELEASE = re.compile(r"usr/lib/jvm/[^/]+/release")
_SPDX = re.compile(r"(?:.+/)?[^/]+\.spdx\.json")
_JAVA_FIELD = re.compile(r'(?m)^([A-Z_]+)="(.*)"$')


@dataclass(frozen=True, slots=True, kw_only=True)
class Software:
    """What a file describes. `directory` is the one whose files belong to it: a path without
    slashes at its ends."""

    kind: str
    directory: str
    name: str
    version: str
    purls: tuple[str, ...] = ()
    cpes: tuple[str, ...] = ()
    supplier: Supplier | None = None
    license: License = NO_LICENSE
    description: str = ""
    homepage: str = ""


def read_software(path: str, text: str) -> list[Software]:
    """What a file of the image describes. Files that are malformed describe nothing: they are the
    business of whoever wrote them."""
    directory = posixpath.dirname(path)
    try:
        if match := _PACKAGE_JSON.fullmatch(path):
            return _npm_package(directory, match[1], text)
        if _METADATA.fullmatch(path):
            return _python_distribution(directory, text)
        if _JAVA_RELEASE.fullmatch(path):
            return _java_runtime(directory, text)
        if _SPDX.fullmatch(path):
            return _spdx_packages(directory, text)
    except ToolError:
        pass
    return []


def _npm_package(directory: str, name: str, text: str) -> list[Software]:
    fields = _json(text)
    version = fields.get("version")
    if not isinstance(version, str):
        return []
    return [
        Software(
            kind="npm",
            directory=directory,
            name=name,
            version=version,
            purls=(package_url("npm", *name.split("/"), version=version),),
            supplier=_npm_supplier(fields.get("author")),
            license=declared_license(_npm_license(fields)),
            description=_string(fields.get("description")),
            homepage=_string(fields.get("homepage")),
        )
    ]


def _npm_license(fields: Json) -> str:
    """The expression in `license`; older packages have an object, or a list of `licenses`."""
    given = fields.get("license", fields.get("licenses"))
    each = given if isinstance(given, list) else [given]
    names = [
        _string(item.get("type")) if isinstance(item, dict) else _string(item) for item in each
    ]
    return " OR ".join(filter(None, names))


def _npm_supplier(author: object) -> Supplier | None:
    name = _string(author.get("name")) if isinstance(author, dict) else _string(author)
    # "Name <address> (site)"
    return parse_supplier(re.sub(r"\s*\([^)]*\)\s*$", "", name))


def _python_distribution(directory: str, text: str) -> list[Software]:
    fields = email.parser.HeaderParser().parsestr(text)
    name, version = fields["Name"], fields["Version"]
    if not name or not version:
        return []
    classifiers = [
        each.rpartition(" :: ")[2]
        for each in fields.get_all("Classifier", [])
        if each.startswith("License :: OSI Approved :: ")
    ]
    declared = fields["License-Expression"] or fields["License"] or " AND ".join(classifiers)
    return [
        Software(
            kind="pypi",
            directory=directory,
            name=name,
            version=version,
            # PEP 503
            purls=(package_url("pypi", re.sub(r"[-_.]+", "-", name).lower(), version=version),),
            supplier=parse_supplier(fields["Author-email"] or fields["Author"] or ""),
            license=declared_license(declared),
            description=fields["Summary"] or "",
            homepage=fields["Home-page"] or "",
        )
    ]


def _java_runtime(directory: str, text: str) -> list[Software]:
    """Debian's own OpenJDK is described by its package, in whose name Debian publishes fixes."""
    fields: dict[str, str] = dict(_JAVA_FIELD.findall(text))
    version = fields.get("JAVA_VERSION", "")
    if fields.get("IMPLEMENTOR") != "Eclipse Adoptium" or not version:
        return []
    product = "jre" if fields.get("IMAGE_TYPE") == "JRE" else "jdk"
    full = fields.get("JAVA_RUNTIME_VERSION", version).removesuffix("-LTS")
    return [
        Software(
            kind="java",
            directory=directory,
            name="temurin",
            version=full,
            purls=(package_url("generic", "eclipse", "temurin", version=full),),
            # The NVD lists vulnerabilities of OpenJDK under Oracle's names.
            cpes=tuple(
                f"cpe:2.3:a:{vendor}:{name}:{version}:*:*:*:*:*:*:*"
                for vendor, name in (
                    ("eclipse", "temurin"),
                    ("oracle", "openjdk"),
                    ("oracle", product),
                )
            ),
            supplier=Supplier("Organization", "Eclipse Adoptium"),
            license=License("GPL-2.0-only WITH Classpath-exception-2.0"),
            description=f"Eclipse Temurin {product.upper()}",
            homepage="https://adoptium.net/",
        )
    ]


def _spdx_packages(directory: str, text: str) -> list[Software]:
    found = []
    packages = _json(text).get("packages")
    for fields in packages if isinstance(packages, list) else []:
        if not isinstance(fields, dict):
            continue
        name, version = _string(fields.get("name")), _string(fields.get("versionInfo"))
        references = _references(fields)
        if name and version and references:
            found.append(
                Software(
                    kind="generic",
                    directory=directory,
                    name=name,
                    version=version,
                    purls=tuple(value for kind, value in references if kind == "purl"),
                    cpes=tuple(value for kind, value in references if kind == "cpe23Type"),
                    supplier=_spdx_supplier(_string(fields.get("supplier"))),
                    license=declared_license(
                        _string(fields.get("licenseDeclared")).replace("NOASSERTION", "")
                    ),
                    description=_string(fields.get("comment")),
                    homepage=_string(fields.get("homepage")),
                )
            )
    # Of several packages, the document does not say which files are whose.
    return found if len(found) == 1 else [replace(each, directory="") for each in found]


def _references(package: Mapping[str, object]) -> list[tuple[str, str]]:
    references = package.get("externalRefs")
    return [
        (_string(each.get("referenceType")), _string(each.get("referenceLocator")))
        for each in (references if isinstance(references, list) else [])
        if isinstance(each, dict)
    ]


def _spdx_supplier(text: str) -> Supplier | None:
    kind, _, name = text.partition(": ")
    if kind == "Organization":
        return Supplier("Organization", name)
    return Supplier("Person", name) if kind == "Person" else None


def _json(text: str) -> Json:
    return parse_object(text.encode("utf-8", "replace"), "")


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
