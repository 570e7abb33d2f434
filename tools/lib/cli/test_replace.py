from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tools.lib.cli.replace import replace_files


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def test_all_files_are_replaced_and_keep_their_modes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o755)
    replace_files({f"{tmp_path}/a": b"new", f"{tmp_path}/b": b"more"})
    assert contents(tmp_path) == {"a": b"new", "b": b"more"}
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o755


def test_nothing_is_replaced_if_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(FileNotFoundError) as caught:
        replace_files({f"{tmp_path}/a": b"new", f"{tmp_path}/missing/b": b"more"})
    assert caught.value.filename == f"{tmp_path}/missing/b"
    assert contents(tmp_path) == {"a": b"old"}


def test_a_failed_rename_puts_the_old_contents_back(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / "file").touch()
    with pytest.raises(OSError, match="directory"):
        replace_files(
            {f"{tmp_path}/a": b"new", f"{tmp_path}/new": b"new", f"{tmp_path}/z": b"file"}
        )
    assert contents(tmp_path) == {"a": b"old"}


def test_a_signal_waits_for_the_renames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, bytes]] = []
    rename = os.rename

    def interrupt(source: str, target: str) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        rename(source, target)

    monkeypatch.setattr("tools.lib.cli.replace.os.rename", interrupt)
    before = signal.signal(signal.SIGTERM, lambda *_: seen.append(contents(tmp_path)))
    try:
        replace_files({f"{tmp_path}/a": b"1", f"{tmp_path}/b": b"2"})
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [{"a": b"1", "b": b"2"}]
