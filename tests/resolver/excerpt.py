"""Writes the excerpts of package indexes that the tests of the resolver read.

    PYTHONPATH=. python3 tests/resolver/excerpt.py MANIFEST EXCERPT

makes `EXCERPT.Packages.xz` for the packages that `EXCERPT.txt` names, from the suites of a manifest
such as private/lock/debian12.yaml. It has everything that these could need on amd64: each
alternative of a dependency, and packages that provide one. Fields that no resolver reads are left
out, and hashes are made up, because they do not compress.
"""

from __future__ import annotations

import datetime
import hashlib
import lzma
import os
import sys
from pathlib import Path

from tools.lib.apt.candidates import Candidates
from tools.lib.apt.packages import IndexPackage
from tools.lib.apt.repositories import IndexCache
from tools.lib.cli.progress import Lines
from tools.lib.manifest.manifest_reader import read_manifest

# Names that dozens of packages provide, of which Debian's defaults are enough.
_MAX_PROVIDERS = 12


def main(manifest_path: str, excerpt: str) -> None:
    manifest = read_manifest(manifest_path)
    directory = os.path.expanduser("~/.cache/distroless/lock")
    now = datetime.datetime.now(datetime.UTC)
    cache = IndexCache(directory, now, Lines("lock: "), allow_missing=True)
    indexes = cache.fetch([manifest])[manifest_path].by_architecture["amd64"]
    candidates = Candidates("amd64", indexes, {})
    wanted = Path(f"{excerpt}.txt").read_text().split()
    found: dict[str, IndexPackage] = {}
    queue = list(wanted)
    while queue:
        package = candidates.candidate(queue.pop())
        if package is None or package.name in found:
            continue
        found[package.name] = package
        for dependency in package.depends:
            for relation in dependency:
                queue.append(relation.name)
                names = {each for index in indexes for each in index.providers(relation.name)}
                providers = sorted(names)
                queue += providers[:_MAX_PROVIDERS]
    # The cached indexes lack Multi-Arch, of which apt needs only this for one architecture.
    allowed = {
        relation.name
        for package in found.values()
        for dependency in package.depends
        for relation in dependency
        if relation.qualifier == "any"
    }
    text = "\n".join(_stanza(found[name], name in allowed) for name in sorted(found))
    data = lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)
    Path(f"{excerpt}.Packages.xz").write_bytes(data)
    print(f"{excerpt}: {len(found)} packages, {len(data)} bytes")


def _stanza(package: IndexPackage, is_allowed: bool) -> str:
    fields = {
        "Package": package.name,
        "Version": package.version,
        "Architecture": package.architecture,
        "Priority": ("required", "important", "standard", "optional", "extra", "")[
            package.priority
        ],
        "Multi-Arch": "allowed" if is_allowed else "",
        **package.relations,
        "Filename": f"pool/{package.name}.deb",
        "Size": "1000",
        "SHA256": hashlib.sha256(b"").hexdigest(),
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


if __name__ == "__main__":
    main(*sys.argv[1:])
