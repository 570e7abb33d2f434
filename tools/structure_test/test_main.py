import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tools.structure_test import bubblewrap, emulation
from tools.structure_test.sample_images import (
    HOST,
    Entry,
    directory,
    layer,
    shell,
    symlink,
    write_image,
    write_index,
    write_layout,
)
from tools.structure_test.tool_process import ToolResult, run_tool, sh, write_config

EXISTS = [{"name": "file", "path": "/a/file"}]


@pytest.fixture
def image(tmp_path: Path) -> str:
    lower = layer(
        directory("a"),
        Entry("a/file", b"lower\n"),
        Entry("a/gone", b""),
        directory("b"),
        Entry("b/hidden", b""),
        Entry("usr/share/doc/p/copyright", b"MIT"),
    )
    upper = layer(
        Entry("a/file", b"upper\n", 0o600),
        Entry("a/.wh.gone"),
        Entry("b/.wh..wh..opq"),
        symlink("c", "a"),
    )
    config = {"Env": ["DIR=/a"], "Cmd": ["x"]}
    return write_layout(tmp_path / "image", lower, upper, config=config)


def run_config(tmp_path: Path, image: str, *flags: str, **fields: Any) -> ToolResult:
    config = write_config(tmp_path / "t.json", **fields)
    return run_tool("--image", image, "--config", config, *flags)


def names(ran: ToolResult) -> list[str]:
    lines = ran.stdout.splitlines()
    return [line.removeprefix("=== RUN: ") for line in lines if line.startswith("=== RUN: ")]


def test_layers_are_applied_in_order(tmp_path: Path, image: str) -> None:
    ran = run_config(
        tmp_path,
        image,
        fileExistenceTests=[
            {"name": "1", "path": "/a/file", "permissions": "-rw-------"},
            {"name": "2", "path": "/a/gone", "shouldExist": False},
            {"name": "3", "path": "/b/hidden", "shouldExist": False},
            {"name": "4", "path": "/b"},
        ],
        fileContentTests=[
            {"name": "5", "path": "/c/file", "expectedContents": ["^upper\n$"]},
            # Paths are expanded with the image's environment.
            {"name": "6", "path": "$DIR/file", "excludedContents": ["lower"]},
        ],
    )
    assert ran.status == 0, ran.stdout
    assert ran.stdout.endswith("Total tests: 6\n\nPASS\n")


def test_order_of_tests(tmp_path: Path) -> None:
    image = write_layout(
        tmp_path / "image",
        layer(*shell(), Entry("usr/share/doc/p/copyright", b"MIT")),
        config={"Env": ["PATH=/bin"]},
    )
    ran = run_config(
        tmp_path,
        image,
        metadataTest={"cmd": []},
        licenseTests=[{"debian": True}],
        fileExistenceTests=[{"name": "e", "path": "/bin/sh"}],
        fileContentTests=[{"name": "f", "path": "/etc/passwd"}],
        commandTests=[{"name": "c", **sh("exit 0")}],
    )
    assert ran.status == 0, ran.stdout
    assert names(ran) == [
        "Command Test: c",
        "File Content Test: f",
        "File Existence Test: e",
        "License Test",
        "Metadata Test",
    ]


def test_failures_set_the_exit_status(tmp_path: Path, image: str) -> None:
    ran = run_config(tmp_path, image, metadataTest={"cmd": ["y"]}, fileExistenceTests=EXISTS)
    assert (ran.status, ran.stderr) == (1, "")
    assert "--- FAIL\n" in ran.stdout
    assert 'Error: cmd: expected ["y"], found ["x"]\n' in ran.stdout
    assert ran.stdout.endswith(
        "Passes:      1\nFailures:    1\nDuration:" + ran.stdout.split("Duration:")[-1]
    )
    assert ran.stdout.endswith("\nFAIL\n")


