"""License tests: every package has a license text, and no text names a rejected license.

container-structure-test searches the texts for names. So does this module, except that it ignores
names of files: base-files of Debian 13 ships the text of the AGPL in /usr/share/common-licenses,
and says so in a `Files` field, but is not under the AGPL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.lib.rootfs.tree import PathError, Tree
from tools.structure_test.config import LicenseTest
from tools.structure_test.image import ImageFiles

_DOC = "/usr/share/doc"
_STATUS = "/var/lib/dpkg/status.d"
_REJECTED = ("AGPL", "WTFPL")
# container-structure-test does not read this package's copyright file.
_TRUSTED_PACKAGES = ("libgnutls30",)
# Machine-readable copyright files, as Debian's copyright-format 1.0 and DEP 5 define them.
_MACHINE_READABLE = re.compile(r"\s*Format(-Specification)?:", re.IGNORECASE)
_FILE_NAMES = re.compile(
    r"^Files(-Excluded|-Included)?:.*(\n[ \t].*)*", re.IGNORECASE | re.MULTILINE
)


def check_license(image: ImageFiles, test: LicenseTest) -> Iterator[str]:
    """Checks licenses. Yields errors."""
    files = list(license_files(image.tree, test))
    if test.debian and len(files) == len(test.files):
        yield f"expected Debian packages, but {_DOC} and {_STATUS} have none"
    for package, path in files:
        if package in _TRUSTED_PACKAGES:
            continue
        try:
            text = image.read_text(path)
        except PathError as error:
            yield f"{package or path}: expected a license in {path}, but {error}"
            continue
        for name in rejected_licenses(text):
            yield f"{package or path}: {path} names the license {name}"


def rejected_licenses(text: str) -> list[str]:
    """The rejected licenses that a license text or a copyright file names."""
    if _MACHINE_READABLE.match(text):
        text = _FILE_NAMES.sub("", text)
    return [name for name in _REJECTED if name in text.upper()]


def license_files(tree: Tree, test: LicenseTest) -> Iterator[tuple[str, str]]:
    """Pairs of a package and the path of its license. The package of a single file is empty."""
    if test.debian:
        packages = {name for name in tree_names(tree, _DOC) if _has_documents(tree, name)}
        packages |= {name for name in tree_names(tree, _STATUS) if not name.endswith(".md5sums")}
        for package in sorted(packages):
            yield package, f"{_DOC}/{package}/copyright"
    for path in test.files:
        yield "", path


def tree_names(tree: Tree, directory: str) -> list[str]:
    """The names in a directory of the image. Empty if it does not exist."""
    try:
        return list(tree.resolve(directory).inode.entries)
    except PathError:
        return []


def _has_documents(tree: Tree, package: str) -> bool:
    try:
        return tree.resolve(f"{_DOC}/{package}").inode.is_dir
    except PathError:
        return True  # A dangling link stands for a package whose license is missing.
