from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lock import index_store
from tools.lock.release import ReleaseEntry
from tools.lock.testing_repository import stanza


def opened(path: Path, text: str) -> index_store.IndexStore:
    index_store.write(str(path), text.encode(), "here")
    return index_store.IndexStore(str(path), "here")


def test_every_package_of_an_index_is_found(tmp_path: Path) -> None:
    names = [f"lib{number}" for number in range(500)]
    index = opened(tmp_path / "s", "\n".join(map(stanza, reversed(names))))
    assert [index.paragraphs(name)[0]["package"] for name in names] == names
    assert index.names() == set(names)
    for name in ("", "a", "lib", "lib5000", "zz"):
        assert index.paragraphs(name) == []


def test_versions_that_span_chunks_are_found(tmp_path: Path) -> None:
    versions = [f"1.{number}" for number in range(200)]
    text = "\n".join([stanza("a"), *(stanza("b", version) for version in versions), stanza("c")])
    index = opened(tmp_path / "s", text)
    assert sorted(item["version"] for item in index.paragraphs("b")) == sorted(versions)
    assert len(index.paragraphs("a")) == len(index.paragraphs("c")) == 1


def test_fields_may_have_any_order_case_and_folding(tmp_path: Path) -> None:
    text = "Version: 1\nPACKAGE: a\ndepends: b,\n c (>= 1)\nDescription: x\n Package: no\n"
    text += "Provides: p,\n q"
    index = opened(tmp_path / "s", text)
    (fields,) = index.paragraphs("a")
    assert fields["depends"].split() == ["b,", "c", "(>=", "1)"]
    assert "description" not in fields
    assert index.providers("p") == index.providers("q") == ["a"]


def test_a_provider_is_found_once(tmp_path: Path) -> None:
    packages = [stanza("b", "1", Provides="x (= 1), y"), stanza("b", "2", Provides="x (= 2)")]
    index = opened(tmp_path / "s", "\n".join([*packages, stanza("a", Provides="x")]))
    assert index.providers("x") == ["a", "b"]
    assert index.providers("z") == []


def test_an_index_may_be_empty(tmp_path: Path) -> None:
    assert opened(tmp_path / "s", "").paragraphs("a") == []


def test_a_malformed_index_is_not_stored(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"^here: not a package index"):
        index_store.write(str(tmp_path / "s"), b"Version: 1\n", "here")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("entry", [ReleaseEntry("0" * 64, 1000), None])
def test_an_index_that_is_too_large_is_not_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: ReleaseEntry | None
) -> None:
    monkeypatch.setattr(index_store, "MAX_TEXT", 2000)
    limit = entry.size if entry else 2000
    for suffix, data in ((".xz", lzma.compress(bytes(limit + 1))), ("", bytes(limit + 1))):
        with pytest.raises(ToolError, match=rf"^here: larger than {limit} bytes"):
            index_store.keep(str(tmp_path / "s"), "here", data, suffix, entry)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [0, 100, 5000])
def test_a_damaged_store_is_an_error(tmp_path: Path, size: int) -> None:
    opened(tmp_path / "s", "\n".join(stanza(f"lib{number}") for number in range(500))).close()
    (tmp_path / "s").write_bytes((tmp_path / "s").read_bytes()[:size])
    with pytest.raises(ToolError, match=r"/s: damaged: .*delete it"):
        index_store.IndexStore(str(tmp_path / "s"), "here").paragraphs("lib499")
