from __future__ import annotations

import pytest

from tools.lib.data.json_values import Json
from tools.lib.diff.documents import compare_documents


def differences(old: Json, new: Json) -> dict[str, tuple[object, object]]:
    return {
        "/".join(each.path): (list(each.old), list(each.new))
        for each in compare_documents(old, new)
    }


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": True}, {"a": ([1], [True])}),
        ({"a": None}, {}, {"a": ([None], [])}),
        ({"a": {}}, {"a": {"b": 1}}, {"a": ([{}], []), "a/b": ([], [1])}),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}, {"a": ([["x", "y"]], [["y", "x"]])}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, {"a/0/b": ([1], [2])}),
        ({"a.b": 1}, {"a": {"b": 1}}, {"a.b": ([1], []), "a/b": ([], [1])}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}}, {}),
    ],
)
def test_values(old: Json, new: Json, expected: dict[str, object]) -> None:
    assert differences(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (["A=1", "B="], ["A=2"], {"config/Env/A": (["1"], ["2"]), "config/Env/B": ([""], [])}),
        (["A=1", "B=2"], ["B=2", "A=1"], {"config/Env": ([["A=1", "B=2"]], [["B=2", "A=1"]])}),
        (
            ["A=1", "A=2"],
            ["A=2"],
            {"config/Env": ([["A=1", "A=2"]], []), "config/Env/A": ([], ["2"])},
        ),
    ],
)
def test_environment(old: list[str], new: list[str], expected: dict[str, object]) -> None:
    assert differences({"config": {"Env": old}}, {"config": {"Env": new}}) == expected


def test_deep_document() -> None:
    deep: object = 1
    for _ in range(5000):
        deep = {"a": deep}
    assert compare_documents({"a": deep}, {"a": deep}) == ()
