import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.cli.flags import Parser


def parser() -> Parser:
    made = Parser("tool", "Does it.")
    made.add_argument("--deb", required=True, help="a package")
    made.add_argument("--label-text", default="none", help="by default %(default)s")
    made.add_argument("--glob", action="append", metavar="GLOB")
    made.add_argument("--pair", action="append", nargs=2, metavar=("A", "B"), help="two files")
    made.add_argument("--kind", choices=("gzip", "zstd"), default="gzip")
    made.add_argument("--quiet", action="store_true")
    made.add_argument("--size", type=int, dest="bytes")
    return made


def parse(argv: Sequence[str]) -> dict[str, Any]:
    return dict(vars(parser().parse_args(argv)))


DEFAULTS = {
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
        (["--deb=--x=y"], {"deb": "--x=y"}),
        (["--deb", "-x"], {"deb": "-x"}),
        (["--deb", "a b"], {"deb": "a b"}),
        (["--deb", "\udcff"], {"deb": "\udcff"}),
        (["--deb", "x", "--label-text", "@a//:b"], {"label_text": "@a//:b"}),
        (["--deb=x", "--glob=a", "--glob", "b"], {"glob": ["a", "b"]}),
        (["--deb=x", "--pair", "a", "b", "--pair", "c", "d"], {"pair": [["a", "b"], ["c", "d"]]}),
        (
            ["--deb=x", "--kind=zstd", "--quiet", "--size=-5"],
            {"kind": "zstd", "quiet": True, "bytes": -5},
        ),
        (["--deb=x", "--size", "-5"], {"bytes": -5}),
        (["--deb=x", "--"], {}),
    ],
)
def test_values_by_flag(argv: list[str], values: dict[str, Any]) -> None:
    assert parse(argv) == DEFAULTS | values


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "missing --deb"),
        (["--deb"], "--deb needs a value"),
        (["--deb", "--quiet"], "--deb needs a value"),
        (["--de=x"], "unknown flag --de"),
        (["--deb=x", "--glub"], "unknown flag --glub"),
        (["--deb=x", "-g"], "unknown flag -g"),
        (["--deb=x", "y"], "unexpected argument 'y'"),
        (["--deb=x", "--", "--quiet"], "unexpected argument '--quiet'"),
        (["--deb=x", "--pair", "a"], "--pair needs 2 values, found 1"),
        (["--deb=x", "--pair", "a", "--quiet"], "--pair needs 2 values, found 1"),
        (["--deb=x", "--pair=a", "b"], "--pair needs 2 values, found 1"),
        (["--deb=x", "--kind=xz"], "--kind: invalid value 'xz', must be one of gzip, zstd"),
        (["--deb=x", "--size=5k"], "--size: invalid value '5k'"),
        (["--deb=x", "--size=" + "9" * 5000], "--size: invalid value '999"),
        (["--deb=x\0"], "--deb: invalid value 'x\\x00': it contains a NUL"),
        (["--deb=x", "--quiet=1"], "--quiet takes no value"),
        (["--deb=x", "@absent"], "cannot read the argument file absent: No such file or directory"),
        (["--deb=x", "@\0"], "cannot read the argument file \\x00: embedded null byte"),
    ],
)
def test_a_wrong_argument_is_an_error(argv: list[str], message: str) -> None:
    with pytest.raises(ToolError) as caught:
        parse(argv)
    assert str(caught.value).startswith(f"tool: {message}")
    assert caught.value.hint == "tool --help lists the flags"


def test_an_argument_file_has_one_argument_a_line(tmp_path: Path) -> None:
    file = tmp_path / "params"
    file.write_bytes("--deb\na b\n--glob=\u2028\n--glob\n\n--label-text\n@a//:b\n".encode())
    assert parse([f"@{file}", "--quiet"]) == DEFAULTS | {
        "deb": "a b",
        "glob": ["\u2028", ""],
        "label_text": "@a//:b",
        "quiet": True,
    }
    file.write_bytes(b"")
    assert parse([f"@{file}", "--deb=x", f"@{file}"]) == DEFAULTS


def test_argument_files_do_not_nest(tmp_path: Path) -> None:
    file = tmp_path / "params"
    file.write_text(f"--deb=x\n@{file}\n")
    with pytest.raises(ToolError, match="unexpected argument '@"):
        parse([f"@{file}"])


@pytest.mark.parametrize(
    ("argv", "first", "rest"),
    [
        (["a"], "a", []),
        (["a", "--check", "b", "c"], "a", ["b", "c"]),
        (["--check", "--", "--a", "-b"], "--a", ["-b"]),
        (["-", "@@"], "-", ["@@"]),
    ],
)
def test_positional_arguments(argv: list[str], first: str, rest: list[str], tmp_path: Path) -> None:
    made = Parser("tool", "")
    made.add_argument("first")
    made.add_argument("rest", nargs="*")
    made.add_argument("--check", action="store_true")
    if "@@" in argv:  # a line of a file, where @ has no meaning
        (tmp_path / "params").write_text("\n".join(argv))
        argv = [f"@{tmp_path}/params"]
    assert vars(made.parse_args(argv)) == {"first": first, "rest": rest, "check": "--check" in argv}


@pytest.mark.parametrize("nargs", [None, "+"])
def test_a_missing_positional_argument_is_an_error(nargs: Any) -> None:
    made = Parser("tool", "")
    made.add_argument("source", nargs=nargs)
    with pytest.raises(ToolError, match="tool: missing SOURCE"):
        made.parse_args([])


def test_results_have_the_declared_types_and_names() -> None:
    class Flags:
        name: str
        sizes: list[int]

    made = Parser("tool", "")
    made.add_argument("--name", default="")
    made.add_argument("--size", dest="sizes", type=int, action="append")
    flags = made.parse_args(["--name=a", "--size=1", "--size=2"], Flags)
    assert (flags.name, sum(flags.sizes)) == ("a", 3)
    made.add_argument("--undeclared")
    with pytest.raises(TypeError, match="undeclared"):
        made.parse_args([], Flags)


def test_help_lists_the_flags(capsys: pytest.CaptureFixture[str]) -> None:
    made = parser()
    made.add_argument("files", nargs="*", metavar="FILE", help="what to read")
    with pytest.raises(SystemExit) as caught:
        made.parse_args(["--help"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == (
        "usage: tool [flags] [FILE...]\n"
        "\n"
        "Does it.\n"
        "\n"
        "  --deb DEB                a package (required)\n"
        "  --label-text LABEL_TEXT  by default none\n"
        "  --glob GLOB              (repeatable)\n"
        "  --pair A B               two files (repeatable)\n"
        "  --kind gzip|zstd\n"
        "  --quiet\n"
        "  --size SIZE\n"
        "  [FILE...]                what to read\n"
    )


def test_argparse_is_not_imported() -> None:
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from tools.lib.cli.flags import Parser\n"
        "parser = Parser('tool', '')\n"
        "parser.add_argument('--deb', required=True)\n"
        "assert parser.parse_args(['--deb', 'x']).deb == 'x'\n"
        "assert 'argparse' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)
