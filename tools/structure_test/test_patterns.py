import pytest

from tools.structure_test.patterns import BadPattern, check, matches, preview


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("b", "abc", True),
        ("^b", "abc", False),
        # As in Go, `.` does not match a newline, and `$` matches only at the end.
        ("a.b", "a\nb", False),
        ("(?s)a.b", "a\nb", True),
        ("^b$", "a\nb\nc", False),
        ("(?m)^b$", "a\nb\nc", True),
        ("a$", "a\n", False),
        (r"\d+", "\u0663", False),  # not Python's digits
        (r"\x{fc}", "für", True),
        (r"[[:alpha:]]\pL", "aü", True),
    ],
)
def test_patterns_match_as_in_go(pattern: str, text: str, found: bool) -> None:
    assert matches(pattern, text) == found


@pytest.mark.parametrize("pattern", ["(", "a(?=b)", r"(a)\1", "a{2000}"])
def test_patterns_that_go_rejects(pattern: str) -> None:
    with pytest.raises(BadPattern, match="invalid regular expression"):
        matches(pattern, "a")


def test_check_errors() -> None:
    assert list(check("stdout", "hello\n", ["hello", "bye"], ["h.l", "x"])) == [
        "stdout: expected a match of 'bye', found 'hello\\n'",
        "stdout: expected no match of 'h.l', found 'hello\\n'",
    ]
    assert list(check("stdout", "", ["x"], [])) == [
        "stdout: expected a match of 'x', found nothing"
    ]


def test_invalid_patterns_always_fail() -> None:
    assert len(list(check("stdout", "", ["("], ["("]))) == 2


def test_preview_shortens_long_texts() -> None:
    text = preview("a" * 5000 + "b" * 5000)
    assert len(text) < 400
    assert text.startswith("'aaa")
    assert text.endswith("bbb' (10000 characters)")
