from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

import pytest

from tests.toolchains.compile import java
from tests.toolchains.compile.__main__ import main
from tools.lib.cli.errors import ToolError


def _script(path: Path, text: str) -> str:
    """A fake compiler."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def _go(compiler: str, tmp_path: Path) -> Path:
    (tmp_path / "main.go").write_text("package main\n")
    output = tmp_path / "program"
    arguments = ["--compiler", compiler, "--package", "golang-go", "--output", str(output)]
    main(["go", *arguments, "--architecture", "arm64", str(tmp_path / "main.go")])
    return output


def _jar(path: Path, files: dict[str, bytes]) -> str:
    with zipfile.ZipFile(path, "w") as jar:
        for name, content in files.items():
            jar.writestr(name, content)
    return str(path)


def _java(tmp_path: Path, *flags: str, output: str = "x.jar") -> zipfile.ZipFile:
    """A jar of one class, made by a fake javac."""
    javac = _script(
        tmp_path / "javac",
        'while [ "$1" != -d ]; do shift; done; mkdir -p "$2/app"; echo class > "$2/app/Main.class"',
    )
    arguments = ["--compiler", javac, "--package", "jdk", "--output", str(tmp_path / output)]
    main(["java", *arguments, "--release=17", "--main-class=app.Main", *flags, "Main.java"])
    return zipfile.ZipFile(tmp_path / output)


def test_the_error_for_a_missing_compiler_names_its_package(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as caught:
        _go("", tmp_path)
    expected = (
        "go not found on the PATH (hint: install the Debian package golang-go, or use ./bazelw)"
    )
    assert str(caught.value) == expected


def test_a_compiler_sees_its_sources_and_a_home_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "value")
    compiler = _script(
        tmp_path / "go",
        'for word; do case $word in -o=*) out=${word#-o=};; esac; done; ls > "$out"\n'
        'echo "$GOARCH $CGO_ENABLED $SOURCE_DATE_EPOCH $SECRET" >> "$out"; touch "$HOME/x"',
    )
    output = _go(compiler, tmp_path)
    assert output.read_text() == "main.go\narm64 0 1735689600 \n"
    assert stat.S_IMODE(output.stat().st_mode) == 0o755


def test_a_compiler_that_fails_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ToolError, match="go failed with status 3"):
        _go(_script(tmp_path / "go", "echo main.go:1: what is this; exit 3"), tmp_path)
    assert "main.go:1: what is this" in capsys.readouterr().err
    assert sorted(os.listdir(tmp_path)) == ["go", "main.go"]


def test_a_jar_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    _java(tmp_path, output="a.jar").close()
    _java(tmp_path, output="b.jar").close()
    assert (tmp_path / "a.jar").read_bytes() == (tmp_path / "b.jar").read_bytes()


def test_a_jar_contains_its_libraries(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("text")
    library = {
        "META-INF/MANIFEST.MF": b"of the library",
        "META-INF/X.SF": b"signature",
        "META-INF/services/x": b"service",
        "module-info.class": b"module",
        "x/X.class": b"library",
    }
    dependency = _jar(tmp_path / "library.jar", library)
    with _java(tmp_path, "--jar", dependency, "--resource", "a/t", str(tmp_path / "text")) as jar:
        assert jar.namelist() == [
            "META-INF/MANIFEST.MF",
            "META-INF/services/x",
            "a/t",
            "app/Main.class",
            "x/X.class",
        ]
        assert b"Main-Class: app.Main\r\n" in jar.read("META-INF/MANIFEST.MF")
        assert jar.read("x/X.class") == b"library"


def test_two_files_of_one_name_are_an_error(tmp_path: Path) -> None:
    dependency = _jar(tmp_path / "library.jar", {"app/Main.class": b"another"})
    with pytest.raises(ToolError, match=r"library\.jar: duplicate entry app/Main\.class"):
        _java(tmp_path, "--jar", dependency)


def test_an_invalid_jar_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "library.jar").write_bytes(b"text")
    with pytest.raises(ToolError, match=r"library\.jar: not a jar"):
        _java(tmp_path, "--jar", str(tmp_path / "library.jar"))


def test_an_unknown_verb_is_an_error() -> None:
    with pytest.raises(ToolError, match="unknown verb 'pascal'"):
        main(["pascal"])


def test_the_main_class_is_wrapped_as_manifests_are() -> None:
    name = "a." * 100 + "Main"
    version, *lines = java.manifest(name).removesuffix(b"\r\n\r\n").split(b"\r\n")
    assert version == b"Manifest-Version: 1.0"
    assert b"".join(lines).replace(b" ", b"") == f"Main-Class:{name}".encode()
    assert all(line.startswith(b" ") for line in lines[1:])
    assert max(map(len, lines)) == 72
