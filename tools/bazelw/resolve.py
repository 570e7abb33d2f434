"""Which package files make up the root: those of the lock, or what testing has now.

Testing moves on, and a mirror keeps only what is current. snapshot.debian.org keeps what the lock
names; where it is out of reach too, apt itself chooses anew: it checks signature and hashes as for
any installation. Standard library only.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from typing import Any

from tools.bazelw.fetch import Deb
from tools.lib.errors import ToolError
from tools.lib.files import read_json

_SET = "root"
_POOL = re.compile(r"https://snapshot\.debian\.org/archive/debian/[^/]+/(pool/.*)")
_URI = re.compile(r"'([^']+)' (\S+) ([0-9]+) SHA256:([0-9a-f]{64})")
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# Bazel takes the JDK that is in the lock; apt would have the default one, of 350 MB, as well.
_PROVIDED = """\
Package: default-jdk-headless
Status: install ok installed
Architecture: {architecture}
Version: 9:0
Description: stands for the JDK of the lock

"""


def locked(lock: str, architecture: str, mirror: str) -> list[Deb]:
    """The files that a lock names (docs/lock.md), from `mirror` or else snapshot.debian.org.

    Args:
        lock: path of the lock.
        architecture: Debian's name.
        mirror: the URL above `pool/`; empty: none.
    """
    document = read_json(lock)
    keys = set(_keys(document, lock, architecture))
    debs = []
    for package in document["packages"]:
        if _key(package) not in keys:
            continue
        pool = _POOL.fullmatch(package["url"])
        urls = [f"{mirror}/{pool[1]}"] if mirror and pool else []
        debs.append(
            Deb(package["name"], (*urls, package["url"]), package["sha256"], package["size"])
        )
    return debs


def _key(package: Mapping[str, Any]) -> str:
    return f"{package['name']}_{package['version']}_{package['architecture']}"


def _keys(document: Mapping[str, Any], lock: str, architecture: str) -> list[str]:
    by_architecture: dict[str, list[str]] = document["sets"][_SET]
    if architecture not in by_architecture:
        raise ToolError(
            f"{lock}: no root for {architecture}, only for {', '.join(sorted(by_architecture))}",
            "install bazelisk, or Bazel of the version in .bazelversion",
        )
    return by_architecture[architecture]


def current(lock: str, architecture: str, mirror: str, suite: str, bazel: str) -> list[Deb]:
    """The files that apt would install from `suite` today for what the lock wants.

    Args:
        lock: path of the lock; its packages that no other depends on are what is wanted.
        architecture: Debian's name.
        mirror: the URL above `dists/`.
        suite: the release to take.
        bazel: the version of Bazel that it must be.

    Raises:
        ToolError: no apt here, it fails, or the suite has another Bazel.
    """
    if not shutil.which("apt-get"):
        raise ToolError(
            f"{lock}: a package of it is gone from the mirror, and no apt-get here to choose anew",
            "is snapshot.debian.org within reach? Or install bazelisk",
        )
    with tempfile.TemporaryDirectory(prefix="bazelw-apt-") as state:
        output = _apt(state, _wanted(lock, architecture), architecture, mirror, suite)
    debs = [
        Deb(name.split("_")[0], (uri,), sha256, int(size))
        for uri, name, size, sha256 in _URI.findall(output)
    ]
    found = [deb.urls[0].rsplit("/", 1)[-1] for deb in debs if deb.name == "bazel-bootstrap"]
    if not any(name.startswith(f"bazel-bootstrap_{bazel}") for name in found):
        raise ToolError(
            f"{mirror}: {suite} has {', '.join(found) or 'no bazel-bootstrap'}, wanted is {bazel}",
            "is snapshot.debian.org within reach? Or install bazelisk",
        )
    return debs


def _wanted(lock: str, architecture: str) -> list[str]:
    document = read_json(lock)
    keys = set(_keys(document, lock, architecture))
    packages = [package for package in document["packages"] if _key(package) in keys]
    needed = {key for package in packages for key in package.get("depends", ())}
    return [package["name"] for package in packages if _key(package) not in needed]


def _apt(state: str, wanted: list[str], architecture: str, mirror: str, suite: str) -> str:
    for directory in ("lists/partial", "cache/archives/partial", "etc"):
        os.makedirs(os.path.join(state, directory))
    for file, content in (
        ("status", _PROVIDED.format(architecture=architecture)),
        ("etc/sources.list", f"deb [signed-by={_KEYRING}] {mirror} {suite} main\n"),
    ):
        with open(os.path.join(state, file), "w", encoding="utf-8") as out:
            out.write(content)
    options = {
        "Dir::State": state,
        "Dir::State::status": f"{state}/status",
        "Dir::State::lists": f"{state}/lists",
        "Dir::Cache": f"{state}/cache",
        "Dir::Etc": f"{state}/etc",
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "APT::Sandbox::User": "root",
        "APT::Install-Recommends": "false",
        "Acquire::Languages": "none",
        # Testing's expires within a week, and a mirror may be older; the signature is checked.
        "Acquire::Check-Valid-Until": "false",
    }
    flags = [flag for key, value in options.items() for flag in ("-o", f"{key}={value}")]
    _call(["apt-get", *flags, "-qq", "update"])
    known = set(_call(["apt-cache", *flags, "pkgnames"]).split())
    names = [name for name in wanted if name in known]
    return _call(["apt-get", *flags, "-y", "--print-uris", "install", *names])


def _call(command: list[str]) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if result.returncode != 0:
        lines = [line for line in result.stderr.split("\n") if line.startswith("E:")]
        raise ToolError(f"{command[0]}: {' '.join(lines) or result.stderr.strip()}")
    return result.stdout