@pytest.mark.parametrize("fields", [{}, {"commandTests": []}, {"metadataTest": {}}])
def test_configs_without_tests_fail(tmp_path: Path, image: str, fields: Any) -> None:
    ran = run_config(tmp_path, image, **fields)
    assert ran.status == 1
    assert "no tests: a config must have at least one\nFAIL\n" in ran.stdout


def test_several_configs(tmp_path: Path, image: str) -> None:
    first = write_config(tmp_path / "1.json", fileExistenceTests=EXISTS)
    second = tmp_path / "2.yaml"
    second.write_text('schemaVersion: "1.0.0"\nfileExistenceTests: [{name: x, path: /gone}]\n')
    ran = run_tool("--image", image, "--config", first, "--config", str(second))
    assert ran.status == 1
    assert f"====== Test file: {first} ======" in ran.stdout
    assert f"====== Test file: {second} ======" in ran.stdout
    assert names(ran) == ["File Existence Test: file", "File Existence Test: x"]


def test_report_formats_and_files(tmp_path: Path, image: str) -> None:
    tests = {"fileExistenceTests": EXISTS}
    report = tmp_path / "report"
    as_json = run_config(tmp_path, image, "--output", "json", **tests)
    assert json.loads(as_json.stdout)["Pass"] == 1
    as_junit = run_config(tmp_path, image, "--output", "junit", **tests)
    assert ElementTree.fromstring(as_junit.stdout).attrib["tests"] == "1"
    to_file = run_config(tmp_path, image, "--test-report", str(report), **tests)
    assert to_file.stdout.endswith("\nPASS\n")
    assert json.loads(report.read_bytes())["Total"] == 1
    run_config(tmp_path, image, "--output", "junit", "--test-report", str(report), **tests)
    assert ElementTree.parse(report).getroot().attrib["failures"] == "0"


