"""dpkg's database in an image: /var/lib/dpkg/status, and the files in /var/lib/dpkg/status.d.

Minimal images register packages in status.d, where scanners find them. `status.d/<package>` is the
control paragraph of a package, byte for byte. It has no Status field: syft, trivy and grype then
assume that the package is installed. `status.d/<package>.md5sums` lists the files that the image
has of the package, in the format of dh_md5sums(1).

`status` is the classic file, which dpkg itself reads and writes: the paragraphs of all packages,
each with a Status field (dpkg(1), "PACKAGE STATES").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.debian.control import Control
from tools.lib.debian.deb822 import MAX_PARAGRAPH, parse_paragraph
from tools.lib.debian.names import parse_architecture, parse_package_name

DATABASE = "var/lib/dpkg"
STATUS_FILE = f"{DATABASE}/status"
STATUS_DIRECTORY = f"{DATABASE}/status.d"
_MD5SUMS = ".md5sums"
# Where dpkg itself has `<package>[:<architecture>].list`: all paths of a package, dpkg-query(1).
_INFO_DIRECTORY = f"{DATABASE}/info"
_LIST = ".list"
# Bytes of a status file; that of a desktop with 4,000 packages has 5 MB.
_MAX_STATUS = 64 << 20
_INSTALLED = b"Status: install ok installed"
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
        files[f"{path}{_MD5SUMS}"] = path_bytes("".join(lines))
    return files


def parse_md5sums(data: bytes) -> dict[str, str]:
    """Reads the md5sums file of a package: hex MD5 by path. Other lines are ignored."""
    return {
        line[2].decode("utf-8", "surrogateescape"): line[1].decode()
        for line in _MD5SUMS_LINE.finditer(data)
    }


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """An installed package.

    `paragraph` is its control paragraph, with a final line feed; `version` is "" if it has none.
    """

    name: str
    architecture: str
    paragraph: bytes
    version: str = ""


def is_status_file(path: str, size: int) -> bool:
    """Whether a file of an image (no leading slash) says which packages are installed."""
    if path == STATUS_FILE:
        return size <= _MAX_STATUS
    directory, _, name = path.rpartition("/")
    return directory == STATUS_DIRECTORY and not name.endswith(_MD5SUMS) and size <= MAX_PARAGRAPH


def is_package_list(path: str) -> bool:
    """Whether a file of an image (no leading slash) lists the files of one package."""
    return _listed_package(path) is not None


def listed_files(path: str, data: bytes) -> tuple[str, list[str]]:
    """Reads a file that lists the files of a package.

    Args:
        path: of the file, which `is_package_list` accepts.
        data: its bytes.

    Returns:
        The package's name, and the paths (no leading slash) that are listed.
    """
    package = _listed_package(path)
    assert package is not None, path
    if path.endswith(_MD5SUMS):
        return package, list(parse_md5sums(data))
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    return package, [line.strip("/") for line in lines if line.strip("/.")]


def _listed_package(path: str) -> str | None:
    directory, _, name = path.rpartition("/")
    if directory == STATUS_DIRECTORY and name.endswith(_MD5SUMS):
        return name.removesuffix(_MD5SUMS)
    if directory == _INFO_DIRECTORY and name.endswith(_LIST):
        return name.removesuffix(_LIST).partition(":")[0]
    return None


def parse_status(data: bytes, where: str) -> Iterator[InstalledPackage]:
    """Yields the installed packages of `status` or of a file in status.d.

    A paragraph without a Status field is that of an installed package. Packages of which only the
    configuration is left, and those that are not fully installed, are left out.

    Args:
        data: the bytes of the file.
        where: the file's name, for errors.

    Raises:
        ToolError: a paragraph is malformed, or has no valid name and architecture.
    """
    for paragraph in re.split(rb"\n{2,}", data.strip(b"\n")):
        if not paragraph:
            continue
        fields = parse_paragraph(paragraph.decode("utf-8", "replace"), where)
        if fields.get("status", "installed").split()[-1:] != ["installed"]:
            continue
        name = parse_package_name(fields.get("package", ""), f"{where}: Package")
        architecture = parse_architecture(
            fields.get("architecture", ""), f"{where}: Architecture of {name}"
        )
        version = fields.get("version", "")
        yield InstalledPackage(name, architecture, paragraph + b"\n", version)


def render_status(packages: Iterable[InstalledPackage]) -> bytes:
    """The classic status file: sorted by name and architecture.

    Of several packages with one name and architecture, the last one counts.
    """
    last = {(each.name, each.architecture): each.paragraph for each in packages}
    return b"\n".join(_with_status(last[key]) for key in sorted(last))


def _with_status(paragraph: bytes) -> bytes:
    if re.search(rb"(?im)^Status:", paragraph):
        return paragraph
    # dpkg writes the field after the name.
    return re.sub(
        rb"(?im)^Package:.*\n", lambda match: match[0] + _INSTALLED + b"\n", paragraph, count=1
    )
