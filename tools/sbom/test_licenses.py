from __future__ import annotations

import pytest

from tools.lib.archive.limits import MAX_INVENTORY_TEXT
from tools.sbom.bom import NO_LICENSE
from tools.sbom.licenses import debian_license, declared_license
from tools.sbom.short_names import spdx_license

HEADER = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"


def paragraph(license: str, files: str = "*") -> str:
    return f"\nFiles: {files}\nCopyright: 2026 A\nLicense: {license}\n"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GPL-2", "GPL-2.0-only"),
        ("GPL-2+", "GPL-2.0-or-later"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("GPL2", "GPL-2.0-only"),
        ("LGPL-2.1+", "LGPL-2.1-or-later"),
        ("LGPL-2", "LGPL-2.0-only"),
        ("AGPL-3", "AGPL-3.0-only"),
        ("GFDL-1.3", "GFDL-1.3-only"),
        ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
        ("Expat", "MIT"),
        ("expat", "MIT"),
        ("MIT", "MIT"),
        ("BSD-3-clause", "BSD-3-Clause"),
        ("Apache-2.0", "Apache-2.0"),
        ("Artistic", "Artistic-1.0-Perl"),
        ("Perl", "(Artistic-1.0-Perl OR GPL-1.0-or-later)"),
        ("zlib", "Zlib"),
        ("CC0", "CC0-1.0"),
        ("GPL-2 with Classpath exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("GPL-2+ with AutoConf exception", "GPL-2.0-or-later WITH Autoconf-exception-2.0"),
        ("GPL-3+ with Autoconf exception", "GPL-3.0-or-later WITH Autoconf-exception-3.0"),
        ("Apache-2.0 with LLVM exception", "Apache-2.0 WITH LLVM-exception"),
        ("GPL-2+  with\n Font exception", "GPL-2.0-or-later WITH Font-exception-2.0"),
        ("GPL-2+ with OpenSSL exception", None),
        ("LGPL-2+ with Autoconf exception", None),
        ("GPL", None),
        ("GPL-9", None),
        ("public-domain", None),
        ("BSD-3-clause-Berkeley", None),
        # It is in the library's list, but not in that of SPDX.
        ("LicenseRef-scancode-public-domain", None),
    ],
)
def test_short_names(name: str, expected: str | None) -> None:
    assert spdx_license(name) == expected


@pytest.mark.parametrize(
    ("synopsis", "expected"),
    [
        ("GPL-2 or MIT", "GPL-2.0-only OR MIT"),
        ("GPL-2 and MIT or ISC", "(GPL-2.0-only AND MIT) OR ISC"),
        ("GPL-2 or MIT, and ISC", "(GPL-2.0-only OR MIT) AND ISC"),
        ("ISC OR Zlib OR MIT", "ISC OR Zlib OR MIT"),
        ("ISC and MIT and ISC", "ISC AND MIT"),
    ],
)
def test_and_binds_closer_than_or_unless_a_comma_parts_them(synopsis: str, expected: str) -> None:
    assert debian_license(HEADER + paragraph(synopsis)).expression == expected


def test_the_licenses_of_all_files_apply() -> None:
    text = HEADER + paragraph("ISC") + paragraph("MIT", "a.c") + paragraph("ISC and Zlib", "b.c")
    assert debian_license(text).expression == "ISC AND Zlib AND MIT"


def test_a_license_that_spdx_does_not_list_is_a_reference_to_its_text() -> None:
    terms = "\nLicense: BSD-like\n Do what you want.\n .\n A.\n"
    license = debian_license(HEADER + paragraph("BSD-like or MIT") + terms)
    (reference,) = license.texts
    assert license.expression == f"{reference} OR MIT"
    assert reference.startswith("LicenseRef-BSD-like-")
    assert license.texts[reference] == "Do what you want.\n\nA."
    other = debian_license(HEADER + paragraph("BSD-like\n Do what you like."))
    assert list(other.texts) != [reference]


def test_the_license_of_a_paragraph_that_follows_no_file_does_not_apply() -> None:
    text = HEADER + paragraph("MIT") + "\nLicense: GPL-2\n Text.\n"
    assert debian_license(text).expression == "MIT"


@pytest.mark.parametrize(
    "text",
    [
        (HEADER + paragraph("MIT")).replace("\n", "\r\n"),
        HEADER.upper() + "# no field\n" + paragraph("MIT"),
        HEADER + paragraph("MIT") + " text\fLicense: ISC\n text\x85Files: x\u2028License: Zlib\n",
        HEADER + "Comment: a\nComment: b \udcff\n" + paragraph("  MIT\n \ttext\n\t text"),
        HEADER.replace("Format", "Format-Specification") + paragraph("MIT"),
        HEADER + paragraph("ISC or  MIT").replace("ISC or ", "") + " \n\t\n\n",
    ],
)
def test_lines_end_at_line_feeds_only_and_fields_have_any_case(text: str) -> None:
    assert debian_license(text).expression == "MIT"


def test_a_line_of_white_space_ends_a_paragraph() -> None:
    assert debian_license(HEADER + " " + paragraph("ISC") + "\t" + paragraph("MIT")).expression == (
        "ISC AND MIT"
    )


@pytest.mark.parametrize("filler", [" ", "\t", "\xa0", "\r", "\n"])
def test_long_lines_take_linear_time(filler: str) -> None:
    """A quadratic time would be hours."""
    text = filler * (MAX_INVENTORY_TEXT // len(filler))
    assert debian_license(HEADER + paragraph(f"MIT{text}x") + f" \r{text}x").texts


@pytest.mark.parametrize(
    "text",
    [
        "This package was debianized by A.\n\nIt may be copied freely.\n",
        HEADER,
        HEADER + "no colon\n",
        HEADER + paragraph("MIT") + "not a name: x\n",
        HEADER + paragraph("MIT") + ": x\n",
        HEADER + paragraph("MIT") + "License: ISC\n",
        HEADER + paragraph("MIT") + "\n text\n",
        " text\n" + HEADER + paragraph("MIT"),
        "",
    ],
)
def test_another_copyright_file_is_one_reference_with_all_of_its_text(text: str) -> None:
    license = debian_license(text)
    assert list(license.texts.values()) == [text]
    assert license.expression in license.texts
    assert license.expression.startswith("LicenseRef-copyright-")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MIT", "MIT"),
        ("(MIT OR Apache-2.0)", "MIT OR Apache-2.0"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("UNKNOWN", ""),
        ("  ", ""),
    ],
)
def test_declared_expressions(text: str, expected: str) -> None:
    license = declared_license(text)
    assert license.expression == expected
    assert not license.texts


@pytest.mark.parametrize("text", ["BSD License", "MIT AND", "SEE LICENSE IN LICENSE.txt", "MIT)"])
def test_other_declarations_are_references(text: str) -> None:
    license = declared_license(text)
    assert list(license.texts.values()) == [text]
    assert declared_license(f" {text}\n") == license != NO_LICENSE
