import pytest

from tools.api_reference.text_format import read_message
from tools.lib.cli.errors import ToolError

TEXT = r"""
module_docstring: "One \"two\"\n\302\265 \'x\'"
rule_info {
  rule_name: "a"
  attribute {
    name: "name"
    type: NAME
    mandatory: true
  }
  attribute {
  }
}
rule_info {
  rule_name: "b"
}
"""


def test_fields_strings_and_repeated_messages() -> None:
    message = read_message(TEXT, "x")
    assert message.text("module_docstring") == "One \"two\"\nµ 'x'"
    assert [each.text("rule_name") for each in message.all("rule_info")] == ["a", "b"]
    first, second = message.all("rule_info")[0].all("attribute")
    assert (first.text("type"), first.flag("mandatory")) == ("NAME", True)
    assert (second.text("type"), second.flag("mandatory")) == ("", False)
    assert message.all("provider_info") == []


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a {", "x: the text ends within a message"),
        ("a: }", "x: a: expected a value, found '}'"),
        ("a }", "x: expected a field, found 'a'"),
        ("}", "x: expected a field, found '}'"),
        ('a: "b\nc: "d"', "x: line 1: not in protocol buffers' text format"),
        ("a: 1\n# b", "x: line 1: not in protocol buffers' text format"),
    ],
)
def test_other_text_is_an_error(text: str, error: str) -> None:
    with pytest.raises(ToolError) as caught:
        read_message(text, "x")
    assert str(caught.value) == error
