"""Reads what rules_distroless calls a manifest, a lock, and tags; writes a manifest of ours.

Four forms are read, whichever the file has:

- the YAML manifest, version 1 (`sources` with `channel` and `url`, `archs`, `packages`), with the
  versions of its lock beside it (`<x>.lock.json`, version 1) if there is one;
- MODULE.bazel with the tags `sources_list` and `install` of the extension `apt`;
- that extension's lock, version 2.

A version that is locked there becomes a bound: `libc6 (= 2.36-9)`.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    parse_object,
    require_list,
    require_object,
    require_string,
    require_strings,
)
from tools.lib.data.yaml_fields import Field, load
from tools.lib.manifest.keyrings import default_keyring

_EXTENSION = "@rules_distroless//apt:extensions.bzl"
_KEY = re.compile(r"/(?P<suite>[^/]+)/(?P<name>[^:]+):(?P<architecture>[^=]+)(?:=.*)?")
_SNAPSHOT = re.compile(r"/[0-9]{8}T[0-9]{6}Z$")
_DEBIAN_SNAPSHOT = re.compile(r"https://snapshot\.debian\.org/archive/([^/]+)/[^/]+")


@dataclass(frozen=True, slots=True)
class ForeignSource:
    """A repository: its URL without a final slash, and what to read of it."""

    url: str
    suites: tuple[str, ...]
    components: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForeignManifest:
    """What one set of packages of rules_distroless says.

    Attributes:
        name: of the set.
        architectures: Debian's names.
        sources: the repositories.
        packages: as our manifests list them.
    """

    name: str
    architectures: tuple[str, ...]
    sources: tuple[ForeignSource, ...]
    packages: tuple[str, ...]


def read_foreign(path: str, name: str) -> ForeignManifest:
    """Reads a file of rules_distroless.

    Args:
        path: of the file.
        name: of the set to read; empty if there is one only.

    Raises:
        ToolError: the file has none of the forms, or several sets and none is named.
    """
    with open(path, "rb") as source:
        data = source.read()
    if path.endswith(".bazel"):
        return _read_tags(data, path, name)
    if path.endswith(".json"):
        return _read_lock(data, path, name)
    return _read_manifest(data, path)


def convert(manifest: ForeignManifest) -> tuple[str, list[str]]:
    """The text of our manifest, and what its author must add to it."""
    lines = [
        "version: 1",
        f"architectures: [{', '.join(manifest.architectures)}]",
        "sources:",
    ]
    notes = []
    for source in manifest.sources:
        lines.append(f"  - url: {source.url}")
        lines.append(f"    suites: [{', '.join(source.suites)}]")
        lines.append(f"    components: [{', '.join(source.components)}]")
        if _SNAPSHOT.search(source.url):
            lines.append("    check_valid_until: false  # a snapshot does not change any more")
            archive = _DEBIAN_SNAPSHOT.match(source.url)
            # Versions that are bounds exist in the snapshot only.
            if archive and not any("(=" in package for package in manifest.packages):
                notes.append(
                    f"{source.url}: a snapshot does not change (to get newer packages: write"
                    f" `archive: {archive[1]}` instead of `url` and `check_valid_until`)"
                )
        if default_keyring(None, source.url) is None:
            lines.append("    keyring: FILE  # the OpenPGP keys of this repository")
            notes.append(f"{source.url}: write the path of its keyring instead of FILE")
    lines += ["sets:", f"  {manifest.name}:", "    packages:"]
    lines += [f"      - {package}" for package in manifest.packages]
    return "\n".join(lines) + "\n", notes


def _read_manifest(data: bytes, path: str) -> ForeignManifest:
    fields = load(data, path).mapping("version", "sources", "archs", "packages")
    for required in ("sources", "archs", "packages"):
        if required not in fields:
            raise ToolError(f"{path}: missing `{required}`", "is it one of rules_distroless?")
    architectures = fields["archs"].strings()
    sources: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for item in fields["sources"].items():
        own = item.mapping("channel", "url", "urls")
        if "channel" not in own or ("url" in own) == ("urls" in own):
            raise ToolError(f"{item.where}: expected `channel`, and `url` or `urls`")
        suite, *components = own["channel"].nonempty_string().split()
        urls = own["urls"].strings() if "urls" in own else (own["url"].nonempty_string(),)
        sources.setdefault((_best(urls), tuple(components)), []).append(suite)
    versions = _locked_versions(path)
    return ForeignManifest(
        name=_set_name(os.path.splitext(os.path.basename(path))[0]),
        architectures=architectures,
        sources=tuple(
            ForeignSource(url, tuple(suites), components)
            for (url, components), suites in sources.items()
        ),
        packages=tuple(
            line
            for item in dict.fromkeys(fields["packages"].each(Field.nonempty_string))
            for line in _bounded(item, versions.get(item, {}), architectures)
        ),
    )


def _locked_versions(manifest: str) -> dict[str, dict[str, str]]:
    """By package and architecture, the versions of the lock beside a manifest."""
    path = os.path.splitext(manifest)[0] + ".lock.json"
    try:
        with open(path, "rb") as source:
            document = parse_object(source.read(), path)
    except FileNotFoundError:
        return {}
    if document.get("version") != 1:
        raise ToolError(f"{path}: expected version 1 of rules_distroless")
    versions: dict[str, dict[str, str]] = {}
    for number, item in enumerate(require_list(document.get("packages"), f"{path}: packages")):
        where = f"{path}: packages[{number}]"
        fields = require_object(item, where)
        name, version, architecture = (
            require_string(fields.get(key), f"{where}.{key}") for key in ("name", "version", "arch")
        )
        versions.setdefault(name, {})[architecture] = version
    return versions


def _read_lock(data: bytes, path: str, name: str) -> ForeignManifest:
    document = parse_object(data, path)
    if document.get("version") != 2:
        raise ToolError(
            f"{path}: expected version 2 of rules_distroless",
            "to convert a lock of version 1, name its manifest",
        )
    by_name = require_object(document.get("dependency_sets"), f"{path}: dependency_sets")
    chosen = _choose(by_name, name, path)
    place = f"{path}: dependency_sets.{chosen}"
    by_architecture = require_object(require_object(by_name[chosen], place).get("sets"), place)
    versions: dict[str, dict[str, str]] = {}
    releases = set()
    for architecture, keys in by_architecture.items():
        for key, version in require_object(keys, f"{place}.{architecture}").items():
            match = _KEY.fullmatch(key)
            if not match:
                raise ToolError(f"{place}.{architecture}: invalid key {key!r:.80}")
            releases.add(_release(match["suite"]))
            versions.setdefault(match["name"], {})[architecture] = require_string(version, place)
    architectures = tuple(sorted(by_architecture))
    sources = []
    for suite, item in require_object(document.get("sources"), f"{path}: sources").items():
        if _release(suite) in releases:
            fields = require_object(item, f"{path}: sources.{suite}")
            uris, components = (
                require_strings(fields.get(key), f"{path}: sources.{suite}.{key}")
                for key in ("uris", "components")
            )
            sources.append(ForeignSource(_best(uris), (suite,), tuple(components)))
    return ForeignManifest(
        name=_set_name(chosen),
        architectures=architectures,
        sources=tuple(sources),
        packages=tuple(
            line
            for package in sorted(versions)
            for line in _bounded(package, versions[package], architectures)
        ),
    )


def _read_tags(data: bytes, path: str, name: str) -> ForeignManifest:
    """Reads MODULE.bazel: its calls have the syntax of Python."""
    try:
        tags = _tags(ast.parse(data, path).body)
    except (SyntaxError, ValueError):
        hint = "write the values of the tags as literals"
        raise ToolError(f"{path}: not a MODULE.bazel that can be converted", hint) from None
    where = f"{path}: apt.install"
    installs = {str(tag.get("dependency_set", "")): tag for tag in tags["install"]}
    chosen = _choose(installs, name, path)
    tag = installs[chosen]
    suites = require_strings(tag.get("suites", []), f"{where}.suites")
    sources = []
    architectures: dict[str, None] = {}
    for item in tags["sources_list"]:
        place = f"{path}: apt.sources_list"
        own = require_strings(item.get("suites", []), f"{place}.suites")
        wanted = tuple(suite for suite in own if not suites or suite in suites)
        if wanted:
            uris = require_strings(item.get("uris", []), f"{place}.uris")
            components = require_strings(item.get("components", []), f"{place}.components")
            sources.append(ForeignSource(_best(uris), wanted, tuple(components)))
            listed = require_strings(item.get("architectures", []), f"{place}.architectures")
            architectures |= dict.fromkeys(each for each in listed if each != "all")
    packages = require_strings(tag.get("packages", []), f"{where}.packages")
    return ForeignManifest(
        name=_set_name(chosen),
        architectures=tuple(architectures) or ("amd64", "arm64"),
        sources=tuple(sources),
        packages=tuple(re.sub(r"^([^:\s]+):(\S+)", r"\1 [\2]", package) for package in packages),
    )


def _tags(statements: Sequence[ast.stmt]) -> dict[str, list[dict[str, Any]]]:
    """The attributes of each tag of the extension, by the tag's class.

    Raises:
        ValueError: a value is not a literal.
    """
    tags: dict[str, list[dict[str, Any]]] = {"sources_list": [], "install": []}
    extensions = set()
    for statement in statements:
        match statement:
            case ast.Assign([ast.Name(name)], ast.Call(ast.Name("use_extension"), arguments)):
                if [ast.literal_eval(each) for each in arguments] == [_EXTENSION, "apt"]:
                    extensions.add(name)
            case ast.Expr(ast.Call(ast.Attribute(ast.Name(name), kind), keywords=keywords)):
                if name in extensions and kind in tags:
                    tags[kind].append(
                        {str(each.arg): ast.literal_eval(each.value) for each in keywords}
                    )
    return tags


def _bounded(name: str, versions: Mapping[str, str], architectures: Sequence[str]) -> list[str]:
    """A package with its locked version; a line a version if architectures differ."""
    found = {architecture: versions.get(architecture) for architecture in architectures}
    distinct = dict.fromkeys(found.values())
    if len(distinct) == 1:
        version = next(iter(distinct))
        return [f"{name} (= {version})" if version else name]
    lines = []
    for version in distinct:
        own = " ".join(each for each, other in found.items() if other == version)
        if version:
            lines.append(f"{name} (= {version}) [{own}]")
    return lines


def _choose(names: Iterable[str], name: str, path: str) -> str:
    known = sorted(names)
    if not known:
        raise ToolError(f"{path}: it has no packages of rules_distroless")
    if not name and len(known) == 1:
        return known[0]
    if name not in known:
        what = f"unknown set {name!r:.80}" if name else "it has several sets"
        raise ToolError(f"{path}: {what}", f"name one after NEW.yaml: {', '.join(known)}")
    return name


def _release(suite: str) -> str:
    """The release of a suite: bookworm for bookworm-updates."""
    return suite.partition("-")[0].partition("/")[0]


def _best(urls: Sequence[str]) -> str:
    """The canonical one of several servers of snapshots, else the first."""
    if not urls:
        raise ToolError("a source without a URL")
    plain = [url.removeprefix("mirror+").rstrip("/") for url in urls]
    known = [url for url in plain if url.startswith("https://snapshot.")]
    return (known or plain)[0].replace("https://snapshot-cloudflare.", "https://snapshot.")


def _set_name(text: str) -> str:
    return re.sub(r"[^a-z0-9_.+-]", "-", text.lower()) or "packages"
