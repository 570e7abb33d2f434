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
from collections.abc import Mapping

from launcher.fetch import Deb
from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import LockedPackage, PackageKey, read_lock

_SET = "root"
_POOL = re.compile(r"https://snapshot\.debian\.org/archive/debian/[^/]+/(pool/.*)")
_URI = re.compile(r"'([^']+)' (\S+) ([0-9]+) SHA256:([0-9a-f]{64})")
_KEYRING = "keys/debian-archive-keyring.pgp"
_BAZEL = "bazel-bootstrap"
# Bazel takes the JDK that is in the lock; apt would have the default one, of 350 MB, as well.
_DEFAULT_JDK = ("default-jdk-headless", "default-jre-headless")
_PROVIDED = """\
Package: {name}
Status: install ok installed
Architecture: {architecture}
Version: 9:0
Description: stands for the JDK of the lock

"""
_JDK = re.compile(r"openjdk-[0-9]+-jdk-headless")
# apt(5): a root of its own, while proxies and the like are those of the machine.
_SETTINGS = """\
Dir::State "{state}";
Dir::State::status "{state}/status";
Dir::State::lists "{state}/lists";
Dir::Cache "{state}/cache";
Dir::Etc "{state}/etc";
APT::Architecture "{architecture}";
#clear APT::Architectures;
APT::Architectures {{ "{architecture}"; }};
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::ForceHash "SHA256";
// Testing's expires within a week, and a mirror may be older; the signature is checked.
Acquire::Check-Valid-Until "false";
// The machine's hooks are for the machine's own lists, its release for its own packages.
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Default-Release;
"""
_HINT = "is snapshot.debian.org within reach, which keeps all? Or install bazelisk"


def locked(lock: str, architecture: str, mirror: str, bazel: str) -> list[Deb]:
    """The files that a lock names (docs/lock.md), from `mirror` or else snapshot.debian.org.

    Args:
        lock: path of the lock.
        architecture: Debian's name.
        mirror: the URL above `pool/`; empty: none.
        bazel: the version of Bazel that it must be.
    """
    packages = _packages(lock, architecture).values()
    found = [each.version for each in packages if each.name == _BAZEL]
    if not any(_is_version(version, bazel) for version in found):
        raise ToolError(
            f"{lock}: Bazel is {', '.join(found) or 'not in it'}, .bazelversion wants {bazel}",
            "./knife lock private/lock/bazelw.yaml",
        )
    debs = []
    for package in packages:
        url = package.url
        pool = _POOL.fullmatch(url)
        urls = [f"{mirror}/{pool[1]}"] if mirror and pool else []
        urls.append(url)
        if pool:
            # For machines without certificates: it is the hash that counts.
            urls.append(url.replace("https:", "http:", 1))
        if package.size is None:
            raise ToolError(
                f"{lock}: {package.name}: no size", "./knife lock private/lock/bazelw.yaml"
            )
        debs.append(Deb(package.name, tuple(urls), package.sha256, package.size))
    return debs


def _is_version(debian: str, bazel: str) -> bool:
    return re.match(rf"{re.escape(bazel)}(?![0-9.])", debian) is not None


def _packages(path: str, architecture: str) -> dict[PackageKey, LockedPackage]:
    lock = read_lock(path)
    by_architecture = lock.sets.get(_SET, {})
    if architecture not in by_architecture:
        raise ToolError(
            f"{path}: no root for {architecture}, only for {', '.join(sorted(by_architecture))}",
            "install bazelisk, or Bazel of the version in .bazelversion",
        )
    return {key: lock.packages[key] for key in by_architecture[architecture]}


def current(
    state: str, lock: str, architecture: str, mirror: str, suite: str, bazel: str
) -> list[Deb]:
    """The files that apt would install from `suite` today for what the lock wants.

    Args:
        state: a directory to make, for what apt keeps.
        lock: path of the lock; its packages that no other depends on are what is wanted.
        architecture: Debian's name.
        mirror: the URL above `dists/`.
        suite: the release to take.
        bazel: the version of Bazel that it must be.

    Raises:
        ToolError: no apt here, it fails, or the suite has another Bazel.
    """
    if not mirror or not shutil.which("apt-get"):
        raise ToolError("there is no mirror" if not mirror else "there is no apt-get", _HINT)
    keyring = os.path.join(os.path.dirname(lock), _KEYRING)
    wanted = _wanted(_packages(lock, architecture))
    debs, versions = [], []
    for line in _apt(state, wanted, architecture, mirror, suite, keyring).splitlines():
        found = _URI.fullmatch(line)
        if not found:
            raise ToolError(f"apt-get: a line without SHA256: {line!r:.200}", _HINT)
        name, version, _ = found[2].split("_")
        debs.append(Deb(name, (found[1],), found[4], int(found[3])))
        versions += [version] if name == _BAZEL else []
    if not any(_is_version(version, bazel) for version in versions):
        raise ToolError(
            f"{mirror}: {suite} has Bazel {', '.join(versions) or 'no more'}, wanted is {bazel}",
            _HINT,
        )
    return debs


def _wanted(packages: Mapping[PackageKey, LockedPackage]) -> list[str]:
    needed = {key for package in packages.values() for key in package.depends}
    return [package.name for key, package in packages.items() if key not in needed]


def _apt(
    state: str, wanted: list[str], architecture: str, mirror: str, suite: str, keyring: str
) -> str:
    """What `apt-get install --print-uris` prints."""
    for directory in ("lists/partial", "cache/archives/partial", "etc/trusted.gpg.d"):
        os.makedirs(os.path.join(state, directory))
    shutil.copyfile(keyring, f"{state}/etc/trusted.gpg.d/debian.gpg")
    for file, content in (
        ("status", ""),
        ("etc/sources.list", f"deb [target=Packages] {mirror} {suite} main\n"),
        ("apt.conf", _SETTINGS.format(state=state, architecture=architecture)),
    ):
        with open(os.path.join(state, file), "w", encoding="utf-8") as out:
            out.write(content)
    flags = ["-qq", f"--config-file={state}/apt.conf"]
    _call(["apt-get", *flags, "update"])
    known = set(_call(["apt-cache", *flags, "pkgnames"]).split())
    names = [name for name in wanted if name in known]
    if any(map(_JDK.fullmatch, names)):
        with open(os.path.join(state, "status"), "w", encoding="utf-8") as out:
            for name in _DEFAULT_JDK:
                out.write(_PROVIDED.format(name=name, architecture=architecture))
    return _call(["apt-get", *flags, "--yes", "--print-uris", "install", *names])


def _call(command: list[str]) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if result.returncode != 0:
        lines = [line for line in result.stderr.split("\n") if line.startswith("E:")]
        raise ToolError(f"{command[0]}: {' '.join(lines) or result.stderr.strip()}", _HINT)
    return result.stdout
