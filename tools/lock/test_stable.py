"""Locking again: locked versions stay, --update moves on."""

from __future__ import annotations

import pytest

from tools.lib.apt.testing_repository import date, stanza
from tools.lock.testing import APP, MANIFEST, Workspace

NEWER = [stanza("app", "2.0", Depends="lib (>= 1.0)"), stanza("lib", "2.0", "all"), stanza("tool")]


def versions(workspace: Workspace) -> dict[str, str]:
    return {each["name"]: each["version"] for each in workspace.read()["packages"].values()}


@pytest.fixture
def newer(workspace: Workspace) -> Workspace:
    """A lock, and a suite that no longer lists its versions."""
    assert workspace.lock() == 0
    workspace.repository.write_suite("stable", {"amd64": NEWER}, Date=date(-0.5))
    return workspace


def test_locked_versions_stay_although_no_index_lists_them(
    newer: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    before = newer.path.read_bytes()
    assert newer.lock() == 0
    assert newer.path.read_bytes() == before
    assert capsys.readouterr().out.splitlines()[-1] == (
        "  2 newer versions (bazel run @distroless//tools/lock -- "
        f"{newer.manifest_name} --update): app 1.0 -> 2.0, lib 1.0 -> 2.0"
    )


def test_what_is_new_is_added(newer: Workspace) -> None:
    before = newer.read()["packages"]
    newer.manifest.write_text(MANIFEST.replace("[app]", "[app, tool]"))
    assert newer.lock() == 0
    assert versions(newer) == {"app": "1.0", "lib": "1.0", "tool": "1.0"}
    after = newer.read()["packages"]
    assert {key: after[key] for key in before} == before


def test_what_is_not_needed_any_more_goes(newer: Workspace) -> None:
    newer.manifest.write_text(MANIFEST.replace("[app]", "[lib]"))
    assert newer.lock() == 0
    assert versions(newer) == {"lib": "1.0"}


def test_update_moves_all_or_some(newer: Workspace) -> None:
    assert newer.lock("--update", "lib") == 0
    assert versions(newer) == {"app": "1.0", "lib": "2.0"}
    assert newer.lock("--update") == 0
    assert versions(newer) == {"app": "2.0", "lib": "2.0"}


def test_update_of_an_unknown_package_is_an_error(
    newer: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert newer.lock("--update", "libs") == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.endswith("--update: 'libs' is not in the lock (did you mean lib?)")


def test_only_what_a_new_dependency_needs_moves_on(workspace: Workspace) -> None:
    other = stanza("other")
    workspace.repository.write_suite("stable", {"amd64": [*APP, other]})
    workspace.manifest.write_text(MANIFEST.replace("[app]", "[app, other]"))
    assert workspace.lock() == 0
    packages = [
        *NEWER[:2],
        stanza("tool", Depends="lib (>= 2)"),
        stanza("other", "2.0"),
    ]
    workspace.repository.write_suite("stable", {"amd64": packages}, Date=date(-0.5))
    workspace.manifest.write_text(MANIFEST.replace("[app]", "[app, other, tool]"))
    assert workspace.lock() == 0
    assert versions(workspace) == {"app": "1.0", "lib": "2.0", "other": "1.0", "tool": "1.0"}


def test_packages_that_need_each_other_s_version_move_together(workspace: Workspace) -> None:
    old = [stanza("app", Depends="lib (= 1.0)"), stanza("lib", architecture="all")]
    workspace.repository.write_suite("stable", {"amd64": old})
    assert workspace.lock() == 0
    new = [
        stanza("app", "2.0", Depends="lib (= 2.0)"),
        stanza("lib", "2.0", "all"),
        stanza("tool", Breaks="lib (<< 2)"),
    ]
    workspace.repository.write_suite("stable", {"amd64": new}, Date=date(-0.5))
    workspace.manifest.write_text(MANIFEST.replace("[app]", "[app, lib, tool]"))
    assert workspace.lock() == 0
    assert versions(workspace) == {"app": "2.0", "lib": "2.0", "tool": "1.0"}


def test_a_bound_of_the_manifest_moves_a_version(newer: Workspace) -> None:
    newer.manifest.write_text(MANIFEST.replace("[app]", "[app (>= 2)]"))
    assert newer.lock() == 0
    assert versions(newer) == {"app": "2.0", "lib": "1.0"}


def test_packages_of_a_removed_source_do_not_stay(workspace: Workspace) -> None:
    workspace.repository.write_suite("extra", {"amd64": [stanza("app", "9.0", Depends="lib")]})
    both = MANIFEST.replace("[stable]", "[stable, extra]")
    workspace.manifest.write_text(both)
    assert workspace.lock() == 0
    assert versions(workspace)["app"] == "9.0"
    workspace.manifest.write_text(MANIFEST)
    assert workspace.lock() == 0
    assert versions(workspace)["app"] == "1.0"


def test_a_pinned_file_is_what_the_manifest_says(workspace: Workspace) -> None:
    text = (
        "version: 1\narchitectures: [amd64]\nsets: {tool: {packages: [tool]}}\nfiles:\n"
        "- {name: tool, version: '1', architecture: amd64, url: 'https://a.example/t.deb',"
        f" sha256: {'1' * 64}}}\n"
    )
    workspace.manifest.write_text(text)
    assert workspace.lock() == 0
    workspace.manifest.write_text(text.replace("'1'", "'0.9'"))
    assert workspace.lock() == 0
    assert versions(workspace) == {"tool": "0.9"}
