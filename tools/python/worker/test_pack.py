from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.python.worker.pack import main

_START = Path(__file__).with_name("start.py").absolute()
_ROOT = str(_START).removesuffix("/tools/python/worker/start.py")


@pytest.fixture(autouse=True)
def _sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in ("tools/greet", "external/pip/site-packages/words"):
        Path(path).mkdir(parents=True)
    Path("external/pip/site-packages/words/__init__.py").write_text("WORD = 'hello'\n")
    Path("tools/greet/greet.py").write_text(
        "from words import WORD\n\ndef main(argv):\n    print(WORD, *argv, 1 / int(argv[0]))\n"
    )
    Path("greet.tool").write_text(f"tools.greet.greet\ngreet\ngreet.zip\n{_ROOT}\n")
    Path("arguments").write_text("1\ngreet.tool\n")


def _pack(archive: str = "greet.zip") -> None:
    roots = [".", "external/pip/site-packages"]
    sources = ["tools/greet/greet.py", "external/pip/site-packages/words/__init__.py"]
    assert main([archive, "3.11", *roots, "--", *sources]) == 0


def _run() -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", "-B", str(_START), "@arguments"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_names_are_those_below_the_roots() -> None:
    _pack()
    assert zipfile.ZipFile("greet.zip").namelist() == [
        "tools/",
        "tools/greet/",
        "words/",
        "tools/greet/greet.py",
        "tools/greet/greet.pyc",
        "words/__init__.py",
        "words/__init__.pyc",
    ]


def test_the_bytecode_runs() -> None:
    _pack()
    _change("greet.py", b"not Python")
    assert _run().stdout == "hello 1 1.0\n"


def test_another_version_runs_the_sources() -> None:
    _pack()
    _change("greet.pyc", b"\0" * 64)
    assert _run().stdout == "hello 1 1.0\n"


def _change(name: str, content: bytes) -> None:
    """Writes the zip again with another content of one file."""
    with zipfile.ZipFile("greet.zip") as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile("greet.zip", "w") as archive:
        for each, data in files.items():
            archive.writestr(each, content if each.endswith(f"/{name}") else data)


def test_tracebacks_have_lines() -> None:
    _pack()
    Path("arguments").write_text("0\ngreet.tool\n")
    error = _run().stderr
    assert "    print(WORD, *argv, 1 / int(argv[0]))\n" in error
    assert error.endswith("ZeroDivisionError: division by zero\n")


def test_the_archive_depends_on_the_sources_only() -> None:
    _pack()
    Path("tools/greet/greet.py").touch()
    _pack("again.zip")
    assert Path("again.zip").read_bytes() == Path("greet.zip").read_bytes()
