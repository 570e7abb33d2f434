"""Locks: the exact package files that the sets of a manifest resolve to.

docs/lock.md describes the file. This module has its only reader and its only writer. Standard
library only: the launcher reads a lock before anything can be installed.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NewType, TypeVar

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    Json,
    parse_object,
    require_bool,
    require_int,
    require_list,
    require_object,
    require_string,
    require_string_map,
    require_strings,
)
from tools.lib.debian.names import (
    DebianArchitecture,
    PackageName,
    Version,
    parse_architecture,
    parse_package_name,
    parse_version,
)

VERSION = 3

# `<name>_<version>_<architecture>`. Only package_key makes one: readers take keys as they are.
PackageKey = NewType("PackageKey", str)
# 64 hexadecimal digits in lower case.
Sha256 = NewType("Sha256", str)

T = TypeVar("T")
_SHA256 = re.compile("[0-9a-f]{64}")
_MAX_SIZE = 1 << 50
_DATE = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class LockedPackage:
    """One package file.

    Attributes:
        name: the package's name.
        version: the package's version.
        architecture: Debian's name of it, or `all`.
        sha256: of the file.
        size: of the file, in bytes; None if unknown.
        url: where the file is.
        depends: the packages that satisfy its dependencies, in some set or its bases; those of the
            base image are left out.
        relations: its relations to other packages as its index has them, by field: Pre-Depends,
            Depends, Conflicts, Breaks, Provides. A later lock can so keep a version that no index
            lists any more.
    """

    name: PackageName
    version: Version
    architecture: DebianArchitecture
    sha256: Sha256
    size: int | None
    url: str
    depends: tuple[PackageKey, ...]
    relations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LockedSuite:
    """A suite that was read.

    Attributes:
        source: the archive's name, or the repository's URL.
        suite: the suite's name.
        date: of its Release file, in UTC. A later lock must not go back behind it.
    """

    source: str
    suite: str
    date: datetime.datetime


@dataclass(frozen=True, slots=True)
class MissingIndex:
    """An index that was left out, because no server had one that matches its Release file.

    Attributes:
        source: the archive's name, or the repository's URL.
        suite: the suite's name.
        component: the component; empty for a repository without components.
        architecture: Debian's name of it.
        reason: in a few words, without a URL: `HTTP 404`.
    """

    source: str
    suite: str
    component: str
    architecture: str
    reason: str


@dataclass(frozen=True, slots=True)
class Lock:
    """What a manifest resolves to.

    Attributes:
        manifest_sha256: of the meaning of the manifest, see `manifest_hash`.
        packages: all package files.
        sets: by the name of a set and by architecture, the packages that the set adds to its bases.
        suites: the suites that were read.
        missing_indexes: the indexes that were left out.
        base: by architecture, the versions of the base image's packages that were counted on, by
            name. Empty without a base image.
        merged_usr: whether /bin, /lib and so on are links to directories in /usr.
    """

    manifest_sha256: Sha256
    packages: Mapping[PackageKey, LockedPackage]
    sets: Mapping[str, Mapping[str, tuple[PackageKey, ...]]]
    suites: tuple[LockedSuite, ...] = ()
    missing_indexes: tuple[MissingIndex, ...] = ()
    base: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    merged_usr: bool = False


def package_key(name: str, version: str, architecture: str) -> PackageKey:
    """The key under which a lock lists a package."""
    return PackageKey(f"{name}_{version}_{architecture}")


def render_lock(lock: Lock) -> bytes:
    """The file's bytes: sorted and one value a line, so that a diff shows what has changed."""
    value = {
        "version": VERSION,
        "manifest_sha256": lock.manifest_sha256,
        "suites": [
            {"source": each.source, "suite": each.suite, "date": each.date.strftime(_DATE)}
            for each in lock.suites
        ],
        "missing_indexes": [dataclasses.asdict(each) for each in lock.missing_indexes],
        "packages": {key: _package_json(package) for key, package in lock.packages.items()},
        "sets": lock.sets,
        "base": lock.base,
        "merged_usr": lock.merged_usr,
    }
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _package_json(package: LockedPackage) -> Json:
    value: Json = {
        "name": package.name,
        "version": package.version,
        "architecture": package.architecture,
        "sha256": package.sha256,
        "url": package.url,
        "depends": sorted(package.depends),
        "relations": dict(package.relations),
    }
    return value if package.size is None else {**value, "size": package.size}


_HINT = "lock the manifest again, see docs/lock.md"


