from __future__ import annotations

from collections.abc import Callable

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.names import parse_architecture, parse_package_name, parse_version


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_package_name, "libstdc++6"),
        (parse_package_name, "7zip"),
        (parse_package_name, "a" * 200),
        (parse_package_name, "Odd_Name.x"),
        (parse_version, "1:2.36-9+deb12u1~bpo+b1"),
        (parse_version, "1:2:3-4"),
        (parse_version, "0"),
        (parse_version, "v1.2"),
        (parse_architecture, "all"),
        (parse_architecture, "kfreebsd-amd64"),
    ],
)
def test_what_dpkg_accepts_is_returned_as_it_is(
    parse: Callable[[str, str], str], text: str
) -> None:
    assert parse(text, "x") == text


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (parse_package_name, "", "x: invalid package name ''"),
        (parse_package_name, "-a", "x: invalid package name '-a'"),
        (parse_package_name, "../a", "x: invalid package name '../a'"),
        (parse_package_name, "a b", "x: invalid package name 'a b'"),
        (parse_package_name, "a\n", "x: invalid package name 'a\\n'"),
        (parse_package_name, "a" * 201, "x: invalid package name"),
        (parse_version, "1 2", "x: invalid version '1 2'"),
        (parse_version, "a:1", "x: invalid version 'a:1'"),
        (parse_version, ":1", "x: invalid version ':1'"),
        (parse_version, "1_2", "x: invalid version '1_2'"),
        (parse_version, "9" * 5000, "x: invalid version"),
        (parse_version, "9" * 5000 + ":1", "x: invalid version"),
        (parse_architecture, "AMD64", "x: invalid architecture 'AMD64'"),
        (parse_architecture, "any amd64", "x: invalid architecture 'any amd64'"),
    ],
)
def test_what_dpkg_refuses_and_what_is_too_long_is_an_error(
    parse: Callable[[str, str], str], text: str, message: str
) -> None:
    with pytest.raises(ToolError) as caught:
        parse(text, "x")
    assert caught.value.message.startswith(message)
    assert len(caught.value.message) < 120
