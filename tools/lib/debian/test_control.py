import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.control import parse_control
from tools.lib.debian.package import BinaryPackage
from tools.lib.debian.testing import CONTROL


def test_a_control_file_is_parsed() -> None:
    control = parse_control(CONTROL + b"Source: origin (2:1-1)\n")
    assert control.package == BinaryPackage("sample", "1.2-3", "amd64", "origin")


def test_the_source_package_has_the_same_name_by_default() -> None:
    assert parse_control(CONTROL).package.source == "sample"
    assert parse_control(CONTROL + b"Source:\n").package.source == "sample"


@pytest.mark.parametrize(
    "data", [b"\n\n" + CONTROL + b"\n", CONTROL.rstrip(), CONTROL + b"\r\n\r\n"]
)
def test_the_paragraph_has_no_empty_lines_around_it(data: bytes) -> None:
    assert parse_control(data).paragraph == CONTROL


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"Package: sample\n", b"", "control: missing field Package"),
        (b"sample", b"", "control: missing field Package"),
        (b"sample", b"a/b", "control: Package: invalid package name 'a/b'"),
        (b"sample", b"a\n b", r"control: Package: invalid package name 'a\\nb'"),
        (b"1.2-3", b"one two", "control: Version: invalid version 'one two'"),
        (b"amd64", b"AMD64", "control: Architecture: invalid architecture 'AMD64'"),
        (b"Maintainer", b"version", "control:4: duplicate field 'version'"),
    ],
)
def test_invalid_control_files_are_errors(old: bytes, new: bytes, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        parse_control(CONTROL.replace(old, new, 1))
