from __future__ import annotations

import os
import sys
from collections.abc import Callable

import pytest

from launcher.progress import Progress


def on_terminal(monkeypatch: pytest.MonkeyPatch, act: Callable[[Progress], None], term: str) -> str:
    """What `act` writes to a terminal of the type `term`."""
    controller, terminal = os.openpty()
    monkeypatch.setenv("TERM", term)
    with open(terminal, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        act(Progress("downloading", interval=0))
    output = b""
    try:
        while chunk := os.read(controller, 4096):
            output += chunk
    except OSError:  # The other end is closed.
        pass
    os.close(controller)
    return output.decode()


def download(progress: Progress) -> None:
    progress.message("started")
    progress.start(4_000_000)
    for _ in range(4):
        progress.advance(1_000_000)
    progress.clear()
    progress.advance(1)
    progress.message("done")


def test_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    updates = on_terminal(monkeypatch, download, "xterm").split("\r\033[K")
    assert updates[1] == "bazelw: started\r\n"
    assert updates[2].startswith("bazelw: downloading [########                      ] 1 of 4 MB, ")
    assert updates[5].startswith("bazelw: downloading [##############################] 4 of 4 MB, ")
    assert updates[6:] == ["", "bazelw: done\r\n"]
    assert max(map(len, updates)) < 80


def test_lines_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    download(Progress("downloading", interval=0))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "bazelw: started"
    assert lines[4].startswith("bazelw: downloading: 4 of 4 MB, ")
    assert lines[5:] == ["bazelw: done"]


def test_few_lines_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    download(Progress("downloading", interval=1e9))
    assert capsys.readouterr().err == "bazelw: started\nbazelw: done\n"


def test_lines_on_a_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\033" not in on_terminal(monkeypatch, download, "dumb")


def test_bytes_of_a_failed_download_are_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("downloading", interval=0)
    progress.start(2_000_000)
    progress.advance(1_000_000)
    progress.advance(-1_000_000)
    assert "0 of 2 MB" in capsys.readouterr().err.splitlines()[-1]


def test_bytes_of_an_earlier_call_do_not_count(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("downloading", interval=0)
    progress.start(3_000_000)
    progress.skip(1_000_000)
    progress.advance(1_000_000)
    assert "1 of 2 MB" in capsys.readouterr().err
