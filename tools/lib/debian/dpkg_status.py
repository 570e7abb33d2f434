"""The files in /var/lib/dpkg/status.d by which scanners find the packages of an image.

`status.d/<package>` is the control paragraph of a package, byte for byte. It has no Status field:
syft, trivy and grype then assume that the package is installed. `status.d/<package>.md5sums` lists
the files that the image has of the package, in the format of dh_md5sums(1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.debian.control import Control

DATABASE = "var/lib/dpkg"
STATUS_DIRECTORY = f"{DATABASE}/status.d"
_MD5SUMS_LINE = re.compile(rb"(?m)^([0-9a-f]{32}) [ *](?:\./|/)?(.+)$")


def status_files(control: Control, md5sums: Mapping[str, str] | None) -> dict[str, bytes]:
    """Returns the content of a package's files in status.d, by path.

    Args:
        control: the package's control file.
        md5sums: the hex MD5 of each of its files in the image, by path; None to write no list, as
            for a package that has none.
    """
    path = f"{STATUS_DIRECTORY}/{control.package.name}"
    files = {path: control.paragraph}
    if md5sums is not None:
        lines = (f"{md5sums[file]}  {file}\n" for file in sorted(md5sums, key=path_bytes))
        files[f"{path}.md5sums"] = path_bytes("".join(lines))
    return files


def parse_md5sums(data: bytes) -> dict[str, str]:
    """Reads the md5sums file of a package: hex MD5 by path. Other lines are ignored."""
    return {
        line[2].decode("utf-8", "surrogateescape"): line[1].decode()
        for line in _MD5SUMS_LINE.finditer(data)
    }
