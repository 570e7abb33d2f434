from pathlib import Path

import pytest

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
    file.write_text("A='1=2'\nEMPTY=\nTOO=file\n")
    options = RunOptions(env_file=str(file), env_names=("TOO", "UNSET", "BLANK"))
    assert option_variables(options, {"TOO": "t", "LEFT": "x", "BLANK": ""}) == {
        "A": "1=2",
        "TOO": "t",
    }
