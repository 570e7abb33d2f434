import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tools.lib.cli import flags as cli
from tools.lib.cli.errors import ToolError


def parser() -> cli.Parser:
    made = cli.Parser("tool", "Does it.")
    made.add_argument("--deb", required=True, help="a file")
    made.add_argument("--label-text", default="none")
    made.add_argument("--glob", action="append", default=[], metavar="GLOB")
    made.add_argument("--pair", action="append", nargs=2, default=[], metavar=("A", "B"))
    made.add_argument("--kind", choices=("gzip", "zstd"), default="gzip")
    made.add_argument("--quiet", action="store_true")
    made.add_argument("--size", type=int, dest="bytes")
    return made


def parse(argv: Sequence[str]) -> dict[str, Any]:
    return dict(vars(parser().parse_args(argv)))


NOTHING = {
    "deb": "x",
    "label_text": "none",
    "glob": [],
    "pair": [],
    "kind": "gzip",
    "quiet": False,
    "bytes": None,
}


@pytest.mark.parametrize(
    ("argv", "values"),
    [
        (["--deb", "x"], {}),
        (["--deb=x"], {}),
        (["--deb=y", "--deb=x"], {}),
        (["--deb", ""], {"deb": ""}),
        (["--deb="], {"deb": ""}),
        (["--deb=-x=y"], {"deb": "-x=y"}),
        (["--deb", "a b"], {"deb": "a b"}),
        (["--deb", "x", "--label-text", "//a:b"], {"label_text": "//a:b"}),
        (["--deb=x", "--glob=a", "--glob", "b"], {"glob": ["a", "b"]}),
        (["--deb=x", "--pair", "a", "b", "--pair", "c", "d"], {"pair": [["a", "b"], ["c", "d"]]}),
        (
            ["--deb=x", "--kind=zstd", "--quiet", "--size=-5"],
            {"kind": "zstd", "quiet": True, "bytes": -5},
        ),
        (["--deb=x", "--size", "-5"], {"bytes": -5}),
    ],
)
def test_flags_are_read_as_argparse_reads_them(
    argv: list[str], values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert parse(argv) == NOTHING | values
    monkeypatch.setattr(cli, "_plain", refuse)
    assert parse(argv) == NOTHING | values


def refuse(*_: object) -> dict[str, Any]:
    raise cli._NotPlain


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "tool: the following arguments are required: --deb"),
        (["--deb"], "argument --deb: expected one argument"),
        (["--deb", "--quiet"], "argument --deb: expected one argument"),
        (["--de=x"], "the following arguments are required: --deb"),
        (["--deb=x", "--glub"], "unrecognized arguments: --glub"),
        (["--deb=x", "y"], "unrecognized arguments: y"),
        (["--deb=x", "--pair", "a"], "argument --pair: expected 2 arguments"),
        (["--deb=x", "--pair=a", "b"], "argument --pair: "),
        (["--deb=x", "--kind=xz"], "argument --kind: invalid choice"),
        (["--deb=x", "--size=5k"], "argument --size: invalid int value: '5k'"),
        (["--deb=x", "--quiet=1"], "argument --quiet: "),
        (["--deb=x", "@absent"], "absent"),
    ],
)
def test_a_wrong_flag_is_an_error_with_a_hint(argv: list[str], message: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse(argv)
    assert message in caught.value.message
    assert caught.value.hint == "tool --help lists the flags"


def test_param_files_have_an_argument_a_line(tmp_path: Path) -> None:
    params = tmp_path / "params"
    params.write_bytes("--deb\na b\n--glob=\u2028\n--glob\n\n--quiet\n".encode())
    assert parse([f"@{params}"]) == NOTHING | {
        "deb": "a b",
        "glob": ["\u2028", ""],
        "quiet": True,
    }


def test_positional_arguments_are_argparse_s() -> None:
    made = cli.Parser("tool", "Does it.")
    made.add_argument("names", nargs="*")
    made.add_argument("--check", action="store_true")
    assert vars(made.parse_args(["--check", "a", "b"])) == {"names": ["a", "b"], "check": True}


def test_help_lists_the_flags(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(["--help"])
    assert caught.value.code == 0
    assert "--label-text" in capsys.readouterr().out


def test_actions_do_without_argparse() -> None:
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from tools.lib.cli.flags import Parser\n"
        "parser = Parser('tool', '')\n"
        "parser.add_argument('--deb', required=True)\n"
        "assert parser.parse_args(['--deb', 'x']).deb == 'x'\n"
        "assert 'argparse' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)
