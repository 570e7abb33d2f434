import contextlib
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.cli.files import dump_json
from tools.lib.data.json_values import (
    MAX_DOCUMENT,
    Json,
    compact,
    parse_object,
    read_document,
    require_bool,
    require_int,
    require_list,
    require_object,
    require_string,
    require_string_map,
    require_strings,
    take,
)


def test_documents_are_compact_json_without_a_newline() -> None:
    assert compact({"b": [1, {"ü": None}], "a": "x"}) == '{"a":"x","b":[1,{"ü":null}]}'.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":1,"a":1}',
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"a":' + b"1" * 5_000 + b"}",
    ],
)
def test_an_invalid_document_is_an_error(data: bytes) -> None:
    with pytest.raises(ToolError, match=r"^here: not JSON: "):
        parse_object(data, "here")


def test_a_document_is_an_object() -> None:
    with pytest.raises(ToolError, match=r"^here: must be an object, not a list$"):
        parse_object(b"[]", "here")


@pytest.mark.parametrize("text", ["\\ud800", "\\udcff", "x\\uD83D"])
def test_a_lone_surrogate_cannot_be_read(text: str) -> None:
    with pytest.raises(ToolError, match=r"^here: a string contains a lone surrogate"):
        parse_object(b'{"a":[{"%s":1}]}' % text.encode(), "here")
    assert parse_object(b'{"a":"\\ud83d\\ude00"}', "here") == {"a": "\U0001f600"}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("\ud800", "a string contains a lone surrogate"),
        ("\udcff", "a string is not UTF-8"),
        (float("inf"), "a value cannot be written as JSON"),
    ],
)
def test_what_json_cannot_contain_is_not_written(value: object, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        compact({"a": value})


@pytest.mark.parametrize("depth", [*range(900, 1000, 3), 10_000, 100_000])
def test_a_deep_document_is_an_error_or_can_be_written(depth: int) -> None:
    data = b'{"a":' * depth + b"1" + b"}" * depth
    with contextlib.suppress(ToolError):
        assert compact(parse_object(data, "here")) == data


def test_a_document_is_limited_in_size(tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    path.write_bytes(b" " * MAX_DOCUMENT)
    assert len(read_document(str(path))) == MAX_DOCUMENT
    path.write_bytes(b" " * (MAX_DOCUMENT + 1))
    with pytest.raises(ToolError, match=r"big\.json: larger than 4 MiB"):
        read_document(str(path))


@pytest.mark.parametrize(
    ("require", "value", "message"),
    [
        (require_object, [], "must be an object, not a list"),
        (require_list, {}, "must be a list, not an object"),
        (require_string, None, "missing, must be a string"),
        (require_string, True, "must be a string, not true"),
        (require_string, 1.5, "must be a string, not 1.5"),
        (require_list, "x" * 100, "must be a list, not 'xxx"),
        (require_bool, 0, "must be true or false, not 0"),
    ],
)
def test_a_value_of_another_type_is_an_error(require: object, value: object, message: str) -> None:
    assert callable(require)
    with pytest.raises(ToolError) as caught:
        require(value, "f.json: x")
    assert str(caught.value).startswith(f"f.json: x: {message}")
    assert len(str(caught.value)) < 150


def test_errors_in_lists_and_maps_name_the_item() -> None:
    with pytest.raises(ToolError, match=r"^x\[1\]: must be a string, not 2"):
        require_strings(["a", 2], "x")
    with pytest.raises(ToolError, match=r"^x\['a'\]: missing, must be a string"):
        require_string_map({"a": None}, "x")


@pytest.mark.parametrize("value", [-1, 11, True, 1.0, "1", 10**400])
def test_integers_are_limited(value: object) -> None:
    assert require_int(10, "x", 10) == 10
    with pytest.raises(ToolError, match=r"^x: must be an integer from 0 to 10, not "):
        require_int(value, "x", 10)


def test_null_and_empty_values_are_not_taken() -> None:
    fields: Json = {"a": [1], "b": [], "c": None}
    assert [take(fields, key) for key in "abcd"] == [[1], None, None, None]
    assert fields == {"b": [], "c": None}


def test_bytes_that_are_not_utf8_survive() -> None:
    value = {"a": "ü\udcff", "b": [1, None]}
    assert parse_object(dump_json(value), "x", any_bytes=True) == value
    with pytest.raises(ToolError, match=r"^x: not JSON: "):
        parse_object(dump_json(value), "x")
    with pytest.raises(ToolError, match=r"^x: a string contains a lone surrogate$"):
        parse_object(rb'{"\ud800": 1}', "x", any_bytes=True)
