"""The fuzzer notices the faults that it looks for."""

from __future__ import annotations

import random

import pytest

from tests.hostile import fuzz
from tests.hostile.fuzz_archives import Case


def set_fault(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    def make(dice: random.Random) -> Case:
        return Case({"in": dice.randbytes(5)}, "tests.hostile.broken_tool", [fault], ["out"])

    monkeypatch.setitem(fuzz.CASES, "deb", make)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("crash", "status 70"),
        ("memory", "status 70"),
        ("time", "ended by SIGXCPU"),
        ("lines", "more than a line on stderr"),
        ("terminal", "an error that a terminal obeys"),
        ("output", "an error that leaves ['out']"),
        ("silent", "an error without a message"),
    ],
)
def test_faults_are_failures(
    fault: str, reason: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_fault(monkeypatch, fault)
    monkeypatch.setattr(fuzz, "CPU_SECONDS", 1)
    assert fuzz.main(["--kind", "deb", "--seed", "7", "--inputs", "1"]) == 1
    output = capsys.readouterr().out
    assert f"FAILED {reason}" in output
    assert "repeat: --kind deb --seed 7 --inputs 1" in output
    assert output.endswith("1 failures\n")


@pytest.mark.parametrize(("fault", "count"), [("none", "1 accepted"), ("refused", "1 refused")])
def test_tools_that_succeed_or_refuse_pass(
    fault: str, count: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_fault(monkeypatch, fault)
    assert fuzz.main(["--kind", "deb", "--inputs", "1"]) == 0
    assert count in capsys.readouterr().out


@pytest.mark.parametrize("kind", fuzz.CASES)
def test_a_seed_makes_the_same_input_each_time(kind: str) -> None:
    one, other = (fuzz.CASES[kind](random.Random(f"{kind} 5")) for _ in range(2))
    assert one == other
