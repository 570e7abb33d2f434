"""The packages of the base image, from the status files that the rule `dpkg_status` writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tools.lib.apt.packages import IndexPackage, installed_package
from tools.lib.cli.errors import ToolError
from tools.lib.debian.architectures import find_architecture
from tools.lib.debian.deb822 import parse_paragraph
from tools.lib.debian.dpkg_status import parse_status
from tools.lib.debian.lock import Lock
from tools.lib.debian.names import Version
from tools.lib.debian.relations import compare_versions

# From these versions of base-files on, every release has /bin, /lib and so on as links: Debian 13's
# package contains the links, and Ubuntu 22.04 makes them wherever it is installed.
_MERGED_DEBIAN = Version("13.3~")
_MERGED_UBUNTU = Version("12ubuntu4")
# Packages that say so in any release.
_MERGING = ("usrmerge", "usr-is-merged")

Installed = Mapping[str, IndexPackage]
"""The packages of an image for one architecture, by name."""


def read_base(files: Iterable[Sequence[str]]) -> dict[str, Installed]:
    """Reads status files.

    Args:
        files: OCI's name of an architecture and the path of the status file, for each image.

    Returns:
        The packages by Debian's name of the architecture. Those for other architectures are left
        out.
    """
    found: dict[str, Installed] = {}
    for name, path in files:
        architecture = find_architecture(*name.split("/", 1)).debian
        with open(path, "rb") as source:
            data = source.read()
        packages = {}
        for installed in parse_status(data, path):
            if installed.architecture in (architecture, "all"):
                text = installed.paragraph.decode("utf-8", "replace")
                packages[installed.name] = installed_package(parse_paragraph(text, path))
        found[architecture] = packages
    return found


def check_base(lock: Lock, base: Mapping[str, Installed], where: str, command: str) -> None:
    """Raises a ToolError if the base image is not what the lock counted on.

    Args:
        lock: the lock.
        base: by architecture, what the base image has now.
        where: the lock's path, for errors.
        command: the command that locks again.
    """
    for architecture, versions in lock.base.items():
        if architecture not in base:
            continue
        for name, version in versions.items():
            found = base[architecture].get(name)
            if found is None or compare_versions(found.version, Version(version)) < 0:
                has = f"has {name} {found.version}" if found else f"does not have {name}"
                raise ToolError(
                    f"{where}: out of date: it counts on {name} {version} of the base image, which"
                    f" {has} on {architecture}",
                    command,
                )


def is_merged_usr(installed: Installed, base_files: Version | None) -> bool:
    """Whether packages are to be unpacked with /bin, /lib and so on as links to /usr.

    Args:
        installed: the packages of the base image.
        base_files: without a base image, the version of base-files in the sets or, if they do not
            have it, in the sources; None if there is none.
    """
    if any(name in installed for name in _MERGING):
        return True
    version = installed["base-files"].version if "base-files" in installed else base_files
    if version is None:
        return False
    oldest = _MERGED_UBUNTU if "ubuntu" in version else _MERGED_DEBIAN
    return compare_versions(version, oldest) >= 0
