"""The reader of manifests (docs/lock.md). Errors name the field."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from tools.lib.cli.errors import ToolError
from tools.lib.data.yaml_fields import Field, load
from tools.lib.debian.lock import Sha256
from tools.lib.debian.manifest_hash import manifest_sha256
from tools.lib.debian.names import parse_architecture, parse_package_name, parse_version
from tools.lib.debian.relations import RequestedPackage, parse_requested_package
from tools.lib.debian.urls import parse_url
from tools.lock.keyrings import default_keyring
from tools.lock.manifest import AptSource, Manifest, PackageSet, PinnedFile

VERSION = 1
_HINT = "docs/lock.md describes the file"
_NAME = re.compile(r"[a-z0-9][a-z0-9_.+-]*")
_FINGERPRINT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def read_manifest(path: str, name: str = "", base_label: str = "") -> Manifest:
    """Reads a manifest file; see parse_manifest. Its name is the path unless another is given."""
    with open(path, "rb") as source:
        data = source.read()
    return parse_manifest(data, name or path, os.path.dirname(path), base_label)


def parse_manifest(
    data: bytes, path: str, directory: str | None = None, base_label: str = ""
) -> Manifest:
    """Reads the bytes of a manifest.

    Args:
        data: the bytes.
        path: of the file, or what errors call it.
        directory: of keyrings with a relative path; by default that of `path`.
        base_label: the label of the base image; empty without one.

    Raises:
        ToolError: the manifest is malformed.
    """
    document = load(data, path)
    folder = os.path.dirname(path) if directory is None else directory
    if isinstance(document.value, dict) and "archs" in document.value:
        raise ToolError(
            f"{path}: a manifest of rules_distroless",
            f"convert it: bazel run @distroless//tools/lock -- import {path} NEW.yaml",
        )
    fields = document.mapping(
        "version", "architectures", "keyring", "keys", "sources", "files", "dependencies", "sets"
    )
    if _required(document, fields, "version").integer() != VERSION:
        raise fields["version"].expected(f"{VERSION}")
    architectures = _unique_names(_required(document, fields, "architectures"))
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
        raise ToolError(f"{path}: missing `sources` or `files`", _HINT)
    resolve = _resolve(fields["dependencies"]) if "dependencies" in fields else True
    return Manifest(
        path=path,
        sha256=manifest_sha256(data, base_label),
        architectures=architectures,
        sources=sources,
        files=files,
        sets=tuple(_sets(_required(document, fields, "sets"), architectures, resolve)),
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
        raise ToolError(f"{field.where}: set either `archive` or `url`", _HINT)
    suites = _required(field, fields, "suites").each(Field.nonempty_string)
    if not suites:
        raise fields["suites"].expected("at least one suite")
    components: tuple[str | None, ...] = (None,)
    if any(not suite.endswith("/") for suite in suites):
        components = _required(field, fields, "components").each(Field.nonempty_string)
        if not components:
            raise fields["components"].expected("at least one component")
    elif "components" in fields:
        raise ToolError(
            f"{fields['components'].where}: a suite that ends in / has no components", _HINT
        )
    archive = _name(fields["archive"]) if "archive" in fields else None
    url = _url(fields["url"]).rstrip("/") if "url" in fields else None
    keyring = None if "keyring" in fields else default_keyring(archive, url)
    return AptSource(
        archive=archive,
        url=url,
        suites=suites,
        components=components,
        architectures=_subset(fields, architectures),
        keyring=keyring
        or os.path.join(directory, _required(field, fields, "keyring").nonempty_string()),
        keys=fields["keys"].each(_fingerprint) if "keys" in fields else (),
        check_valid_until="check_valid_until" not in fields
        or fields["check_valid_until"].boolean(),
    )


def _pinned_file(field: Field) -> PinnedFile:
    fields = field.mapping("name", "version", "architecture", "url", "sha256", "size")
    name = _required(field, fields, "name")
    version = _required(field, fields, "version")
    architecture = _required(field, fields, "architecture")
    sha256 = _required(field, fields, "sha256")
    if not re.fullmatch(r"[0-9a-f]{64}", sha256.string()):
        raise sha256.expected("64 lower-case hexadecimal digits")
    return PinnedFile(
        name=parse_package_name(name.nonempty_string(), name.where),
        version=parse_version(version.nonempty_string(), version.where),
        architecture=parse_architecture(architecture.nonempty_string(), architecture.where),
        url=_url(_required(field, fields, "url")),
        sha256=Sha256(sha256.string()),
        size=fields["size"].integer() if "size" in fields else None,
    )


def _sets(field: Field, architectures: tuple[str, ...], resolve: bool) -> Iterator[PackageSet]:
    """The sets; bases come before the sets that name them."""
    by_name = _by_name(field, "sets")
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
        if not _NAME.fullmatch(name):
            raise ToolError(f"{field.where}: invalid name {name!r:.80}", "use a-z, 0-9 and _ . + -")
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
    chosen = _subset(fields, architectures)
    for base in bases:
        missing = [name for name in chosen if name not in base.architectures]
        if missing:
            raise ToolError(f"{field.where}: the base {base.name} lacks {', '.join(missing)}")
    ignored = _ignored(fields["ignored_dependencies"]) if "ignored_dependencies" in fields else {}
    return PackageSet(
        name=name,
        packages=_required(field, fields, "packages").each(
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
    package = parse_requested_package(field.nonempty_string(), field.file, field.path)
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
        name: reason.nonempty_string() for name, reason in _by_name(field, "reasons").items()
    }
    if len(ignored) < len(field.value):
        raise field.expected("a reason for each package")
    return ignored


def _by_name(field: Field, values: str) -> dict[str, Field]:
    """The fields of a mapping with keys of its author's choice."""
    if not isinstance(field.value, dict) or not all(isinstance(key, str) for key in field.value):
        raise field.expected(f"a mapping from names to {values}")
    return field.mapping(*field.value)


