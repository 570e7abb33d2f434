from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.structure_test.dotenv import parse_dotenv, read_dotenv


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("", {}),
        ("# only a comment", {}),
        ("A=1\nB=2", {"A": "1", "B": "2"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("\n  # comment\n\n  export A = 1 2 \n", {"A": "1 2"}),
        ("exporter=1\nexport\tB=2", {"exporter": "1", "B": "2"}),
        ("A: yaml\nB: 'x: y'", {"A": "yaml", "B": "x: y"}),
        ("a.b-C_1=x", {"a.b-C_1": "x"}),
        ("A=\nB= \nC=''\nD=\"\"", {"A": "", "B": "", "C": "", "D": ""}),
        ("A=1=2#3 # 4 # 5", {"A": "1=2#3"}),
        ("A= # comment", {"A": ""}),
        ('A="keep it" # comment\nB=2', {"A": "keep it", "B": "2"}),
        ("A='one\ntwo # three'\nB=2", {"A": "one\ntwo # three", "B": "2"}),
        (r'A="1\n2\r3\t4\"5\\6"', {"A": '1\n2\r3t4"5\\6'}),
        (r"A='\n $B'", {"A": r"\n $B"}),
        (r"A=\n", {"A": r"\n"}),
        # References are to variables of the file, then of the host.
        ("A=1\nB=$A-${A}-$HOST-$GONE-$a", {"A": "1", "B": "1-1-host--$a"}),
        ('HOST=file\nB="$HOST"', {"HOST": "file", "B": "file"}),
        (r"A=1" + "\n" + r'B="\$A $(A) $ ${}"', {"A": "1", "B": "$A (A) $ ${}"}),
        ("A=1\nA=2", {"A": "2"}),
    ],
)
def test_files_are_read_as_godotenv_reads_them(text: str, variables: dict[str, str]) -> None:
    assert parse_dotenv(text, "env", {"HOST": "host"}) == variables


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=1\nNAME\n", "env:2: expected NAME=VALUE: 'NAME'"),
        ("=1", "env:1: expected NAME=VALUE: '=1'"),
        ("A=1\n\nB+=2", "env:3: expected NAME=VALUE: 'B+=2'"),
        ("A='1' B", "env:1: expected NAME=VALUE: 'B'"),
        ("A=1\nB='one\ntwo", 'env:2: missing closing quote: "B=\'one"'),
        (r'A="\"', "env:1: missing closing quote"),
        ("A='\0'", "env:1: NUL in a value"),
    ],
)
def test_syntax_errors_name_the_line(text: str, message: str) -> None:
    with pytest.raises(ToolError) as error:
        parse_dotenv(text, "env", {})
    assert str(error.value).startswith(message)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"envFile .*: No such file or directory .hint: list the"):
        read_dotenv(str(tmp_path / "gone"), {})
    (tmp_path / "latin").write_bytes(b"A=\xfc\n")
    with pytest.raises(ToolError, match="latin: not UTF-8"):
        read_dotenv(str(tmp_path / "latin"), {})


def test_large_files_are_read_in_linear_time() -> None:
    text = "A=$B # c\n" * 100000
    assert parse_dotenv(text, "env", {}) == {"A": ""}
    with pytest.raises(ToolError):
        parse_dotenv('A="' + '\\"' * 100000, "env", {})
