"""A project with locks, and servers on loopback that have newer versions, for tests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.lib.apt.testing_repository import SignedRepository, stanza
from tools.lib.cli.progress import Lines
from tools.lib.debian.lock import render_lock
from tools.lib.download.testing_server import Answer, Server, sends
from tools.lib.resolver.locking import lock_manifests
from tools.lib.resolver.request import LockSettings, ManifestFile
from tools.lib.updates.node_versions import PLATFORMS
from tools.lib.updates.testing_node import NodeFiles

# Tests start in the root of the repository, and change to a workspace of their own.
ROOT = Path.cwd()

_MANIFEST = """\
version: 1
architectures: [amd64, arm64]
keyring: archive.pgp
sources:
  - {archive: debian, suites: [SUITE], components: [main]}
sets:
  base: {packages: [PACKAGES]}
"""
SUITES = {"debian12": "bookworm", "debian13": "trixie", "bazelw": "forky"}
OLD = {"libssl3": "3.0.16-1~deb12u1", "libzstd1": "1.5.4+dfsg2-5"}
NEW = {"libssl3": "3.0.17-1~deb12u3", "libzstd1": "1.5.4+dfsg2-5"}
_SOURCES = {"libssl3": "openssl", "libzstd1": "libzstd"}
_TEMURIN = """\
# Comments stay.
version: 1
architectures: [amd64, s390x]

sets:
  java21: {packages: [temurin-21-jre]}
  java21-debug: {packages: [temurin-21-jdk]}

files:
"""
_TEMURIN_FILE = """\
  - name: {name}
    version: {version}
    architecture: {architecture}
    sha256: {sha256}
    url: https://packages.adoptium.net/artifactory/deb/pool/main/t/temurin-21/{name}_{version}_{architecture}.deb
