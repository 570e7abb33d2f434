"""The reader of manifests (docs/lock.md). Errors name the field."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from tools.lib.cli.errors import ToolError
from tools.lib.data.yaml_fields import Field, load
from tools.lib.debian.lock import Sha256
from tools.lib.debian.manifest_hash import manifest_sha256
from tools.lib.debian.names import parse_architecture, parse_package_name, parse_version
from tools.lib.debian.relations import RequestedPackage, parse_requested_package
from tools.lib.manifest.keyrings import default_keyring
from tools.lib.manifest.manifest import AptSource, Manifest, PackageSet, PinnedFile
from tools.lib.manifest.manifest_fields import (
    HINT,
    NAME,
    fields_by_name,
    fingerprint_of,
    name_of,
    required,
    subset,
    unique_names,
    url_of,
)
from tools.lib.manifest.tag_names import tag_names

VERSION = 1


def read_manifest(
    path: str, name: str = "", base_label: str = "", *, install: str = ""
) -> Manifest:
    """Reads a manifest file; see parse_manifest. Its name is the path unless another is given."""
    with open(path, "rb") as source:
        data = source.read()
    return parse_manifest(data, name or path, os.path.dirname(path), base_label, install=install)


def parse_manifest(
    data: bytes,
    path: str,
    directory: str | None = None,
    base_label: str = "",
    *,
    install: str = "",
) -> Manifest:
    """Reads the bytes of a manifest.

    Args:
        data: the bytes.
        path: of the file, or what errors call it.
        directory: of keyrings with a relative path; by default that of `path`.
        base_label: the label of the base image; empty without one.
        install: the name of the apt.install tag, if tags say the manifest; else empty.

    Raises:
        ToolError: the manifest is malformed.
    """
    document = load(data, path)
    if install:
        document = replace(document, names=tag_names(document.value, install))
    folder = os.path.dirname(path) if directory is None else directory
    if isinstance(document.value, dict) and "archs" in document.value:
        raise ToolError(
            f"{path}: a manifest of rules_distroless",
            f"convert it: bazel run @distroless//tools/lock -- import {path} NEW.yaml",
        )
    fields = document.mapping(
        "version", "architectures", "keyring", "keys", "sources", "files", "dependencies", "sets"
    )
    if required(document, fields, "version").integer() != VERSION:
        raise fields["version"].expected(f"{VERSION}")
    architectures = unique_names(required(document, fields, "architectures"))
    defaults: dict[str, Field] = {
        name: fields[name] for name in ("keyring", "keys") if name in fields
    }
    sources = (
        fields["sources"].each(lambda field: _source(field, defaults, architectures, folder))
        if "sources" in fields
        else ()
    )
    files = fields["files"].each(_pinned_file) if "files" in fields else ()
    if not sources and not files:
        raise ToolError(f"{path}: missing `sources` or `files`", HINT)
    resolve = _resolve(fields["dependencies"]) if "dependencies" in fields else True
    return Manifest(
        path=path,
        sha256=manifest_sha256(data, base_label),
        architectures=architectures,
        sources=sources,
        files=files,
        sets=tuple(_sets(required(document, fields, "sets"), architectures, resolve)),
        install=install,
        names=document.names,
    )


def _source(
    field: Field, defaults: Mapping[str, Field], architectures: tuple[str, ...], directory: str
) -> AptSource:
    own = field.mapping(
        "archive",
        "url",
        "suites",
        "components",
        "architectures",
        "keyring",
        "keys",
        "check_valid_until",
    )
    fields = {**defaults, **own}
    if "keyring" in own and "keys" not in own:
        fields.pop("keys", None)
    if ("archive" in fields) == ("url" in fields):
        raise ToolError(f"{field.where}: set either `archive` or `url`", HINT)
    suites = required(field, fields, "suites").each(Field.nonempty_string)
    if not suites:
        raise fields["suites"].expected("at least one suite")
    components: tuple[str | None, ...] = (None,)
    if any(not suite.endswith("/") for suite in suites):
        components = required(field, fields, "components").each(Field.nonempty_string)
        if not components:
            raise fields["components"].expected("at least one component")
    elif "components" in fields:
        raise ToolError(
            f"{fields['components'].where}: a suite that ends in / has no components", HINT
        )
    archive = name_of(fields["archive"]) if "archive" in fields else None
    url = url_of(fields["url"]).rstrip("/") if "url" in fields else None
    keyring = None if "keyring" in fields else default_keyring(archive, url)
    return AptSource(
        archive=archive,
        url=url,
        suites=suites,
        components=components,
        architectures=subset(fields, architectures),
        keyring=keyring
        or os.path.join(directory, required(field, fields, "keyring").nonempty_string()),
        keys=fields["keys"].each(fingerprint_of) if "keys" in fields else (),
        check_valid_until="check_valid_until" not in fields
        or fields["check_valid_until"].boolean(),
    )


def _pinned_file(field: Field) -> PinnedFile:
    fields = field.mapping("name", "version", "architecture", "url", "sha256", "size")
    name = required(field, fields, "name")
    version = required(field, fields, "version")
    architecture = required(field, fields, "architecture")
    sha256 = required(field, fields, "sha256")
    if not re.fullmatch(r"[0-9a-f]{64}", sha256.string()):
        raise sha256.expected("64 lower-case hexadecimal digits")
    return PinnedFile(
        name=parse_package_name(name.nonempty_string(), name.where),
        version=parse_version(version.nonempty_string(), version.where),
        architecture=parse_architecture(architecture.nonempty_string(), architecture.where),
        url=url_of(required(field, fields, "url")),
        sha256=Sha256(sha256.string()),
        size=fields["size"].integer() if "size" in fields else None,
    )


def _sets(field: Field, architectures: tuple[str, ...], resolve: bool) -> Iterator[PackageSet]:
    """The sets; bases come before the sets that name them."""
    by_name = fields_by_name(field, "sets")
    done: dict[str, PackageSet] = {}

    def visit(name: str, user: Field, above: tuple[str, ...]) -> PackageSet:
        if name in above:
            cycle = " -> ".join((*above[above.index(name) :], name))
            raise ToolError(f"{user.where}: dependency cycle: {cycle}")
        if name not in by_name:
            raise ToolError(
                f"{user.where}: unknown set {name!r:.80}", f"known sets: {', '.join(by_name)}"
            )
        if name not in done:
            fields = by_name[name].mapping(
                "packages", "base", "architectures", "dependencies", "ignored_dependencies"
            )
            below = fields["base"].items() if "base" in fields else []
            bases = [visit(item.nonempty_string(), item, (*above, name)) for item in below]
            done[name] = _set(name, by_name[name], fields, bases, architectures, resolve)
        return done[name]

    for name in by_name:
        if not NAME.fullmatch(name):
            raise ToolError(
                f"{by_name[name].where}: invalid name {name!r:.80}", "use a-z, 0-9 and _ . + -"
            )
        visit(name, by_name[name], ())
    return iter(done.values())


def _set(
    name: str,
    field: Field,
    fields: Mapping[str, Field],
    bases: list[PackageSet],
    architectures: tuple[str, ...],
    resolve: bool,
) -> PackageSet:
    chosen = subset(fields, architectures)
    for base in bases:
        missing = [name for name in chosen if name not in base.architectures]
        if missing:
            raise ToolError(f"{field.where}: the base {base.name} lacks {', '.join(missing)}")
    ignored = _ignored(fields["ignored_dependencies"]) if "ignored_dependencies" in fields else {}
    return PackageSet(
        name=name,
        packages=required(field, fields, "packages").each(
            lambda item: _package(item, architectures)
        ),
        bases=tuple(dict.fromkeys(each for base in bases for each in (*base.bases, base.name))),
        architectures=chosen,
        resolve_dependencies=(
            _resolve(fields["dependencies"]) if "dependencies" in fields else resolve
        ),
        ignored_dependencies={
            key: reason for base in bases for key, reason in base.ignored_dependencies.items()
        }
        | ignored,
        own_ignored=tuple(ignored),
    )


def _package(field: Field, architectures: tuple[str, ...]) -> RequestedPackage:
    package = parse_requested_package(field.nonempty_string(), field.where, field.path)
    unknown = sorted(package.architectures - set(architectures))
    if unknown:
        raise ToolError(
            f"{field.where}: unknown architecture {unknown[0]!r:.80}",
            f"must be one of {', '.join(architectures)}",
        )
    return package


def _ignored(field: Field) -> dict[str, str]:
    """A mapping from names of packages to reasons."""
    ignored = {
        name: reason.nonempty_string() for name, reason in fields_by_name(field, "reasons").items()
    }
    if len(ignored) < len(field.value):
        raise field.expected("a reason for each package")
    return ignored


def _resolve(field: Field) -> bool:
    if field.value not in ("resolve", "explicit"):
        raise field.expected("`resolve` or `explicit`")
    return bool(field.value == "resolve")
