"""apt-get in simulation, on an index of its own and an empty system."""

from __future__ import annotations

import lzma
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

_INSTALL = re.compile(r"^Inst (\S+) \(([^ )]+)", re.MULTILINE)


class AptGet:
    """apt-get that knows one index, for amd64.

    Args:
        directory: an empty directory for its files.
        packages: the index, compressed with xz.
    """

    def __init__(self, directory: Path, packages: Path) -> None:
        repository = directory / "repository"
        for name in (
            "repository",
            "etc/apt.conf.d",
            "etc/preferences.d",
            "state/lists/partial",
            "cache/archives/partial",
        ):
            (directory / name).mkdir(parents=True)
        (repository / "Packages").write_bytes(lzma.decompress(packages.read_bytes()))
        (directory / "etc" / "sources.list").write_text(f"deb [trusted=yes] file:{repository} ./\n")
        status = directory / "status"
        status.touch()
        options = {
            "APT::Architecture": "amd64",
            "APT::Architectures": "amd64",
            "APT::Install-Recommends": "0",
            # Nor does a set have what every system has.
            "pkgCacheGen::Essential": "none",
            "APT::Sandbox::User": "root",
            "Dir::Bin::dpkg": "/usr/bin/dpkg",
            "Dir::Cache": str(directory / "cache"),
            "Dir::Etc": str(directory / "etc"),
            "Dir::State": str(directory / "state"),
            "Dir::State::status": str(status),
            "Debug::NoLocking": "1",
        }
        self._configuration = directory / "apt.conf"
        self._configuration.write_text(
            "".join(f'{name} "{value}";\n' for name, value in options.items())
        )
        self._run("update")

    def closure(self, package: str) -> dict[str, str]:
        """The packages that installing one brings, with their versions."""
        return dict(_INSTALL.findall(self._run("--simulate", "install", package)))

    def _run(self, *arguments: str) -> str:
        return _output(["apt-get", "-qq", *arguments], self._configuration)


def _output(command: Sequence[str], configuration: Path) -> str:
    environment = {
        "APT_CONFIG": str(configuration),
        "LC_ALL": "C",
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout
