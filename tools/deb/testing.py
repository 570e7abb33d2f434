"""Runs the tool for tests."""

from __future__ import annotations

from pathlib import Path

from tools.deb.__main__ import main
from tools.lib.part.testing_blob import WrittenPart, read_written_part


def convert(directory: Path, package: bytes, *flags: str) -> WrittenPart:
    """Makes a part of a package; input and outputs are files of `directory`."""
    deb, blob, part = (
        directory / name for name in ("sample.deb", "sample.part.gz", "sample.part.json")
    )
    deb.write_bytes(package)
    outputs = [f"--blob-out={blob}", f"--part-out={part}", "--label=//test:sample"]
    assert main([f"--deb={deb}", *outputs, *flags]) == 0
    return read_written_part(blob, part)
