"""Runs the update of Node.js in a project of a test."""

from __future__ import annotations

import datetime

import pysequoia

from tools.lib.download.download import Downloader
from tools.lib.openpgp.openpgp import Keyring
from tools.lib.updates.change import SourceUpdate
from tools.lib.updates.node_lock import parse_node_lock
from tools.lib.updates.node_site import NodeSite
from tools.lib.updates.node_versions import NodeSources
from tools.lib.updates.nodejs import npm_packages, update_nodejs
from tools.lib.updates.npm import NpmRegistry
from tools.lib.updates.testing import Project

NOW = datetime.datetime.now(datetime.UTC)


def update_node(project: Project, *, site: bool = True, npm: bool = True) -> SourceUpdate:
    """Updates the lock of a project.

    Args:
        project: the project.
        site: whether its nodejs.org can be reached.
        npm: whether its npm registry can be reached.
    """
    data = (project.locks / "nodejs.json").read_bytes()
    url, downloader = project.server.url, Downloader()
    certificates = tuple(pysequoia.Cert.split_bytes(project.node.certificate))
    found = NodeSite(f"{url}/node", downloader, Keyring("node.pgp", certificates), NOW)
    registry = NpmRegistry(f"{url}/npm", downloader)
    names = npm_packages(parse_node_lock(data, "nodejs.json"))
    sources = NodeSources(
        found if site else None,
        found.releases() if site else (),
        registry if npm else None,
        {key: registry.package(name) for key, name in names.items()} if npm else {},
    )
    return update_nodejs(data, sources)
