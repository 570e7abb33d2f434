from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools.diff.__main__ import ERROR, main
from tools.lib.cli.errors import ToolError, run
from tools.lib.diff.testing import file, image_layout, index_layout, layer


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("BUILD_WORKING_DIRECTORY", "BUILD_WORKSPACE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    image_layout(tmp_path / "old", layer(file("a", b"1")))
    image_layout(tmp_path / "same", layer(file("a", b"1")))
    image_layout(tmp_path / "new", layer(file("a", b"22")))
    return tmp_path


def test_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["old", "same"]) == 0
    assert capsys.readouterr().out == "equal: old and same\n"
    assert main(["old", "oci:new"]) == 1
    assert "~ /a: size 1 -> 2, content" in capsys.readouterr().out
    assert main(["old", "new", "--exit-zero"]) == 0
    assert run(main, ["diff", "old", "./missing"], error_status=ERROR) == 2
    assert capsys.readouterr().err == "error: ./missing: no such directory\n"


def test_program_exits_with_2_for_an_error() -> None:
    path = [entry for entry in sys.path if entry]
    done = subprocess.run(
        [sys.executable, "-m", "tools.diff", "old"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(path)},
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: diff: 1 images (hint: name the two to compare)\n"


def test_files(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["old", "new", "--json", "a.json", "--markdown", "a.md"]) == 1
    assert capsys.readouterr().out.startswith("--- old sha256:")
    assert json.loads((directory / "a.json").read_text())["equal"] is False
    assert (directory / "a.md").read_text().startswith("### `new`\n")


def test_standard_output(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["old", "new", "--json", "-"]) == 1
    assert json.loads(capsysbinary.readouterr().out)["new"]["name"] == "new"
    assert main(["old", "new", "--markdown", "-"]) == 1
    assert capsysbinary.readouterr().out.startswith(b"### `new`\n")


def test_directory_of_the_caller(
    directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(directory))
    monkeypatch.chdir("/")
    assert main(["old", "same"]) == 0


def test_platform(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = layer(file("a", b"1")), layer(file("a", b"2"))
    index_layout(directory / "i", {"amd64": [one], "arm64": [one]})
    index_layout(directory / "j", {"amd64": [two], "arm64": [one]})
    assert main(["i", "j", "--platform", "linux/arm64"]) == 0
    assert main(["i", "j", "--platform", "linux/amd64"]) == 1


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("//a:b", "//a:b: not in a workspace (hint: run ./knife diff, or bazel run)"),
        ("/missing", "/missing: no such directory"),
        ("oci:missing", "missing: no such directory"),
        ("Not/A/Name", "invalid image name 'Not/A/Name'"),
    ],
)
def test_errors(argument: str, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        main(["old", argument])
    assert str(caught.value).startswith(message)
