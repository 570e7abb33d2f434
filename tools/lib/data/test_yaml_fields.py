import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.data.yaml_fields import MAX_SIZE, Field, load


def field(text: str) -> Field:
    """The value of `a`."""
    return load(text.encode(), "f.yaml").mapping("a")["a"]


def error(text: str, file: str = "f.yaml") -> str:
    with pytest.raises(ToolError) as caught:
        load(text.encode(), file)
    return str(caught.value)


def test_scalars_keep_the_text_that_was_written() -> None:
    for text in ("1.10", "0777", "yes", "2024-01-02", "1_000", ".inf", "1" * 5000):
        assert field(f"a: {text}").string() == text
    assert load(b'{"a": 1.10}', "f.json").mapping("a")["a"].string() == "1.10"


def test_values_have_the_type_that_is_asked_for() -> None:
    assert field("a: -12").integer() == -12
    assert (field("a: on").boolean(), field("a: FALSE").boolean()) == (True, False)
    assert field("a: [x, '']").strings() == ("x", "")
    assert field("a: {b: 1, c: ~}").mapping("b", "c").keys() == {"b"}
    assert [each.path for each in field("a: [{b: [x]}]").items()] == ["a[0]"]


@pytest.mark.parametrize(
    ("text", "method", "message"),
    [
        ("a: [x]", Field.string, "expected a string, found a list"),
        ('a: "x\\0"', Field.string, "expected a string without NUL and lone surrogates"),
        ("a: ''", Field.nonempty_string, "expected a non-empty string, found the string ''"),
        ("a: {b: c}", Field.strings, "expected a list, found a mapping"),
        ("a: '1'", Field.integer, "expected an integer, found the string '1'"),
        ("a: 010", Field.integer, "expected an integer, found 010"),
        ("a: " + "9" * 5000, Field.integer, "expected an integer, found 9999"),
        ("a: .inf", Field.integer, "expected an integer, found .inf"),
        ("a: 'yes'", Field.boolean, "expected true or false, found the string 'yes'"),
        ("a: !!set {b}", Field.items, "expected a list, found {'b'}"),
        ("a: x", Field.mapping, "expected a mapping, found the string 'x'"),
    ],
)
def test_a_value_of_another_type_is_an_error(text: str, method: object, message: str) -> None:
    assert callable(method)
    with pytest.raises(ToolError) as caught:
        method(field(text))
    assert str(caught.value).startswith(f"f.yaml: a: {message}")
    assert len(str(caught.value)) < 150


def test_an_unknown_field_is_an_error_with_a_suggestion() -> None:
    document = load(b"suite: x", "f.yaml")
    with pytest.raises(ToolError) as caught:
        document.mapping("suites", "keys")
    assert str(caught.value) == "f.yaml: unknown field 'suite' (hint: did you mean 'suites'?)"
    with pytest.raises(ToolError, match=r"\(hint: known fields: keys, url\)"):
        document.mapping("keys", "url")
    with pytest.raises(ToolError, match=r"^f\.yaml: a: unknown field None"):
        field("a: {~: b}").mapping("b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b: c", "f.yaml:1:5: not YAML: mapping values are not allowed"),
        ("a: 1\nb:\n  a: 2\n  a: 3", "f.yaml:4:3: not YAML: duplicate key 'a'"),
        (
            "a: 1\n---\nb: 2",
            "f.yaml:2:1: not YAML: a second document, where one is allowed",
        ),
        ("a:\n\t- b", "f.yaml:2:1: not YAML: a tab, where YAML allows only spaces"),
        ("a:\n  \tb: c", "f.yaml:2:3: not YAML: a tab, where YAML allows only spaces"),
        ("a: @b", "f.yaml:1:4: not YAML: found character that cannot start any token"),
        ("a: \0", "f.yaml: not YAML: unacceptable character #x0000"),
        ('a: "\\ud800"', "f.yaml:1:7: not YAML: found invalid Unicode character"),
        ("&a {*a : b}", "f.yaml:1:1: not YAML: found unhashable key"),
        ("!!python/name:os.system x", "f.yaml:1:1: not YAML: could not determine a constructor"),
    ],
)
def test_a_document_that_is_not_yaml_is_an_error(text: str, message: str) -> None:
    assert error(text).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "f.json: not JSON: "),
        ('{"a": 1, "a": 2}', "f.json: not JSON: duplicate key 'a'"),
        ("[" * 100_000, "f.json: nested too deeply"),
    ],
)
def test_a_document_that_is_not_json_is_an_error(text: str, message: str) -> None:
    assert error(text, "f.json").startswith(message)


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, "{a: " * 100_000])
def test_deep_nesting_is_an_error(text: str) -> None:
    assert "nest" in error(text)


def test_a_document_is_limited_in_size() -> None:
    assert load(b" " * MAX_SIZE, "f.yaml").value is None
    assert error(" " * (MAX_SIZE + 1)) == "f.yaml: larger than 1 MiB"


def test_a_lone_surrogate_of_json_is_an_error_where_a_string_is_expected() -> None:
    with pytest.raises(ToolError, match="without NUL and lone surrogates"):
        load(b'{"a": "\\ud800"}', "f.json").mapping("a")["a"].string()
