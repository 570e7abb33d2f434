from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.structure_test.config import RunOptions, Variable
from tools.structure_test.environment import expand, option_variables, with_variables


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("$A/x", "1/x"),
        ("${A}B", "1B"),
        ("$AB", "$AB"),
        ("$EMPTY.", "."),
        ("$UNKNOWN ${UNKNOWN} $? $$ $1 ${A", "$UNKNOWN ${UNKNOWN} $? $$ $1 ${A"),
        ("$TWICE", "$A"),
    ],
)
def test_expand_replaces_known_variables_once(text: str, expanded: str) -> None:
    assert expand(text, {"A": "1", "EMPTY": "", "TWICE": "$A"}) == expanded


def test_variables_may_refer_to_earlier_ones() -> None:
    variables = [Variable("PATH", "/env:$PATH"), Variable("P", "${PATH}!"), Variable("P", "$P$P")]
    assert with_variables({"PATH": "/bin"}, variables) == {
        "PATH": "/env:/bin",
        "P": "/env:/bin!" * 2,
    }


def test_variables_from_a_file_and_from_the_host(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("# a comment\n\nA=1=2\n  B= spaces \nC=\nHERE\nNOT_HERE\n")
    options = RunOptions(env_file=str(file), env_names=("TOO", "NOR_THIS"))
    assert option_variables(options, {"HERE": "h", "TOO": "t", "LEFT": "x"}) == {
        "A": "1=2",
        "B": " spaces ",
        "C": "",
        "HERE": "h",
        "TOO": "t",
    }


@pytest.mark.parametrize("line", ["export A=1", "=1"])
def test_invalid_lines_of_a_file_are_errors(tmp_path: Path, line: str) -> None:
    file = tmp_path / "env"
    file.write_text(f"A=1\n{line}\n")
    with pytest.raises(ToolError, match="env:2: expected NAME=VALUE or NAME"):
        option_variables(RunOptions(env_file=str(file)), {})
