"""The errors of sets that cannot be resolved: what they call fields, and their lines to paste."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tools.lib.apt.testing_repository import stanza
from tools.lib.cli.errors import ToolError
from tools.lib.manifest.manifest import Manifest
from tools.lib.manifest.manifest_reader import parse_manifest
from tools.lib.resolver.resolve import Known, resolve_manifest
from tools.lib.resolver.testing_index import FakeIndex, document, error, in_file, in_tags

HINT = "(hint: add these lines to `packages`, or the names to `ignored_dependencies` with a reason)"
PSQL = FakeIndex(
    stanza("psql", Depends="libpq (>= 1), awk"),
    stanza("libpq", Depends="libssl, libc"),
    stanza("libssl"),
    stanza("libc"),
    stanza("mawk", Provides="awk"),
)
EXPLICIT = {"packages": ["psql", "libc"], "dependencies": "explicit"}


def test_what_an_explicit_set_lacks_are_items_to_paste() -> None:
    assert error(in_file({"s": EXPLICIT}), PSQL).splitlines() == [
        f"some.yaml: sets.s: 3 dependencies are missing on amd64 {HINT}",
        "      - libpq  # psql depends on it",
        "      - libssl  # libpq depends on it",
        "      - mawk  # psql depends on awk",
    ]


def test_what_an_explicit_set_lacks_are_strings_to_paste() -> None:
    assert error(in_tags({"packages": EXPLICIT}), PSQL).splitlines() == [
        f"MODULE.bazel: apt.install 'bookworm': 3 dependencies are missing on amd64 {HINT}",
        '        "libpq",  # psql depends on it',
        '        "libssl",  # libpq depends on it',
        '        "mawk",  # psql depends on awk',
    ]


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (in_file, "      - lib [arm64 armhf]  # app depends on it"),
        (in_tags, '        "lib [arm64 armhf]",  # app depends on it'),
    ],
)
def test_what_is_missing_may_differ_by_architecture(
    make: Callable[..., Manifest], line: str
) -> None:
    first = FakeIndex(stanza("app", Depends="libc"), stanza("libc"))
    other = FakeIndex(stanza("app", Depends="lib, libc"), stanza("lib"), stanza("libc"))
    sets = {"app": {"packages": ["app"], "dependencies": "explicit"}}
    found = error(make(sets, "amd64", "arm64", "armhf"), first, other, other).splitlines()
    assert "2 dependencies are missing on amd64, arm64, armhf (hint: " in found[0]
    assert found[1:] == [line, line.replace("lib [arm64 armhf]", "libc")]


def test_all_sets_that_lack_something_are_in_one_error() -> None:
    """A set above another one lacks what is missing once the lower set is complete."""
    sets = {
        "low": {"packages": ["libpq"], "dependencies": "explicit"},
        "high": {"packages": ["psql"], "base": ["low"], "dependencies": "explicit"},
        "full": {"packages": ["psql"]},
    }
    assert error(in_tags(sets), PSQL).splitlines() == [
        "MODULE.bazel: apt.package_set 'low': 2 dependencies are missing on amd64;"
        f" apt.package_set 'high': 1 dependency is missing on amd64 {HINT}",
        "apt.package_set 'low': packages",
        '        "libc",  # libpq depends on it',
        '        "libssl",  # libpq depends on it',
        "apt.package_set 'high': packages",
        '        "mawk",  # psql depends on awk',
    ]


def test_problems_of_what_is_missing_are_in_the_same_error() -> None:
    index = FakeIndex(stanza("app", Depends="lib"), stanza("lib", Depends="none"))
    sets = {"s": {"packages": ["app"], "dependencies": "explicit"}}
    assert error(in_file(sets), index).splitlines() == [
        "some.yaml: sets.s: 1 dependency is missing on amd64; sets.s: unmet dependency"
        f" app -> lib -> none on amd64: not found in stable {HINT}",
        "      - lib  # app depends on it",
    ]


def test_a_missing_dependency_moves_no_version_on() -> None:
    old = stanza("app", "1", Depends="lib")
    index = FakeIndex(old, stanza("app", "2"), stanza("lib"))
    manifest = in_file({"s": {"packages": ["app"], "dependencies": "explicit"}})
    (first, *_) = index.versions("app")
    known = {"amd64": Known(kept={"app": first})}
    with pytest.raises(ToolError, match="1 dependency is missing"):
        resolve_manifest(manifest, {"amd64": [index]}, known)
    assert "app" in resolve_manifest(manifest, {"amd64": [index]})["amd64"].sets["s"]


@pytest.mark.parametrize(
    ("sets", "source", "message"),
    [
        (
            {"packages": {"packages": ["libpq", "mawkk"]}},
            {},
            "apt.install 'bookworm': packages[1]: unknown package \"mawkk\" on amd64"
            " (did you mean mawk?)",
        ),
        (
            {"my.app": {"packages": ["libssl (>= 2)"]}},
            {},
            "apt.package_set 'my.app': packages[0]: no suitable version of \"libssl (>= 2)\""
            " on amd64, found libssl 1.0 (stable)",
        ),
        (
            {"app": {"packages": ["libssl"], "ignored_dependencies": {"x": "r"}}},
            {},
            "apt.package_set 'app': ignored_dependencies.x: no package of the set depends on it"
            " (hint: remove the line)",
        ),
        (
            {"app": {"packages": ["libssl"], "base": ["a"]}},
            {},
            "apt.package_set 'app': bases[0]: unknown set 'a' (hint: known sets: app)",
        ),
        (
            {"app": {"packages": ["libssl [arm64]"]}},
            {},
            "apt.package_set 'app': packages[0]: unknown architecture 'arm64'"
            " (hint: must be one of amd64)",
        ),
        (
            {"app": {"packages": ["libssl (1)"]}},
            {},
            "apt.package_set 'app': packages[0]: invalid package relation 'libssl (1)'",
        ),
        (
            {"App": {"packages": ["libssl"]}},
            {},
            "apt.package_set 'App': invalid name 'App' (hint: use a-z, 0-9 and _ . + -)",
        ),
        (
            {"app": {"packages": ["libssl"]}},
            {"components": None},
            "apt.sources[0] (debian bookworm): missing `components` (hint: see docs/lock.md)",
        ),
        (
            {"app": {"packages": ["libssl"]}},
            {"architectures": ["s390x"]},
            "apt.sources[0] (debian bookworm): architectures: unknown architecture 's390x'"
            " (hint: must be one of amd64)",
        ),
    ],
)
def test_errors_name_the_tag(sets: Mapping[str, Any], source: Any, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        resolve_manifest(in_tags(sets, **source), {"amd64": [PSQL]})
    assert str(caught.value) == f"MODULE.bazel: {message}"


def test_errors_name_the_tag_of_a_file() -> None:
    file = {"name": "tool", "version": "1", "architecture": "amd64", "url": "https://a/b"}
    data = json.loads(document({"app": {"packages": ["tool"]}})) | {"files": [file]}
    with pytest.raises(ToolError) as caught:
        parse_manifest(json.dumps(data).encode(), "MODULE.bazel", install="bookworm")
    expected = "MODULE.bazel: apt.file 'tool': missing `sha256` (hint: see docs/lock.md)"
    assert str(caught.value) == expected