def test_reports_are_written_in_every_locale(tmp_path: Path) -> None:
    image = write_layout(tmp_path / "image", layer(Entry("file\udcff"), Entry("caf\xe9")))
    tests = [{"name": "caf\xe9 \x1b[31m", "path": path} for path in ("/file", "/cafe")]
    config = write_config(tmp_path / "t.json", fileExistenceTests=tests)
    for encoding, name in (("ascii:strict", r"caf\xe9"), ("utf-8:strict", "caf\xe9")):
        ran = subprocess.run(
            [sys.executable, "-m", "tools.structure_test", "--image", image, "--config", config],
            env={"PYTHONIOENCODING": encoding, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=False,
        )
        assert ran.stderr == b""
        text = ran.stdout.decode("utf-8")
        assert rf"=== RUN: File Existence Test: {name} \x1b[31m" in text
        assert r"/file does not exist; did you mean /file\xff?" in text


def test_bazel_gets_the_results_of_each_test(
    tmp_path: Path, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XML_OUTPUT_FILE", str(tmp_path / "test.xml"))
    assert run_config(tmp_path, image, fileExistenceTests=EXISTS).status == 0
    (case,) = ElementTree.parse(tmp_path / "test.xml").getroot().iter("testcase")
    assert case.attrib["name"] == "File Existence Test: file"


@pytest.fixture
def index(tmp_path: Path) -> str:
    path = tmp_path / "index"
    here = write_image(path, layer(directory("a"), Entry("a/file")))
    other = write_image(path, layer(Entry("other")), architecture="mips64le")
    return write_index(path, [here, other])


def test_platform_selects_an_image_of_an_index(tmp_path: Path, index: str) -> None:
    platform = f"linux/{HOST}"
    assert (
        run_config(tmp_path, index, "--platform", platform, fileExistenceTests=EXISTS).status == 0
    )
    other = run_config(tmp_path, index, "--platform", "linux/mips64le", fileExistenceTests=EXISTS)
    assert "expected /a/file, but /a does not exist" in other.stdout
    for flags, message in (
        ((), "the layout has several images (hint: select a platform:"),
        (("--platform", "linux/386"), "no image for linux/386 (hint: the layout has"),
        (("--platform", "386"), "invalid platform '386' (hint: write linux/amd64"),
    ):
        ran = run_config(tmp_path, index, *flags, fileExistenceTests=EXISTS)
        assert (ran.status, ran.stdout) == (1, "")
        assert message in ran.stderr


@pytest.mark.parametrize(
    ("flags", "error"),
    [
        ([], "error: structure_test: missing --config (hint:"),
        (["--config", "gone.yaml"], "error: gone.yaml: No such file or directory"),
        (
            ["--config", "t.yaml", "--timeout", "0"],
            "error: structure_test: --timeout must be a positive",
        ),
        (
            ["--config", "t.yaml", "--timeout", "nan"],
            "error: structure_test: --timeout must be a positive",
        ),
        (
            ["--config", "t.yaml", "--outpt", "json"],
            "error: structure_test: unknown flag --outpt",
        ),
        (
            ["--config", "bad.yaml"],
            "error: bad.yaml: unknown field 'commandTest' (hint: did you mean",
        ),
    ],
)
def test_errors_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, image: str, flags: list[str], error: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.yaml").write_text("schemaVersion: 2.0.0\nfileExistenceTests: [{name: a, path: /a}]\n")
    Path("bad.yaml").write_text("schemaVersion: 2.0.0\ncommandTest: []\n")
    ran = run_tool("--image", image, *flags)
    assert (ran.status, ran.stdout) == (1, "")
    (line,) = ran.stderr.splitlines()
    assert line.startswith(error)


def test_damaged_and_missing_images(tmp_path: Path, image: str) -> None:
    ran = run_config(tmp_path, str(tmp_path), fileExistenceTests=EXISTS)
    assert (ran.status, ran.stderr) == (
        1,
        f"error: {tmp_path}: not an OCI image layout: it has no index.json "
        "(hint: a layout is a directory with index.json and blobs/, as made by `skopeo copy`)\n",
    )
    blobs = sorted(
        (tmp_path / "image/blobs/sha256").iterdir(), key=lambda path: path.stat().st_size
    )
    for blob in blobs:
        data = blob.read_bytes()
        blob.write_bytes(data[:-9] + b"x" + data[-8:])
        for tests in (
            {"fileExistenceTests": EXISTS},
            {"commandTests": [{"name": "a", "command": "b"}]},
        ):
            ran = run_config(tmp_path, image, **tests)
            (line,) = ran.stderr.splitlines()
            assert ran.status == 1
            assert line.startswith("error: ")
            assert blob.name in line
        blob.write_bytes(data)
    assert run_config(tmp_path, image, fileExistenceTests=EXISTS).status == 0


def test_missing_programs_are_named_with_their_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    monkeypatch.setattr(emulation, "FALLBACK_PATH", ())
    monkeypatch.setattr(bubblewrap, "FALLBACK_PATH", ())
    commands = {"commandTests": [{"name": "a", "command": "true"}]}
    image = write_layout(tmp_path / "image", layer(Entry("a")))
    ran = run_config(tmp_path, image, **commands)
    assert (ran.status, ran.stdout, ran.stderr) == (
        1,
        "",
        "error: command tests need bwrap (hint: install Debian's package bubblewrap)\n",
    )
    # Only command tests need it.
    assert run_config(tmp_path, image, fileExistenceTests=[{"name": "a", "path": "a"}]).status == 0

    (tmp_path / "bwrap").touch(0o755)
    foreign = "arm64" if HOST != "arm64" else "amd64"
    image = write_layout(tmp_path / "foreign", layer(Entry("a")), architecture=foreign)
    ran = run_config(tmp_path, image, **commands)
    assert (ran.status, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"error: commands of {foreign} images need a static qemu-")
    assert "install Debian's qemu-user-static (Debian 12) or qemu-user (later)" in ran.stderr
