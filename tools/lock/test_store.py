from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lock import store
from tools.lock.release import Listed
from tools.lock.testing_repository import stanza


def opened(path: Path, text: str) -> store.Store:
    store.write(str(path), text.encode(), "here")
    return store.Store(str(path))


def test_every_package_of_an_index_is_found(tmp_path: Path) -> None:
    names = [f"lib{number}" for number in range(500)]
    there = opened(tmp_path / "s", "\n".join(map(stanza, reversed(names))))
    assert [there.stanzas(name)[0]["package"] for name in names] == names
    assert there.names() == set(names)
    for name in ("", "a", "lib", "lib5000", "zz"):
        assert there.stanzas(name) == []


def test_all_versions_are_found_also_where_they_span_chunks(tmp_path: Path) -> None:
    versions = [f"1.{number}" for number in range(200)]
    text = "\n".join([stanza("a"), *(stanza("b", version) for version in versions), stanza("c")])
    there = opened(tmp_path / "s", text)
    assert sorted(item["version"] for item in there.stanzas("b")) == sorted(versions)
    assert len(there.stanzas("a")) == len(there.stanzas("c")) == 1


def test_fields_are_kept_whatever_their_order_case_and_folding(tmp_path: Path) -> None:
    text = "Version: 1\nPACKAGE: a\ndepends: b,\n c (>= 1)\nDescription: x\n Package: no\n"
    text += "Provides: p,\n q"
    there = opened(tmp_path / "s", text)
    (fields,) = there.stanzas("a")
    assert fields["depends"].split() == ["b,", "c", "(>=", "1)"]
    assert "description" not in fields
    assert there.providers("p") == there.providers("q") == ["a"]


def test_providers_are_found_once_with_and_without_versions(tmp_path: Path) -> None:
    packages = [stanza("b", "1", Provides="x (= 1), y"), stanza("b", "2", Provides="x (= 2)")]
    there = opened(tmp_path / "s", "\n".join([*packages, stanza("a", Provides="x")]))
    assert there.providers("x") == ["a", "b"]
    assert there.providers("z") == []


def test_an_empty_index_is_an_index(tmp_path: Path) -> None:
    assert opened(tmp_path / "s", "").stanzas("a") == []


def test_what_is_no_index_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"^here: not an index"):
        store.write(str(tmp_path / "s"), b"Version: 1\n", "here")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("listed", [Listed("0" * 64, 1000), None])
def test_an_index_that_decompresses_to_more_than_it_may_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: Listed | None
) -> None:
    monkeypatch.setattr(store, "MAX_TEXT", 2000)
    limit = listed.size if listed else 2000
    for suffix, data in ((".xz", lzma.compress(bytes(limit + 1))), ("", bytes(limit + 1))):
        with pytest.raises(ToolError, match=rf"^here: larger than {limit} bytes"):
            store.keep(str(tmp_path / "s"), "here", data, suffix, listed)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [0, 100, 5000])
def test_a_damaged_store_is_told(tmp_path: Path, size: int) -> None:
    opened(tmp_path / "s", "\n".join(stanza(f"lib{number}") for number in range(500))).close()
    (tmp_path / "s").write_bytes((tmp_path / "s").read_bytes()[:size])
    with pytest.raises(ToolError, match=r"/s: damaged: .*remove it"):
        store.Store(str(tmp_path / "s")).stanzas("lib499")
