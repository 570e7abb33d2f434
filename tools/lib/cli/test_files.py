from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_writes, write_whole


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def there() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def test_files_are_there_once_all_are_written() -> None:
    with atomic_writes(["b", "a"]) as (b, a):
        a.write(b"a")
        b.write(b"b")
        assert not Path("a").exists()
    assert there() == ["a", "b"]
    assert Path("a").read_bytes() == b"a"
    assert Path("a").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("fault", ["missing/b", "directory"])
def test_where_one_cannot_be_written_there_is_none_and_it_is_named(
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
    assert there() == ["directory", "directory/full"]


def test_a_fault_while_writing_leaves_what_was() -> None:
    def fail() -> None:
        with atomic_writes(["a", "b"]) as (a, _):
            a.write(b"new")
            raise ToolError("no")

    Path("a").write_bytes(b"old")
    with pytest.raises(ToolError):
        fail()
    assert there() == ["a"]
    assert Path("a").read_bytes() == b"old"
