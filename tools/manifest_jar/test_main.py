from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.manifest_jar.__main__ import main, manifest

MAIN = """
public class Main {
  public static void main(String[] arguments) { System.out.println(Library.greeting()); }
}
"""
LIBRARY = 'class Library { static String greeting() { return "from the other jar"; } }\n'


def test_a_manifest_names_the_class_and_the_jars() -> None:
    assert manifest("com.example.Main", ["a.runfiles/x/a b.jar", "b.jar"]) == (
        b"Manifest-Version: 1.0\r\nMain-Class: com.example.Main\r\n"
        b"Class-Path: a.runfiles/x/a%20b.jar b.jar\r\n\r\n"
    )


def test_long_lines_continue() -> None:
    paths = [f"app.runfiles/library~{number}/library.jar" for number in range(9)]
    lines = manifest("Main", paths).split(b"\r\n")
    assert max(map(len, lines)) == 72
    joined = b"".join(line.removeprefix(b" ") for line in lines[2:])
    assert joined.decode() == "Class-Path: " + " ".join(paths)


@pytest.mark.parametrize("name", ["", "com.example.", "a b", "a\r\nClass-Path: x", "1a"])
def test_invalid_classes(name: str) -> None:
    with pytest.raises(ToolError, match="invalid name of a class"):
        manifest(name, [])


def test_the_jar_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    jars = [tmp_path / "a.jar", tmp_path / "b.jar"]
    for jar in jars:
        assert main(["--jar-out", str(jar), "--main-class=Main", "--class-path=x.jar"]) == 0
    assert jars[0].read_bytes() == jars[1].read_bytes()
    with zipfile.ZipFile(jars[0]) as archive:
        assert archive.namelist() == ["META-INF/MANIFEST.MF"]


def test_java_starts_it(tmp_path: Path) -> None:
    for name, text in {"Main": MAIN, "Library": LIBRARY}.items():
        (tmp_path / f"{name}.java").write_text(text)
    sources = [str(path) for path in tmp_path.glob("*.java")]
    subprocess.run(["javac", "-d", str(tmp_path / "classes"), *sources], check=True)
    (tmp_path / "app.runfiles").mkdir()
    for name in ("Main", "Library"):
        with zipfile.ZipFile(tmp_path / f"app.runfiles/{name} 1.jar", "w") as archive:
            archive.write(tmp_path / f"classes/{name}.class", f"{name}.class")
    paths = [f"--class-path=app.runfiles/{name} 1.jar" for name in ("Main", "Library")]
    assert main(["--jar-out", str(tmp_path / "app.jar"), "--main-class=Main", *paths]) == 0
    answer = subprocess.run(
        ["java", "-jar", str(tmp_path / "app.jar")], check=True, capture_output=True, text=True
    )
    assert answer.stdout == "from the other jar\n"
