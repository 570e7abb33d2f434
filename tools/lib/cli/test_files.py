from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_writes, dump_json, write_whole


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def tree() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def test_files_appear_once_all_are_written() -> None:
    with atomic_writes(["b", "a"]) as (b, a):
        a.write(b"a")
        b.write(b"b")
        assert not Path("a").exists()
    assert tree() == ["a", "b"]
    assert Path("a").read_bytes() == b"a"
    assert Path("a").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("fault", ["missing/b", "directory"])
def test_if_one_file_cannot_be_written_none_is_and_the_error_names_it(
    fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("directory/full").mkdir(parents=True)

    def main(_: object) -> int:
        write_whole({"a": b"", fault: b"", "c": b""})
        return 0

    assert run(main, ["tool"]) == 1
    message = capsys.readouterr().err
    assert message.startswith(f"error: {fault}: ")
    assert "partial" not in message
    assert tree() == ["directory", "directory/full"]


def test_an_error_while_writing_leaves_the_old_file() -> None:
    def fail() -> None:
        with atomic_writes(["a", "b"]) as (a, _):
            a.write(b"new")
            raise ToolError("no")

    Path("a").write_bytes(b"old")
    with pytest.raises(ToolError):
        fail()
    assert tree() == ["a"]
    assert Path("a").read_bytes() == b"old"


def test_json_is_canonical_and_keeps_names_that_are_not_utf8() -> None:
    data = dump_json({"b": [1, None], "a": "ü\udcff"})
    assert data == b'{"a":"\xc3\xbc\xff","b":[1,null]}\n'
