from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable

import pytest

from launcher import progress as module
from launcher.progress import Progress


def shown(monkeypatch: pytest.MonkeyPatch, act: Callable[[Progress], None], term: str) -> str:
    """What appears on a terminal."""
    controller, terminal = os.openpty()
    monkeypatch.setenv("TERM", term)
    with open(terminal, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        act(Progress("fetching"))
    output = b""
    try:
        while chunk := os.read(controller, 4096):
            output += chunk
    except OSError:  # The other end is closed.
        pass
    os.close(controller)
    return output.decode()


def fetch(progress: Progress) -> None:
    progress.say("begins")
    progress.begin(4_000_000)
    for _ in range(4):
        progress.advance(1_000_000)
    progress.end()
    progress.advance(1)
    progress.say("is there")


@pytest.fixture(autouse=True)
def _each_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REDRAW", 0.0)
    monkeypatch.setattr(module, "_LINE", 0.0)


def test_a_terminal_shows_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = shown(monkeypatch, fetch, "xterm").split("\r\033[K")
    assert draws[1] == "bazelw: begins\r\n"
    assert draws[2].startswith("bazelw: fetching [########                      ] 1 of 4 MB, ")
    assert draws[5].startswith("bazelw: fetching [##############################] 4 of 4 MB, ")
    assert draws[6:] == ["", "bazelw: is there\r\n"]
    assert max(map(len, draws)) < 80


def test_a_log_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    fetch(Progress("fetching"))
    lines = stderr.getvalue().splitlines()
    assert lines[0] == "bazelw: begins"
    assert lines[4].startswith("bazelw: fetching: 4 of 4 MB, ")
    assert lines[5:] == ["bazelw: is there"]


def test_a_dumb_terminal_gets_lines_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\033" not in shown(monkeypatch, fetch, "dumb")


def test_bytes_that_came_in_vain_are_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    progress = Progress("fetching")
    progress.begin(2_000_000)
    progress.advance(1_000_000)
    progress.advance(-1_000_000)
    assert "0 of 2 MB" in stderr.getvalue().splitlines()[-1]
