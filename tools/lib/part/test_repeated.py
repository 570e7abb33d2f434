from __future__ import annotations

from dataclasses import replace

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.package import BinaryPackage
from tools.lib.part.merge import merge_directories
from tools.lib.part.repeated import are_repeated, without_repeated
from tools.lib.part.testing import file, part

LIBC = part(file("usr/lib/libc.so.6"), package="libc6", label="//a:libc6")
AGAIN = part(file("usr/lib/libc.so.6"), package="libc6", label="//b:libc6")
SMALLER = part(package="libc6", label="//c:libc6")
ZLIB = part(file("usr/lib/libz.so.1"), package="zlib1g")


def test_the_same_package_counts_once_whoever_made_it() -> None:
    assert without_repeated([LIBC, ZLIB, AGAIN]) == [LIBC, ZLIB]
    assert are_repeated([ZLIB, AGAIN], base_parts=[LIBC]) == [False, True]


def test_a_package_with_other_files_is_not_the_same() -> None:
    assert are_repeated([LIBC, SMALLER]) == [False, False]


def test_parts_of_rules_are_never_repeated() -> None:
    generated = part(file("etc/passwd"))
    assert are_repeated([generated, generated]) == [False, False]


def test_all_packages_with_other_files_are_one_error() -> None:
    changed = file("usr/lib/libc.so.6", mode=0o755)
    other = part(changed, package="libc6", label="//b:libc6")
    zlib = part(file("usr/lib/libz.so.1", mode=0o755), package="zlib1g", label="//b:zlib1g")
    with pytest.raises(ToolError) as error:
        merge_directories([other, ZLIB, zlib], base_parts=[LIBC])
    assert error.value.message == (
        "packages that the image has twice: "
        "libc6 1, in a layer below and again with other files, in //b:libc6; "
        "zlib1g 1 and again with other files, in //b:zlib1g"
    )
    assert error.value.hint.startswith("leave one of them out of the image")


def test_two_versions_of_a_package_have_their_own_hint() -> None:
    newer = replace(
        part(file("usr/lib/libz.so.1")), package=BinaryPackage("zlib1g", "2", "amd64", "zlib1g")
    )
    with pytest.raises(ToolError) as error:
        merge_directories([ZLIB, newer])
    assert error.value.message == "packages that the image has twice: zlib1g 1 and 2"
    assert error.value.hint.startswith("lock them together: set `base` of apt.install")


def test_all_paths_of_two_parts_are_one_error() -> None:
    first = part(file("a"), file("b"), package="first")
    second = part(file("a"), file("b"), package="second")
    third = part(file("b"), label="//x:third")
    with pytest.raises(ToolError) as error:
        merge_directories([first, second, third])
    assert error.value.message == (
        "a and 1 more: duplicate entry: in first 1 and in second 1; "
        "b: duplicate entry: in first 1 and in //x:third"
    )
