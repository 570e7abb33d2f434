from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from tools.lib.archive.limits import MAX_INVENTORY_TEXT, MAX_INVENTORY_TEXTS
from tools.lib.cli.errors import ToolError
from tools.lib.part.inventory import Inventory, InventoryWriter, read_inventory, write_inventory


def collect(*files: tuple[str, bytes]) -> Inventory:
    writer = InventoryWriter()
    for path, data in files:
        record = writer.file(path, len(data))
        for start in range(0, len(data), 3):
            record.update(data[start : start + 3])
        record.close()
    return writer.close("00")


def test_every_file_has_its_sha1() -> None:
    inventory = collect(("a", b"content"), ("empty", b""))
    assert inventory.sha1 == {
        "a": hashlib.sha1(b"content").hexdigest(),
        "empty": hashlib.sha1(b"").hexdigest(),
    }
    assert inventory.texts == {}


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("usr/share/doc/libc6/copyright", True),
        ("usr/share/doc/libc6/copyright.gz", False),
        ("usr/share/doc/a/b/copyright", False),
        ("etc/os-release", True),
        ("usr/lib/os-release", True),
        ("usr/lib/os-release/x", False),
        ("usr/lib/jvm/temurin-21-jre-amd64/release", True),
        ("usr/lib/jvm/release", False),
        ("app/site-packages/jinja2-3.1.dist-info/METADATA", True),
        ("x.dist-info/METADATA", True),
        ("app/x.dist-info/licenses/METADATA", False),
        ("node_modules/ms/package.json", True),
        ("app/node_modules/@scope/ms/package.json", True),
        ("app/node_modules/ms/lib/package.json", False),
        ("app/package.json", False),
    ],
)
def test_files_that_name_software_have_their_text(path: str, kept: bool) -> None:
    assert collect((path, b"text\xff")).texts == ({path: "text\udcff"} if kept else {})


def test_texts_beyond_the_limits_are_left_out() -> None:
    writer = InventoryWriter()
    writer.file("etc/os-release", MAX_INVENTORY_TEXT + 1).close()
    for number in range(MAX_INVENTORY_TEXTS // MAX_INVENTORY_TEXT + 1):
        writer.file(f"usr/share/doc/{number}/copyright", MAX_INVENTORY_TEXT).close()
    inventory = writer.close("00")
    assert list(inventory.texts) == [f"usr/share/doc/{number}/copyright" for number in range(16)]
    assert len(inventory.sha1) == 18


def test_inventory_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    inventory = collect(("a\udcff", b"1"), ("etc/os-release", b"ID=\xff"))
    with open(path, "wb") as out:
        write_inventory(inventory, out)
    assert read_inventory(str(path)) == inventory


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"version":1', b'"version":2', "unknown version 2 of inventory.json"),
        (b'"sha1":{}', b'"sha1":[]', "sha1: must be an object, not a list"),
        (b'"blob":"00"', b'"blob":0', "blob: must be a string, not 0"),
    ],
)
def test_malformed_inventory(tmp_path: Path, old: bytes, new: bytes, message: str) -> None:
    out = io.BytesIO()
    write_inventory(collect(), out)
    path = tmp_path / "inventory.json"
    path.write_bytes(out.getvalue().replace(old, new))
    with pytest.raises(ToolError, match=message):
        read_inventory(str(path))