def read_lock(path: str, hint: str = _HINT) -> Lock:
    """Reads a lock file; see parse_lock."""
    with open(path, "rb") as source:
        return parse_lock(source.read(), path, hint)


def parse_lock(data: bytes, where: str, hint: str = _HINT) -> Lock:
    """Reads the bytes of a lock file.

    Args:
        data: the bytes.
        where: the file's name, for errors.
        hint: what the user can do about a lock of another version.

    Raises:
        ToolError: not a lock of this version, or a field is missing or invalid.
    """
    value = parse_object(data, where)
    version = value.get("version")
    if version != VERSION:
        raise ToolError(
            f"{where}: lock version {version!r:.20} is not supported, expected {VERSION}",
            hint,
        )
    packages = {
        PackageKey(key): _package(item, f"{where}: packages[{key!r:.200}]")
        for key, item in require_object(value.get("packages"), f"{where}: packages").items()
    }
    for key, package in packages.items():
        _require_known(package.depends, packages, f"{where}: packages[{key!r:.200}].depends")
    sets = {}
    for name, item in require_object(value.get("sets"), f"{where}: sets").items():
        place = f"{where}: sets.{name}"
        sets[name] = {
            architecture: _keys(keys, f"{place}.{architecture}")
            for architecture, keys in require_object(item, place).items()
        }
        for architecture, keys in sets[name].items():
            _require_known(keys, packages, f"{place}.{architecture}")
    return Lock(
        manifest_sha256=_sha256(value.get("manifest_sha256"), f"{where}: manifest_sha256"),
        suites=tuple(_items(value, "suites", where, _suite)),
        missing_indexes=tuple(_items(value, "missing_indexes", where, _missing_index)),
        packages=packages,
        sets=sets,
        base={
            architecture: require_string_map(versions, f"{where}: base.{architecture}")
            for architecture, versions in require_object(
                value.get("base"), f"{where}: base"
            ).items()
        },
        merged_usr=require_bool(value.get("merged_usr"), f"{where}: merged_usr"),
    )


def _items(value: Json, name: str, where: str, read: Callable[[object, str], T]) -> list[T]:
    items = require_list(value.get(name), f"{where}: {name}")
    return [read(item, f"{where}: {name}[{number}]") for number, item in enumerate(items)]


def _suite(value: object, where: str) -> LockedSuite:
    fields = require_object(value, where)
    text = require_string(fields.get("date"), f"{where}.date")
    try:
        date = datetime.datetime.strptime(text, _DATE).replace(tzinfo=datetime.UTC)
    except ValueError:
        raise ToolError(f"{where}.date: invalid date {text!r:.80}") from None
    return LockedSuite(
        source=require_string(fields.get("source"), f"{where}.source"),
        suite=require_string(fields.get("suite"), f"{where}.suite"),
        date=date,
    )


def _missing_index(value: object, where: str) -> MissingIndex:
    fields = require_object(value, where)
    names = ("source", "suite", "component", "architecture", "reason")
    return MissingIndex(
        **{name: require_string(fields.get(name), f"{where}.{name}") for name in names}
    )


def _package(value: object, where: str) -> LockedPackage:
    fields = require_object(value, where)
    size = fields.get("size")

    def string(name: str) -> str:
        return require_string(fields.get(name), f"{where}.{name}")

    return LockedPackage(
        name=parse_package_name(string("name"), where),
        version=parse_version(string("version"), where),
        architecture=parse_architecture(string("architecture"), where),
        sha256=_sha256(fields.get("sha256"), f"{where}.sha256"),
        size=None if size is None else require_int(size, f"{where}.size", _MAX_SIZE),
        url=string("url"),
        depends=_keys(fields.get("depends"), f"{where}.depends"),
        relations=require_string_map(fields.get("relations"), f"{where}.relations"),
    )


def _keys(value: object, where: str) -> tuple[PackageKey, ...]:
    return tuple(map(PackageKey, require_strings(value, where)))


def _require_known(keys: Sequence[PackageKey], packages: Container[PackageKey], where: str) -> None:
    for number, key in enumerate(keys):
        if key not in packages:
            raise ToolError(f"{where}[{number}]: unknown package {key!r:.200}")


def _sha256(value: object, where: str) -> Sha256:
    text = require_string(value, where)
    if not _SHA256.fullmatch(text):
        raise ToolError(f"{where}: invalid SHA-256 {text!r:.80}")
    return Sha256(text)
