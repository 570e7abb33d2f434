from pathlib import Path

import pytest

from tools.structure_test.config import LicenseTest
from tools.structure_test.image import ImageFiles
from tools.structure_test.licenses import check_license, rejected_licenses
from tools.structure_test.sample_images import Entry, directory, open_image, symlink

DOC = "usr/share/doc"


@pytest.fixture
def debian(tmp_path: Path) -> ImageFiles:
    return open_image(
        tmp_path,
        Entry(f"{DOC}/good/copyright", b"License: Apache-2.0"),
        symlink(f"{DOC}/linked", "good"),
        Entry(f"{DOC}/README", b"no package"),
        Entry(f"{DOC}/bad/copyright", b"License: agpl-3"),
        Entry(f"{DOC}/libgnutls30/copyright", b"AGPL"),
        directory(f"{DOC}/without"),
        symlink(f"{DOC}/broken", "gone"),
        Entry("var/lib/dpkg/status.d/good", b"Package: good\n"),
        Entry("var/lib/dpkg/status.d/good.md5sums", b""),
        Entry("var/lib/dpkg/status.d/only-here", b"Package: only-here\n"),
        Entry("app/LICENSE", b"WTFPL"),
    )


def test_licenses_of_packages(debian: ImageFiles) -> None:
    assert list(check_license(debian, LicenseTest(debian=True))) == [
        "bad: /usr/share/doc/bad/copyright names the license AGPL",
        "broken: expected a license in /usr/share/doc/broken/copyright,"
        " but /usr/share/doc/gone does not exist",
        "only-here: expected a license in /usr/share/doc/only-here/copyright,"
        " but /usr/share/doc/only-here does not exist",
        "without: expected a license in /usr/share/doc/without/copyright,"
        " but /usr/share/doc/without/copyright does not exist",
    ]


def test_licenses_of_files(debian: ImageFiles) -> None:
    good, bad, gone = f"/{DOC}/good/copyright", "/app/LICENSE", "/app/COPYING"
    assert list(check_license(debian, LicenseTest(files=(good, bad, gone)))) == [
        "/app/LICENSE: /app/LICENSE names the license WTFPL",
        "/app/COPYING: expected a license in /app/COPYING, but /app/COPYING does not exist",
    ]


def test_licenses_of_an_image_without_packages(tmp_path: Path) -> None:
    image = open_image(tmp_path, Entry("app/LICENSE", b"MIT"))
    assert list(check_license(image, LicenseTest(files=("/app/LICENSE",)))) == []
    (error,) = check_license(image, LicenseTest(debian=True, files=("/app/LICENSE",)))
    assert error.startswith("expected Debian packages, but /usr/share/doc and")


FORMAT = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"


@pytest.mark.parametrize(
    ("text", "rejected"),
    [
        # base-files of Debian 13 has license texts among its files.
        (
            f"{FORMAT}\nFiles: *\nLicense: GPL-2+\n text\n\n"
            "Files: licenses/AGPL-*\n       licenses/GPL-*\nLicense: verbatim\n",
            [],
        ),
        (f"{FORMAT}Files-Excluded: agpl/*\n\nFiles: *\nLicense: Expat\n", []),
        (f"{FORMAT}\nFiles: *\nLicense: AGPL-3+\n", ["AGPL"]),
        (f"{FORMAT}\nFiles: a\n b\nLicense: Expat or AGPL-3\n", ["AGPL"]),
        (f"{FORMAT}\nFiles: a\n b\nCopyright: me\nLicense: x\n Also under the agpl.\n", ["AGPL"]),
        (f"{FORMAT}Comment: WTFPL\n\nFiles: *\nLicense: x\n", ["WTFPL"]),
        # Other texts are searched as a whole.
        ("Files: AGPL-3.txt\n", ["AGPL"]),
        ("This is under the AGPL, and that under the wtfpl.", ["AGPL", "WTFPL"]),
        ("MIT", []),
    ],
)
def test_rejected_licenses(text: str, rejected: list[str]) -> None:
    assert rejected_licenses(text) == rejected