"""


class Project:
    """A workspace, the apt repositories that it locks, and a server for everything else.

    Args:
        directory: gets `workspace`, and `apt` with the repositories.
        server: has nodejs.org's releases at /node, an npm registry at /npm, an index of Python
            packages at /simple, and the security tracker at /tracker.
    """

    def __init__(self, directory: Path, server: Server) -> None:
        self.directory = directory
        self.apt = ""
        self.workspace = directory / "workspace"
        self.locks = self.workspace / "private" / "lock"
        self.locks.mkdir(parents=True)
        self.server = server
        self.debian = SignedRepository(directory / "apt" / "debian")
        self.debian.write_keyring(self.locks / "archive.pgp")
        self.adoptium = SignedRepository(directory / "apt" / "adoptium")
        self.node = NodeFiles(server)
        (self.locks / "keys").mkdir()
        (self.locks / "keys" / "nodejs-release-keys.pgp").write_bytes(self.node.certificate)

    def write_locks(self) -> None:
        """Locks old versions of everything. The current directory is the workspace."""
        for name, suite in SUITES.items():
            packages = ", ".join(OLD)
            text = _MANIFEST.replace("SUITE", suite).replace("PACKAGES", packages)
            (self.locks / f"{name}.yaml").write_text(text)
            self.publish(suite, dict.fromkeys(("amd64", "arm64"), OLD))
        self.write_temurin("21.0.10.0.0+7-0")
        for name in (*SUITES, "temurin"):
            path = f"private/lock/{name}"
            file = ManifestFile(f"{path}.yaml", f"{path}.yaml", f"{path}.lock.json", "")
            (result,) = lock_manifests([file], LockSettings(), Lines())
            (self.workspace / result.path).write_bytes(render_lock(result.lock))
        self.write_node({"amd64": "24.21.0", "arm": "24.21.0"})
        self.publish_python({"alpha": "1.0"})
        folder = self.workspace / "tools" / "python"
        folder.mkdir(parents=True)
        (folder / "requirements.in").write_text("alpha\n")

    def publish(self, suite: str, versions: Mapping[str, Mapping[str, str]]) -> None:
        """Publishes packages: by architecture, their versions by name."""
        self.debian.write_suite(
            suite,
            {
                architecture: [
                    stanza(
                        name,
                        version,
                        architecture,
                        Filename=f"pool/main/{_SOURCES[name][0]}/{_SOURCES[name]}/"
                        f"{name}_{version}_{architecture}.deb",
                    )
                    for name, version in packages.items()
                ]
                for architecture, packages in versions.items()
            },
        )

    def write_temurin(self, version: str) -> None:
        """Writes the manifest of Temurin with these pins."""
        files = [
            _TEMURIN_FILE.format(
                name=name,
                version=version,
                architecture=architecture,
                sha256=hashlib.sha256(f"{name} {architecture}".encode()).hexdigest(),
            )
            for name in ("temurin-21-jre", "temurin-21-jdk")
            for architecture in ("amd64", "s390x")
        ]
        (self.locks / "temurin.yaml").write_text(_TEMURIN + "".join(files))

    def publish_temurin(self, versions: Mapping[str, Sequence[str]]) -> str:
        """Publishes versions of both packages, by architecture; returns the key's fingerprint."""
        self.adoptium.write_suite(
            "trixie",
            {
                architecture: [
                    stanza(
                        name,
                        version,
                        architecture,
                        Filename=f"pool/main/t/temurin-21/{name}_{version}_{architecture}.deb",
                    )
                    for version in named
                    for name in ("temurin-21-jre", "temurin-21-jdk")
                ]
                for architecture, named in versions.items()
            },
        )
        return self.adoptium.write_keyring(self.adoptium.root / "key.pgp")

    def write_node(self, versions: Mapping[str, str], *, npm_only: bool = False) -> None:
        """Locks releases of Node.js by architecture; for some, from the npm registry too."""
        archives = []
        for architecture, version in versions.items():
            platform = PLATFORMS[architecture]
            name = f"node-v{version}-{platform}"
            url = f"https://nodejs.org/dist/v{version}/{name}.tar.gz"
            sources = [{"url": url, "sha256": "0" * 64, "strip_prefix": name}]
            pins = {}
            if architecture in ("amd64", "arm64"):
                npm = f"node-{platform}@{version}"
                sources = [] if npm_only else sources
                sources.append({"npm": npm, "sha256": "1" * 64, "strip_prefix": "package"})
                pins = {"bin_node_sha256": "2" * 64, "license_sha256": "3" * 64}
            archives.append(
                {
                    "major": version.partition(".")[0],
                    "architecture": architecture,
                    "version": version,
                    "sources": sources,
                    **pins,
                }
            )
        text = json.dumps({"version": 1, "archives": archives}, indent=2) + "\n"
        (self.locks / "nodejs.json").write_text(text)

    def publish_python(self, versions: Mapping[str, str]) -> None:
        """Publishes Python packages, each with one version."""
        for name, version in versions.items():
            # What an index has of a wheel without the wheel (PEP 658) is all that locking needs.
            metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
            file = f"{name}-{version}-py3-none-any.whl"
            sha256 = hashlib.sha256(file.encode()).hexdigest()
            page = f'<a href="/files/{file}#sha256={sha256}" data-core-metadata="true">{file}</a>'
            self.server.answers[f"/simple/{name}/"] = _page(page.encode())
            self.server.answers[f"/files/{file}.metadata"] = metadata

    def flags(self, fingerprint: str) -> list[str]:
        """The flags that name the servers; `fingerprint` is that of Adoptium's key."""
        return [
            f"--nodejs={self.server.url}/node",
            f"--tracker={self.server.url}/tracker",
            f"--temurin={self.apt}/adoptium",
            f"--temurin-key={self.apt}/adoptium/key.pgp",
            f"--temurin-fingerprint={fingerprint}",
            f"--query={self.directory}/query.jsonl",
        ]

    def contents(self) -> dict[str, bytes]:
        """All files of the workspace."""
        return {
            str(path.relative_to(self.workspace)): path.read_bytes()
            for path in sorted(self.workspace.rglob("*"))
            if path.is_file()
        }


def _page(body: bytes) -> Answer:
    head = f"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
    return sends(head.encode() + body)


def publish_everything(project: Project) -> list[str]:
    """Publishes a newer version of everything.

    Returns:
        The flags that name the servers.
    """
    data = "tools/lib/updates/testdata"
    project.publish("bookworm", {"amd64": NEW, "arm64": NEW})
    project.publish("forky", {"amd64": {**OLD, "libzstd1": "1.5.7-1"}, "arm64": OLD})
    temurin = ["21.0.11.0.0+10-0"]
    key = project.publish_temurin({"amd64": temurin, "s390x": temurin})
    project.node.publish("24.22.3", security=True)
    project.node.publish_npm("24.22.3")
    project.publish_python({"alpha": "1.1"})
    (project.directory / "query.jsonl").write_bytes((ROOT / data / "query.jsonl").read_bytes())
    project.server.answers["/tracker"] = (ROOT / data / "tracker.json").read_bytes()
    return project.flags(key)
