from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.rootfs import layer_stream
from tools.lib.rootfs.tree import PathError
from tools.structure_test import image as image_module
from tools.structure_test.sample_images import Entry, open_image


def test_planned_files_are_read_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"file{number:02}" for number in range(20)]
    image = open_image(tmp_path, *(Entry(name, name.encode() * 10) for name in names))
    passes = []
    monkeypatch.setattr(image_module, "_MAX_BATCH", 300)

    def members(*args: object, **kwargs: object) -> object:
        passes.append(args)
        return layer_stream.members(*args, **kwargs)  # type: ignore[arg-type]

    inodes = [image.tree.resolve(name).inode for name in names]
    monkeypatch.setattr(image_module, "members", members)
    image.plan(inodes)
    assert [image.read(inode) for inode in inodes] == [name.encode() * 10 for name in names]
    # Each batch has five files, of 60 bytes each after the first.
    assert len(passes) == 4
    # Files that are not planned can be read too.
    image.plan([])
    assert image.read(inodes[3]) == names[3].encode() * 10


def test_large_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_module, "MAX_FILE", 10)
    image = open_image(tmp_path, Entry("small", b"x" * 10), Entry("large", b"x" * 11))
    image.plan(at.inode for at in image.tree.walk())
    assert image.read_text("small") == "x" * 10
    with pytest.raises(PathError, match="it is too large to read: 11 bytes, at most 10"):
        image.read_text("large")


@pytest.mark.parametrize(
    "config",
    [
        {"Env": ["A=\0"]},
        {"Env": ["\0=a"]},
        {"WorkingDir": "/\0"},
        {"User": "\0"},
        {"Volumes": {"/\0": {}}},
    ],
)
def test_strings_that_no_command_can_have(tmp_path: Path, config: dict[str, object]) -> None:
    with pytest.raises(ToolError, match="contains a NUL"):
        open_image(tmp_path, config=config)
