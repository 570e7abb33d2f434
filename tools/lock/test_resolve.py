"""Resolving, on packages made up for each case."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import PackageKey
from tools.lock.manifest import Manifest
from tools.lock.manifest_reader import parse_manifest
from tools.lock.packages import Package, package_of, parse_stanza
from tools.lock.resolve import Resolution
from tools.lock.resolving import resolve_manifest
from tools.lock.testing_repository import stanza


class Made:
    """A source, from stanzas."""

    def __init__(self, *stanzas: str, origin: str = "stable", automatic: bool = True) -> None:
        self.origin = origin
        self._packages = [
            package_of(parse_stanza(text), url="http://a/b", origin=origin, automatic=automatic)
            for text in stanzas
        ]

    def named(self, name: str) -> list[Package]:
        return [item for item in self._packages if item.name == name]

    def providers(self, name: str) -> list[str]:
        return [
            item.name for item in self._packages if name in {each.name for each in item.provides}
        ]

    def names(self) -> list[str]:
        return [item.name for item in self._packages]


def manifest(sets: str, architectures: str = "amd64") -> Manifest:
    text = f"""\
version: 1
architectures: [{architectures}]
sources: [{{url: 'http://a', suites: [stable], components: [main], keyring: k}}]
sets: {sets}
"""
    return parse_manifest(text.encode(), "some.yaml")


def resolve(sets: str, *sources: Made) -> Resolution:
    return resolve_manifest(manifest(sets), {"amd64": sources})["amd64"]


def names(resolution: Resolution, name: str = "s") -> list[str]:
    return sorted(resolution.sets[name])


def edges(resolution: Resolution, key: str) -> frozenset[PackageKey]:
    return resolution.edges[PackageKey(key)]


def versions(resolution: Resolution) -> Mapping[str, str]:
    return {item.name: item.version for item in resolution.sets["s"].values()}


def problem(sets: str, *sources: Made) -> str:
    with pytest.raises(ToolError) as caught:
        resolve(sets, *sources)
    return str(caught.value)


APP = "{s: {packages: [app]}}"


def test_dependencies_are_followed_pre_depends_too() -> None:
    source = Made(
        stanza("app", Depends="a", Pre_Depends="b"),
        stanza("a", Depends="c"),
        stanza("b"),
        stanza("c"),
    )
    assert names(resolve(APP, source)) == ["a", "app", "b", "c"]


def test_circles_end() -> None:
    assert names(resolve(APP, Made(stanza("app", Depends="b"), stanza("b", Depends="app")))) == [
        "app",
        "b",
    ]


def test_the_highest_version_of_all_sources_is_taken() -> None:
    older = Made(stanza("app", "1:1.0~rc1"), stanza("app", "9"))
    newer = Made(stanza("app", "1:1.0"), origin="security")
    for sources in ((older, newer), (newer, older)):
        assert versions(resolve(APP, *sources)) == {"app": "1:1.0"}


def test_equal_versions_are_taken_by_the_order_of_the_sources() -> None:
    sources = Made(stanza("app"), origin="first"), Made(stanza("app"), origin="second")
    assert resolve(APP, *sources).sets["s"]["app"].origin == "first"


def test_backports_are_taken_where_nothing_else_fits() -> None:
    stable = Made(stanza("app", "1", Depends="a"), stanza("a"))
    backports = Made(
        stanza("app", "2~bpo", Depends="a, n"), stanza("n"), origin="bpo", automatic=False
    )
    assert versions(resolve(APP, stable, backports)) == {"app": "1", "a": "1.0"}
    bound = "{s: {packages: [app (>= 2~)]}}"
    assert names(resolve(bound, stable, backports)) == ["a", "app", "n"]


def test_a_bound_of_the_manifest_holds_back() -> None:
    source = Made(stanza("app", "1"), stanza("app", "2"))
    assert versions(resolve("{s: {packages: [app (= 1)]}}", source)) == {"app": "1"}
    assert "of app there is only 2 (stable), 1 (stable)" in problem(
        "{s: {packages: [app (= 3)]}}", source
    )


def test_a_package_of_the_name_beats_those_that_provide_it() -> None:
    source = Made(stanza("app", Depends="x"), stanza("a", Provides="x"), stanza("x"))
    assert names(resolve(APP, source)) == ["app", "x"]


def test_a_renamed_library_is_found_by_what_it_provides() -> None:
    new = stanza("libssl3t64", "3.5.1-1", Provides="libssl3 (= 3.5.1-1)", Breaks="libssl3 (<< 3.5)")
    source = Made(stanza("app", Depends="libssl3 (>= 3.0.0)"), new)
    resolution = resolve(APP, source)
    assert names(resolution) == ["app", "libssl3t64"]
    assert edges(resolution, "app_1.0_amd64") == {"libssl3t64_3.5.1-1_amd64"}


def test_a_provides_without_a_version_satisfies_no_bound() -> None:
    source = Made(stanza("app", Depends="x (>= 1)"), stanza("a", "9", Provides="x"))
    assert "app -> x (>= 1): in none of stable" in problem(APP, source)


def test_providers_are_taken_by_priority_and_then_by_name() -> None:
    choices = [stanza("gawk", Provides="awk", Priority="optional")]
    choices.append(stanza("mawk", Provides="awk", Priority="required"))
    source = Made(stanza("app", Depends="awk"), *choices)
    assert names(resolve(APP, source)) == ["app", "mawk"]
    source = Made(stanza("app", Depends="x"), stanza("b", Provides="x"), stanza("a", Provides="x"))
    assert names(resolve(APP, source)) == ["a", "app"]


def test_of_alternatives_the_first_that_there_is() -> None:
    source = Made(stanza("app", Depends="a | b | c"), stanza("b"), stanza("c"))
    assert names(resolve(APP, source)) == ["app", "b"]


def test_an_alternative_that_is_there_anyway_is_enough() -> None:
    source = Made(
        stanza("app", Depends="a | b, d"), stanza("d", Depends="b"), stanza("a"), stanza("b")
    )
    assert names(resolve(APP, source)) == ["app", "b", "d"]


def test_qualifiers() -> None:
    source = Made(stanza("app", Depends="python3:any, lib:amd64"), stanza("python3"), stanza("lib"))
    assert names(resolve(APP, source)) == ["app", "lib", "python3"]
    source = Made(stanza("app", Depends="lib:arm64"), stanza("lib"))
    assert "lib:arm64 is of another architecture" in problem(APP, source)


def test_a_set_holds_what_its_bases_lack() -> None:
    source = Made(stanza("app", Depends="lib"), stanza("lib", Depends="libc"), stanza("libc"))
    resolution = resolve(
        "{s: {packages: [app, libc], base: [low]}, low: {packages: [libc]}}", source
    )
    assert names(resolution) == ["app", "lib"]
    assert names(resolution, "low") == ["libc"]
    assert edges(resolution, "lib_1.0_amd64") == {"libc_1.0_amd64"}


def test_a_listed_set_takes_nothing_that_is_not_listed() -> None:
    source = Made(stanza("app", Depends="lib"), stanza("lib"))
    assert (
        problem("{s: {packages: [app], dependencies: explicit}}", source)
        == "some.yaml: s: app -> lib: not in the set"
        " (hint: list it among the packages, or under `ignored_dependencies` with the reason)"
    )
    listed = (
        "{s: {packages: [app], dependencies: explicit, ignored_dependencies: {lib: the reason}}}"
    )
    assert names(resolve(listed, source)) == ["app"]


def test_what_a_base_leaves_out_stays_out_above_it() -> None:
    source = Made(stanza("low", Depends="debconf | debconf-2"), stanza("app", Depends="debconf-2"))
    low = "low: {packages: [low], ignored_dependencies: {debconf: r, debconf-2: r}}"
    sets = f"{{{low}, s: {{packages: [app], base: [low]}}}}"
    assert names(resolve(sets, source)) == ["app"]


def test_a_reason_that_no_longer_holds_is_told() -> None:
    error = problem("{s: {packages: [app], ignored_dependencies: {lib: r}}}", Made(stanza("app")))
    assert error.startswith("some.yaml: sets.s.ignored_dependencies.lib: no package depends on it")


def test_the_chain_tells_how_a_package_came_in() -> None:
    source = Made(
        stanza("app", Depends="a"),
        stanza("a", Depends="virtual"),
        stanza("b", Provides="virtual", Depends="none (>= 1) | nil"),
    )
    assert "s: app -> a -> virtual -> none (>= 1) | nil: in none of stable" in problem(APP, source)


def test_conflicts_are_told_with_both_chains() -> None:
    source = Made(
        stanza("app", Depends="a, b"), stanza("a", Breaks="b (<< 2)"), stanza("b", "1"), stanza("c")
    )
    assert "s: app -> a conflicts with b (<< 2): but app -> b 1 is in the set" in problem(
        APP, source
    )


def test_a_package_may_conflict_with_a_name_that_it_provides_itself() -> None:
    source = Made(stanza("app", Provides="mta", Conflicts="mta"), stanza("b", Provides="mta"))
    assert names(resolve(APP, source)) == ["app"]
    assert "conflicts with mta" in problem("{s: {packages: [app, b]}}", source)


def test_a_virtual_package_cannot_be_listed() -> None:
    error = problem("{s: {packages: [awk]}}", Made(stanza("mawk", Provides="awk")))
    assert "s: awk: in none of stable (hint: list one of those that provide it: mawk)" in error


def test_problems_of_several_architectures_are_one() -> None:
    source = Made(stanza("app", Depends="lib"))
    with pytest.raises(ToolError) as caught:
        resolve_manifest(
            manifest(APP, "amd64, arm64, armhf"),
            {"amd64": [source], "arm64": [source], "armhf": [Made(stanza("app"))]},
        )
    assert str(caught.value) == "some.yaml: s (amd64, arm64): app -> lib: in none of stable"


def test_one_problem_with_several_hints_is_one() -> None:
    with pytest.raises(ToolError) as caught:
        resolve_manifest(
            manifest("{s: {packages: [lib]}}", "amd64, arm64"),
            {"amd64": [Made(stanza("lib1"))], "arm64": [Made(stanza("lib2"))]},
        )
    told = "(hint: names near lib: lib1)"
    assert str(caught.value) == f"some.yaml: s: lib: in none of stable {told}"


def test_a_base_that_fails_is_told_once() -> None:
    error = problem("{low: {packages: [none]}, s: {packages: [app], base: [low]}}", Made())
    assert error == "some.yaml: low: none: in none of stable"
