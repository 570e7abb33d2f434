"""Compares the table of architectures in distributions.bzl with the one that Python uses."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.lib.debian.architectures import find_debian_architecture


def starlark_table() -> dict[str, dict[str, str]]:
    """ARCHITECTURES of distributions.bzl: a dict of structs, which Python parses too."""
    module = ast.parse(Path("private/distributions.bzl").read_text())
    (table,) = (
        node.value
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ARCHITECTURES"
    )
    assert isinstance(table, ast.Dict)
    result = {}
    for key, value in zip(table.keys, table.values, strict=True):
        assert key
        assert isinstance(value, ast.Call)
        result[ast.literal_eval(key)] = {
            str(each.arg): ast.literal_eval(each.value) for each in value.keywords
        }
    return result


TABLE = starlark_table()


@pytest.mark.parametrize("name", TABLE)
def test_starlark_and_python_agree(name: str) -> None:
    python = find_debian_architecture(TABLE[name]["debian"])
    expected = {
        "debian": python.debian,
        "variant": python.variant or "",
        "loader": python.loader,
        "triplet": python.triplet,
    }
    assert (name, TABLE[name]) == (python.name, expected)


def test_table_has_what_the_images_are_built_for() -> None:
    assert {"amd64", "arm", "arm64", "ppc64le", "riscv64", "s390x"} <= TABLE.keys()
