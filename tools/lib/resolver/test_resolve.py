"""Resolving, with packages made up for each case."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tools.lib.apt.testing_repository import stanza
from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import PackageKey
from tools.lib.manifest.manifest import Manifest
from tools.lib.manifest.manifest_reader import parse_manifest
from tools.lib.resolver.resolution import Resolution
from tools.lib.resolver.resolve import resolve_manifest
from tools.lib.resolver.testing_index import FakeIndex


def manifest(sets: str, architectures: str = "amd64") -> Manifest:
    text = f"""\
version: 1
architectures: [{architectures}]
sources: [{{url: 'http://a', suites: [stable], components: [main], keyring: k}}]
sets: {sets}
"""
    return parse_manifest(text.encode(), "some.yaml")


def resolve(sets: str, *indexes: FakeIndex) -> Resolution:
    return resolve_manifest(manifest(sets), {"amd64": indexes})["amd64"]


def names(resolution: Resolution, name: str = "s") -> list[str]:
    return sorted(resolution.sets[name])


def depends(resolution: Resolution, key: str) -> frozenset[PackageKey]:
    return resolution.depends[PackageKey(key)]


def versions(resolution: Resolution) -> Mapping[str, str]:
    return {item.name: item.version for item in resolution.sets["s"].values()}


def problem(sets: str, *indexes: FakeIndex) -> str:
    with pytest.raises(ToolError) as caught:
        resolve(sets, *indexes)
    return str(caught.value)


APP = "{s: {packages: [app]}}"


def test_depends_and_pre_depends_are_followed() -> None:
    index = FakeIndex(
        stanza("app", Depends="a", Pre_Depends="b"),
        stanza("a", Depends="c"),
        stanza("b"),
        stanza("c"),
    )
    assert names(resolve(APP, index)) == ["a", "app", "b", "c"]


def test_dependency_cycles_are_resolved() -> None:
    assert names(
        resolve(APP, FakeIndex(stanza("app", Depends="b"), stanza("b", Depends="app")))
    ) == [
        "app",
        "b",
    ]


def test_the_highest_version_of_all_sources_is_taken() -> None:
    older = FakeIndex(stanza("app", "1:1.0~rc1"), stanza("app", "9"))
    newer = FakeIndex(stanza("app", "1:1.0"), suite="security")
    for indexes in ((older, newer), (newer, older)):
        assert versions(resolve(APP, *indexes)) == {"app": "1:1.0"}


def test_equal_versions_are_taken_by_the_order_of_the_sources() -> None:
    indexes = FakeIndex(stanza("app"), suite="first"), FakeIndex(stanza("app"), suite="second")
    assert resolve(APP, *indexes).sets["s"]["app"].suite == "first"


def test_backports_are_taken_where_nothing_else_fits() -> None:
    stable = FakeIndex(stanza("app", "1", Depends="a"), stanza("a"))
    backports = FakeIndex(
        stanza("app", "2~bpo", Depends="a, n"), stanza("n"), suite="bpo", automatic=False
    )
    assert versions(resolve(APP, stable, backports)) == {"app": "1", "a": "1.0"}
    bound = "{s: {packages: [app (>= 2~)]}}"
    assert names(resolve(bound, stable, backports)) == ["a", "app", "n"]


def test_a_bound_of_the_manifest_limits_the_version() -> None:
    index = FakeIndex(stanza("app", "1"), stanza("app", "2"))
    assert versions(resolve("{s: {packages: [app (= 1)]}}", index)) == {"app": "1"}
    assert problem("{s: {packages: [app (= 3)]}}", index) == (
        'some.yaml: sets.s.packages[0]: no suitable version of "app (= 3)" on amd64,'
        " found app 2 (stable), 1 (stable)"
    )


def test_a_package_of_the_name_beats_those_that_provide_it() -> None:
    index = FakeIndex(stanza("app", Depends="x"), stanza("a", Provides="x"), stanza("x"))
    assert names(resolve(APP, index)) == ["app", "x"]


def test_a_renamed_library_is_found_by_what_it_provides() -> None:
    new = stanza("libssl3t64", "3.5.1-1", Provides="libssl3 (= 3.5.1-1)", Breaks="libssl3 (<< 3.5)")
    index = FakeIndex(stanza("app", Depends="libssl3 (>= 3.0.0)"), new)
    resolution = resolve(APP, index)
    assert names(resolution) == ["app", "libssl3t64"]
    assert depends(resolution, "app_1.0_amd64") == {"libssl3t64_3.5.1-1_amd64"}


def test_a_provides_without_a_version_satisfies_no_bound() -> None:
    index = FakeIndex(stanza("app", Depends="x (>= 1)"), stanza("a", "9", Provides="x"))
    error = "some.yaml: sets.s: unmet dependency app -> x (>= 1) on amd64: not found in stable"
    assert problem(APP, index) == error


def test_providers_are_taken_by_priority_and_then_by_name() -> None:
    choices = [stanza("gawk", Provides="awk", Priority="optional")]
    choices.append(stanza("mawk", Provides="awk", Priority="required"))
    index = FakeIndex(stanza("app", Depends="awk"), *choices)
    assert names(resolve(APP, index)) == ["app", "mawk"]
    index = FakeIndex(
        stanza("app", Depends="x"), stanza("b", Provides="x"), stanza("a", Provides="x")
    )
    assert names(resolve(APP, index)) == ["a", "app"]


def test_the_first_alternative_that_exists_is_taken() -> None:
    index = FakeIndex(stanza("app", Depends="a | b | c"), stanza("b"), stanza("c"))
    assert names(resolve(APP, index)) == ["app", "b"]


def test_an_alternative_that_is_chosen_anyway_is_enough() -> None:
    index = FakeIndex(
        stanza("app", Depends="a | b, d"), stanza("d", Depends="b"), stanza("a"), stanza("b")
    )
    assert names(resolve(APP, index)) == ["app", "b", "d"]


def test_qualifiers() -> None:
    index = FakeIndex(
        stanza("app", Depends="python3:any, lib:amd64"), stanza("python3"), stanza("lib")
    )
    assert names(resolve(APP, index)) == ["app", "lib", "python3"]
    index = FakeIndex(stanza("app", Depends="lib:arm64"), stanza("lib"))
    assert problem(APP, index).endswith("app -> lib:arm64 on amd64: found lib for amd64 only")


def test_a_set_contains_what_its_bases_lack() -> None:
    index = FakeIndex(stanza("app", Depends="lib"), stanza("lib", Depends="libc"), stanza("libc"))
    resolution = resolve(
        "{s: {packages: [app, libc], base: [low]}, low: {packages: [libc]}}", index
    )
    assert names(resolution) == ["app", "lib"]
    assert names(resolution, "low") == ["libc"]
    assert depends(resolution, "lib_1.0_amd64") == {"libc_1.0_amd64"}


def test_an_explicit_set_contains_only_its_packages() -> None:
    index = FakeIndex(stanza("app", Depends="lib"), stanza("lib", Depends="libc"), stanza("libc"))
    complete = "{s: {packages: [app, lib, libc], dependencies: explicit}}"
    assert names(resolve(complete, index)) == ["app", "lib", "libc"]
    ignoring = "{s: {packages: [app], dependencies: explicit, ignored_dependencies: {lib: r}}}"
    assert names(resolve(ignoring, index)) == ["app"]


def test_ignored_dependencies_of_a_base_are_ignored_above_it() -> None:
    index = FakeIndex(
        stanza("low", Depends="debconf | debconf-2"), stanza("app", Depends="debconf-2")
    )
    low = "low: {packages: [low], ignored_dependencies: {debconf: r, debconf-2: r}}"
    sets = f"{{{low}, s: {{packages: [app], base: [low]}}}}"
    assert names(resolve(sets, index)) == ["app"]


def test_an_ignored_dependency_that_is_never_missing_is_an_error() -> None:
    error = problem(
        "{s: {packages: [app], ignored_dependencies: {lib: r}}}", FakeIndex(stanza("app"))
    )
    assert error.startswith("some.yaml: sets.s.ignored_dependencies.lib: no package of the set")


def test_an_unmet_dependency_is_an_error_with_the_chain() -> None:
    index = FakeIndex(
        stanza("app", Depends="a"),
        stanza("a", Depends="virtual"),
        stanza("b", Provides="virtual", Depends="none (>= 1) | nil"),
    )
    assert problem(APP, index) == (
        "some.yaml: sets.s: unmet dependency app -> a -> virtual -> none (>= 1) | nil on amd64:"
        " not found in stable"
    )


def test_a_conflict_is_an_error_with_both_chains() -> None:
    index = FakeIndex(
        stanza("app", Depends="a, b"), stanza("a", Breaks="b (<< 2)"), stanza("b", "1"), stanza("c")
    )
    assert problem(APP, index) == (
        "some.yaml: sets.s: app -> a conflicts with b (<< 2) on amd64,"
        " but the set contains app -> b 1"
    )


def test_a_package_may_conflict_with_a_name_that_it_provides_itself() -> None:
    index = FakeIndex(stanza("app", Provides="mta", Conflicts="mta"), stanza("b", Provides="mta"))
    assert names(resolve(APP, index)) == ["app"]
    assert "conflicts with mta" in problem("{s: {packages: [app, b]}}", index)


def test_a_virtual_package_cannot_be_requested() -> None:
    error = problem("{s: {packages: [awk]}}", FakeIndex(stanza("mawk", Provides="awk")))
    assert error == (
        'some.yaml: sets.s.packages[0]: "awk" is a virtual package on amd64'
        " (hint: list a package that provides it: mawk)"
    )


def test_a_problem_on_several_architectures_is_reported_once() -> None:
    index = FakeIndex(stanza("app", Depends="lib"))
    with pytest.raises(ToolError) as caught:
        resolve_manifest(
            manifest(APP, "amd64, arm64, armhf"),
            {"amd64": [index], "arm64": [index], "armhf": [FakeIndex(stanza("app"))]},
        )
    assert str(caught.value) == (
        "some.yaml: sets.s: unmet dependency app -> lib on amd64, arm64: not found in stable"
    )


def test_similar_names_may_differ_by_architecture() -> None:
    with pytest.raises(ToolError) as caught:
        resolve_manifest(
            manifest("{s: {packages: [lib]}}", "amd64, arm64"),
            {"amd64": [FakeIndex(stanza("lib1"))], "arm64": [FakeIndex(stanza("lib2"))]},
        )
    assert str(caught.value) == (
        'some.yaml: sets.s.packages[0]: unknown package "lib" on amd64, arm64 (did you mean lib1?)'
    )


def test_a_failing_base_is_reported_once() -> None:
    error = problem("{low: {packages: [none]}, s: {packages: [app], base: [low]}}", FakeIndex())
    assert error == 'some.yaml: sets.low.packages[0]: unknown package "none" on amd64'
