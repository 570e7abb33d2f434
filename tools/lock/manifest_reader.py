"""The reader of manifests (docs/lock.md): whatever is wrong is told with its place."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping

from tools.lib.cli.errors import ToolError
from tools.lib.data.yaml_fields import Field, load
from tools.lib.debian.lock import Sha256
from tools.lock.manifest import File, Manifest, PackageSet, Source
from tools.lock.relations import Root, parse_root, version_of

VERSION = 1
_NAME = re.compile(r"[a-z0-9][a-z0-9_.+-]*")
_FINGERPRINT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def read_manifest(path: str) -> Manifest:
    """Reads a manifest; a ToolError names the place of a fault."""
    with open(path, "rb") as source:
        data = source.read()
    return parse_manifest(data, path)


def parse_manifest(data: bytes, path: str) -> Manifest:
    """As `read_manifest`, of its bytes; a keyring is looked for beside `path`."""
    document = load(data, path)
    fields = document.mapping(
        "version", "architectures", "keyring", "keys", "sources", "files", "dependencies", "sets"
    )
    if "version" not in fields or fields["version"].integer() != VERSION:
        raise ToolError(f"{path}: no `version: {VERSION}`", "docs/lock.md describes the file")
    architectures = _names(_need(document, fields, "architectures"))
    defaults: dict[str, Field] = {
        name: fields[name] for name in ("keyring", "keys") if name in fields
    }
    sources = (
        fields["sources"].each(lambda field: _source(field, defaults, architectures))
        if "sources" in fields
        else ()
    )
    files = fields["files"].each(_file) if "files" in fields else ()
    if not sources and not files:
        raise ToolError(f"{path}: neither sources nor files", "docs/lock.md describes the file")
    resolve = _resolve(fields["dependencies"]) if "dependencies" in fields else True
    return Manifest(
        path=path,
        sha256=Sha256(hashlib.sha256(data).hexdigest()),
        architectures=architectures,
        sources=sources,
        files=files,
        sets=tuple(_sets(_need(document, fields, "sets"), architectures, resolve)),
    )


def _source(field: Field, defaults: Mapping[str, Field], architectures: tuple[str, ...]) -> Source:
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
        raise field.expected("either `archive` (one of snapshot.debian.org's) or `url`")
    suites = _need(field, fields, "suites").each(Field.nonempty_string)
    if not suites:
        raise fields["suites"].expected("at least one suite")
    components: tuple[str | None, ...] = (None,)
    if any(not suite.endswith("/") for suite in suites):
        components = _need(field, fields, "components").each(Field.nonempty_string)
        if not components:
            raise fields["components"].expected("at least one component")
    elif "components" in fields:
        raise fields["components"].expected("none, as a suite that ends in / has none")
    directory = os.path.dirname(field.file)
    return Source(
        archive=_name(fields["archive"]) if "archive" in fields else None,
        url=_url(fields["url"]).rstrip("/") if "url" in fields else None,
        suites=suites,
        components=components,
        architectures=_subset(fields, architectures),
        keyring=os.path.join(directory, _need(field, fields, "keyring").nonempty_string()),
        keys=fields["keys"].each(_fingerprint) if "keys" in fields else (),
        check_valid_until="check_valid_until" not in fields
        or fields["check_valid_until"].boolean(),
    )


def _file(field: Field) -> File:
    fields = field.mapping("name", "version", "architecture", "url", "sha256", "size")
    version = _need(field, fields, "version")
    sha256 = _need(field, fields, "sha256")
    if not re.fullmatch(r"[0-9a-f]{64}", sha256.string()):
        raise sha256.expected("64 hexadecimal digits in lower case")
    return File(
        name=_name(_need(field, fields, "name")),
        version=version_of(version.nonempty_string(), version.place),
        architecture=_name(_need(field, fields, "architecture")),
        url=_url(_need(field, fields, "url")),
        sha256=Sha256(sha256.string()),
        size=fields["size"].integer() if "size" in fields else None,
    )


def _sets(field: Field, architectures: tuple[str, ...], resolve: bool) -> Iterator[PackageSet]:
    """The sets, those before the others that the others stand on."""
    if not isinstance(field.value, dict):
        raise field.expected("a mapping from names of sets")
    places = field.mapping(*field.value)
    done: dict[str, PackageSet] = {}

    def visit(name: str, place: Field, above: tuple[str, ...]) -> PackageSet:
        if name in above:
            raise ToolError(f"{place.place}: stands on itself: {' -> '.join((*above, name))}")
        if name not in places:
            raise place.expected(f"the name of a set; there are {', '.join(places)}")
        if name not in done:
            fields = places[name].mapping(
                "packages", "base", "architectures", "dependencies", "ignored_dependencies"
            )
            below = fields["base"].items() if "base" in fields else []
            bases = [visit(item.nonempty_string(), item, (*above, name)) for item in below]
            done[name] = _set(name, places[name], fields, bases, architectures, resolve)
        return done[name]

    for name in places:
        if not _NAME.fullmatch(name):
            raise ToolError(f"{field.place}: {name!r:.80} is not a name: a-z, 0-9 and _ . + -")
        visit(name, places[name], ())
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
        lacking = [name for name in chosen if name not in base.architectures]
        if lacking:
            raise ToolError(
                f"{field.place}: for {', '.join(lacking)} too, which its base {base.name} is not"
            )
    ignored = _ignored(fields["ignored_dependencies"]) if "ignored_dependencies" in fields else {}
    return PackageSet(
        name=name,
        roots=_need(field, fields, "packages").each(lambda item: _root(item, architectures)),
        bases=tuple(dict.fromkeys(each for base in bases for each in (*base.bases, base.name))),
        architectures=chosen,
        resolve_dependencies=(
            _resolve(fields["dependencies"]) if "dependencies" in fields else resolve
        ),
        ignored_dependencies={
            key: item for base in bases for key, item in base.ignored_dependencies.items()
        }
        | ignored,
        own_ignored=tuple(ignored),
    )


def _ignored(field: Field) -> dict[str, str]:
    """A mapping from names of packages to reasons."""
    if not isinstance(field.value, dict):
        raise field.expected("a mapping from package names to reasons")
    ignored = {key: item.nonempty_string() for key, item in field.mapping(*field.value).items()}
    if len(ignored) < len(field.value):
        raise field.expected("a reason for each package")
    return ignored


def _root(field: Field, architectures: tuple[str, ...]) -> Root:
    root = parse_root(field.nonempty_string(), field.place)
    if not root.architectures <= set(architectures):
        raise field.expected(f"in brackets some of {', '.join(architectures)}")
    return root


def _need(parent: Field, fields: Mapping[str, Field], name: str) -> Field:
    if name not in fields:
        raise ToolError(f"{parent.place}: no `{name}`", "docs/lock.md describes the file")
    return fields[name]


def _resolve(field: Field) -> bool:
    if field.value not in ("resolve", "explicit"):
        raise field.expected("`resolve` or `explicit`")
    return bool(field.value == "resolve")


def _subset(fields: Mapping[str, Field], architectures: tuple[str, ...]) -> tuple[str, ...]:
    if "architectures" not in fields:
        return architectures
    chosen = _names(fields["architectures"])
    if not set(chosen) <= set(architectures):
        raise fields["architectures"].expected(f"some of {', '.join(architectures)}")
    return chosen


def _names(field: Field) -> tuple[str, ...]:
    names = field.each(_name)
    if not names or len(set(names)) < len(names):
        raise field.expected("a list of names, each once")
    return names


def _name(field: Field) -> str:
    if not _NAME.fullmatch(field.nonempty_string()):
        raise field.expected("a name: a-z, 0-9 and _ . + -")
    return field.string()


def _url(field: Field) -> str:
    if not re.fullmatch(r"(https?|file)://[^\s?#]+", field.nonempty_string()):
        raise field.expected("a URL")
    return field.string()


def _fingerprint(field: Field) -> str:
    text = field.nonempty_string().replace(" ", "").lower()
    if not _FINGERPRINT.fullmatch(text):
        raise field.expected("the fingerprint of a primary key, 40 or 64 hexadecimal digits")
    return text
