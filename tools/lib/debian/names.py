"""Names, versions and architectures of Debian packages, checked once and typed from then on.

Sources: dpkg's pkg_name_is_illegal() and parseversion(), deb-version(7), Debian Policy 5.6. The
bounds are ours: a name becomes part of file names, of which file systems take 255 bytes, and
int() refuses numbers of more than 4,300 digits.
"""

from __future__ import annotations

import re
from typing import NewType

from tools.lib.cli.errors import ToolError

PackageName = NewType("PackageName", str)
Version = NewType("Version", str)
"""[epoch:]upstream[-revision], as it is written."""
DebianArchitecture = NewType("DebianArchitecture", str)
"""Debian's name of an architecture, or `all`."""

# As text, so that larger expressions can contain them. None has a group.
PACKAGE_NAME = r"[A-Za-z0-9][A-Za-z0-9+._-]{0,199}"
VERSION = r"(?:[0-9]{1,10}:[0-9A-Za-z][0-9A-Za-z.+~:-]{0,199}|[0-9A-Za-z][0-9A-Za-z.+~-]{0,199})"
ARCHITECTURE = r"[a-z0-9][a-z0-9-]{0,63}"

_PACKAGE_NAME = re.compile(PACKAGE_NAME)
_VERSION = re.compile(VERSION)
_ARCHITECTURE = re.compile(ARCHITECTURE)


def parse_package_name(text: str, where: str) -> PackageName:
    """Checks a package name.

    Args:
        text: the name.
        where: the file and field, for errors.

    Raises:
        ToolError: dpkg would refuse the name, or it has more than 200 characters.
    """
    return PackageName(_checked(_PACKAGE_NAME, text, f"{where}: invalid package name"))


def parse_version(text: str, where: str) -> Version:
    """Checks a version. The arguments and errors are those of `parse_package_name`."""
    return Version(_checked(_VERSION, text, f"{where}: invalid version"))


def parse_architecture(text: str, where: str) -> DebianArchitecture:
    """Checks an architecture's form. The arguments and errors are those of `parse_package_name`."""
    return DebianArchitecture(_checked(_ARCHITECTURE, text, f"{where}: invalid architecture"))


def _checked(pattern: re.Pattern[str], text: str, error: str) -> str:
    if not pattern.fullmatch(text):
        raise ToolError(f"{error} {text!r:.80}")
    return text
