from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.golden import compare, update
from tools.lib.cli.errors import ToolError

# It stands for Bazel: one listing is asked for, and built.
BAZEL = """#!/bin/sh
case $1 in
  query) echo //static:static_debian12.catalog_entry ;;
  build) mkdir -p bin/static && echo '{"path": "etc"}' > bin/static/static_debian12.jsonl ;;
  info) echo "$PWD/bin" ;;
esac
"""


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    directory = tmp_path / "tests" / "golden"
    directory.mkdir(parents=True)
    return directory


def _compare(golden: Path, tmp_path: Path, lines: str) -> int:
    actual = tmp_path / "x.jsonl"
    actual.write_text(lines)
    return compare.main([str(golden), str(actual)])


def test_equal_listings_pass(golden: Path, tmp_path: Path) -> None:
    (golden / "x.jsonl").write_text("a\nb\n")
    assert _compare(golden, tmp_path, "a\nb\n") == 0


def test_a_difference_is_shown(
    golden: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (golden / "x.jsonl").write_text("a\n")
    with pytest.raises(ToolError, match=r"x\.jsonl: differs .* \(hint: .* run ./knife golden\)"):
        _compare(golden, tmp_path, "b\n")
    shown = capsys.readouterr().out
    assert "-a\n" in shown
    assert "+b\n" in shown


def test_a_long_difference_is_cut(
    golden: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (golden / "x.jsonl").write_text("")
    with pytest.raises(ToolError):
        _compare(golden, tmp_path, "a\n" * 100)
    assert capsys.readouterr().out.endswith("... and 63 more lines\n")


def test_a_listing_must_be_committed(golden: Path, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"x\.jsonl: file not found \(hint: run ./knife golden\)"):
        _compare(golden, tmp_path, "a\n")


def test_a_listing_must_not_be_empty(golden: Path, tmp_path: Path) -> None:
    (golden / "x.jsonl").write_text("")
    with pytest.raises(ToolError, match="the listing is empty"):
        _compare(golden, tmp_path, "")


def test_update_writes_new_listings_and_removes_old_ones(
    golden: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bazel = tmp_path / "bazelw"
    bazel.write_text(BAZEL)
    bazel.chmod(bazel.stat().st_mode | stat.S_IXUSR)
    (golden / "removed_image_debian12.jsonl").write_text("a\n")
    (golden / "BUILD.bazel").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BUILD_WORKSPACE_DIRECTORY", str(tmp_path))
    assert update.main([]) == 0
    assert sorted(os.listdir(golden)) == ["BUILD.bazel", "static_debian12.jsonl"]
    assert (golden / "static_debian12.jsonl").read_text() == '{"path": "etc"}\n'


def test_update_needs_a_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUILD_WORKSPACE_DIRECTORY", raising=False)
    with pytest.raises(ToolError, match=r"hint: run ./knife golden"):
        update.main([])
