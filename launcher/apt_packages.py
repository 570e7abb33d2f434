"""Resolves the private root's packages with apt, when the files of the lock can't be downloaded.

Debian testing changes daily, and a mirror has current files only. If snapshot.debian.org, which
keeps all versions, can't be reached either, apt selects current packages. It verifies signatures
and hashes as in any installation. Standard library only.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping

from launcher.download import Download
from launcher.locked_packages import BAZEL_PACKAGE, is_bazel_version, read_packages
from launcher.network import without_userinfo
from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import LockedPackage, PackageKey, Sha256

# A line of `apt-get --print-uris`.
_URI = re.compile(r"'([^']+)' (\S+) ([0-9]+) SHA256:([0-9a-f]{64})")
# From the directory of the lock.
_KEYRING = "../../rules/keyrings/debian-archive-keyring.pgp"
# Bazel runs on the JDK of the lock. For apt, it depends on the default JDK, which is 350 MB more.
_DEFAULT_JDK = ("default-jdk-headless", "default-jre-headless")
_INSTALLED = """\
Package: {name}
Status: install ok installed
Architecture: {architecture}
Version: 9:0
Description: placeholder for the JDK of the lock

"""
_JDK = re.compile(r"openjdk-[0-9]+-jdk-headless")
# apt.conf(5): state of its own; proxies and the like are those of the machine.
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
// The Release file of testing expires within a week, and a mirror may be older than that.
// Its signature is verified.
Acquire::Check-Valid-Until "false";
// These settings of the machine are about its own lists and packages.
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Default-Release;
"""
_HINT = "allow access to snapshot.debian.org, which keeps all versions, or install bazelisk"


def resolve_with_apt(
    state: str, lock: str, architecture: str, mirror: str, suite: str, bazel: str
) -> list[Download]:
    """The downloads of the packages that apt would install from `suite` today.

    Args:
        state: path of a directory to create, for apt's state.
        lock: path of the lock file; apt installs its packages that no other package depends on.
        architecture: Debian's name.
        mirror: the URL above `dists/`.
        suite: the Debian release.
        bazel: the version of Bazel that the suite must have.

    Raises:
        ToolError: apt is not installed or fails, or the suite has another version of Bazel.
    """
    if not mirror:
        raise ToolError("no mirror is configured", _HINT)
    if not shutil.which("apt-get"):
        raise ToolError("apt-get not found", _HINT)
    keyring = os.path.normpath(os.path.join(os.path.dirname(lock), _KEYRING))
    names = _top_level(read_packages(lock, architecture))
    downloads, versions = [], []
    for line in _print_uris(state, names, architecture, mirror, suite, keyring).splitlines():
        uri = _URI.fullmatch(line)
        if not uri:
            raise ToolError(
                f"apt-get: no URI with a SHA256: {without_userinfo(line)!r:.200}", _HINT
            )
        name, version, _ = uri[2].split("_")
        downloads.append(Download(name, (uri[1],), Sha256(uri[4]), int(uri[3])))
        versions += [version] if name == BAZEL_PACKAGE else []
    if not any(is_bazel_version(version, bazel) for version in versions):
        raise ToolError(
            f"{without_userinfo(mirror)}: {suite} has Bazel {', '.join(versions) or 'no longer'},"
            f" .bazelversion says {bazel}",
            _HINT,
        )
    return downloads


def _top_level(packages: Mapping[PackageKey, LockedPackage]) -> list[str]:
    """The names of the packages that no other package depends on."""
    needed = {key for package in packages.values() for key in package.depends}
    return [package.name for key, package in packages.items() if key not in needed]


def _print_uris(
    state: str, names: list[str], architecture: str, mirror: str, suite: str, keyring: str
) -> str:
    """The output of `apt-get install --print-uris`."""
    os.mkdir(state, 0o700)  # sources.list may have a password.
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
    _run(["apt-get", *flags, "update"])
    available = set(_run(["apt-cache", *flags, "pkgnames"]).split())
    names = [name for name in names if name in available]
    if any(map(_JDK.fullmatch, names)):
        with open(os.path.join(state, "status"), "w", encoding="utf-8") as out:
            for name in _DEFAULT_JDK:
                out.write(_INSTALLED.format(name=name, architecture=architecture))
    return _run(["apt-get", *flags, "--yes", "--print-uris", "install", *names])


def _run(command: list[str]) -> str:
    environment = {**os.environ, "LC_ALL": "C"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if result.returncode != 0:
        errors = [line for line in result.stderr.split("\n") if line.startswith("E:")]
        text = " ".join(errors) or result.stderr.strip()
        raise ToolError(f"{command[0]}: {without_userinfo(text)}", _HINT)
    return result.stdout