def _required(parent: Field, fields: Mapping[str, Field], name: str) -> Field:
    if name not in fields:
        raise ToolError(f"{parent.where}: missing `{name}`", _HINT)
    return fields[name]


def _resolve(field: Field) -> bool:
    if field.value not in ("resolve", "explicit"):
        raise field.expected("`resolve` or `explicit`")
    return bool(field.value == "resolve")


def _subset(fields: Mapping[str, Field], architectures: tuple[str, ...]) -> tuple[str, ...]:
    if "architectures" not in fields:
        return architectures
    chosen = _unique_names(fields["architectures"])
    unknown = [name for name in chosen if name not in architectures]
    if unknown:
        raise ToolError(
            f"{fields['architectures'].where}: unknown architecture {unknown[0]!r}",
            f"must be one of {', '.join(architectures)}",
        )
    return chosen


def _unique_names(field: Field) -> tuple[str, ...]:
    names = field.each(_name)
    if not names:
        raise field.expected("at least one name")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ToolError(f"{field.where}: duplicate entry {twice!r}")
    return names


def _name(field: Field) -> str:
    if not _NAME.fullmatch(field.nonempty_string()):
        raise ToolError(
            f"{field.where}: invalid name {field.value!r:.80}", "use a-z, 0-9 and _ . + -"
        )
    return field.string()


def _url(field: Field) -> str:
    text = field.nonempty_string()
    try:
        url = parse_url(text)
    except ValueError as error:
        # The text is not shown: it may contain a password.
        raise ToolError(f"{field.where}: {error}") from None
    if url.userinfo:
        raise ToolError(
            f"{field.where}: a user or password in a URL",
            "put it in ~/.netrc: a manifest and its lock are for others to read",
        )
    if "?" in text or "#" in text:
        raise ToolError(f"{field.where}: a query or fragment in a URL")
    return str(url)


def _fingerprint(field: Field) -> str:
    text = field.nonempty_string().replace(" ", "").lower()
    if not _FINGERPRINT.fullmatch(text):
        raise field.expected("the fingerprint of a primary key, 40 or 64 hexadecimal digits")
    return text
