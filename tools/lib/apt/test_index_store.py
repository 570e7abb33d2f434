from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from tools.lib.apt import index_store
from tools.lib.apt.fetch import DownloadedIndex
from tools.lib.apt.release import ReleaseEntry
from tools.lib.apt.testing_repository import stanza
from tools.lib.cli.errors import ToolError


def store(path: Path, text: str | bytes, size: int = 1 << 20) -> index_store.IndexStore:
    """Stores a text in pieces of some size."""
    data = text.encode() if isinstance(text, str) else text
    index_store.write(
        str(path), (data[start : start + size] for start in range(0, len(data), size))
    )
    return index_store.IndexStore(str(path), "here")


def test_every_package_of_an_index_is_found(tmp_path: Path) -> None:
    names = [f"lib{number}" for number in range(500)]
    index = store(tmp_path / "s", "\n".join(map(stanza, reversed(names))))
    assert [index.paragraphs(name)[0]["package"] for name in names] == names
    assert index.names() == set(names)
    for name in ("", "a", "lib", "lib5000", "zz"):
        assert index.paragraphs(name) == []


def test_versions_that_span_chunks_are_found(tmp_path: Path) -> None:
    versions = [f"1.{number}" for number in range(200)]
    text = "\n".join([stanza("a"), *(stanza("b", version) for version in versions), stanza("c")])
    index = store(tmp_path / "s", text)
    assert sorted(item["version"] for item in index.paragraphs("b")) == sorted(versions)
    assert len(index.paragraphs("a")) == len(index.paragraphs("c")) == 1


def test_fields_may_have_any_order_case_and_folding(tmp_path: Path) -> None:
    text = "Version: 1\nPACKAGE: a\ndepends: b,\n c (>= 1)\nDescription: x\n Package: no\n"
    text += "Provides: p,\n q"
    index = store(tmp_path / "s", text)
    (fields,) = index.paragraphs("a")
    assert fields["depends"].split() == ["b,", "c", "(>=", "1)"]
    assert "description" not in fields
    assert index.providers("p") == index.providers("q") == ["a"]


def test_a_provider_is_found_once(tmp_path: Path) -> None:
    packages = [stanza("b", "1", Provides="x (= 1), y"), stanza("b", "2", Provides="x (= 2)")]
    index = store(tmp_path / "s", "\n".join([*packages, stanza("a", PROVIDES="x")]))
    assert index.providers("x") == ["a", "b"]
    assert index.providers("z") == []


def test_an_index_may_be_empty(tmp_path: Path) -> None:
    assert store(tmp_path / "s", "").paragraphs("a") == []


def test_a_malformed_index_is_not_stored(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"^not a package index"):
        store(tmp_path / "s", "Version: 1\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [1, 2, 7, 100, 1 << 20])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_line_ends_and_pieces_do_not_matter(tmp_path: Path, size: int, line_end: str) -> None:
    text = "\n" + "\n\n".join(stanza(f"lib{number}", Provides="x,\n y") for number in range(100))
    index = store(tmp_path / "s", text.replace("\n", line_end), size)
    assert index.names() == {f"lib{number}" for number in range(100)}
    assert index.providers("y") == sorted(index.names())
    (fields,) = index.paragraphs("lib50")
    assert fields["provides"] == "x,\ny"


@pytest.mark.parametrize("text_listed", [True, False])
@pytest.mark.parametrize("suffix", ["", ".xz"])
def test_an_index_that_is_too_large_is_not_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text_listed: bool, suffix: str
) -> None:
    monkeypatch.setattr(index_store, "MAX_TEXT", 2000)
    entry = ReleaseEntry("0" * 64, 1000) if text_listed else None
    limit = 1000 if text_listed else 2000
    data = bytes(limit + 1) if not suffix else lzma.compress(bytes(limit + 1))
    with pytest.raises(ToolError, match=rf"^here: larger than {limit} bytes"):
        index_store.keep(str(tmp_path / "s"), DownloadedIndex("here", data, suffix), entry)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n\n".join(stanza(f"a{number}") for number in range(11)), "more than 10 packages"),
        (stanza("a", Provides=", ".join(map(chr, range(97, 123)))), "or 20 provided names"),
        ("Package: a\n" + "x" * 3000, "a paragraph of more than 1000 bytes"),
    ],
)
def test_what_would_need_much_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.setattr(index_store, "_MAX_PACKAGES", 10)
    monkeypatch.setattr(index_store, "_MAX_PROVIDED", 20)
    monkeypatch.setattr(index_store, "MAX_PARAGRAPH", 1000)
    with pytest.raises(ToolError, match=message):
        store(tmp_path / "s", text)


def test_too_many_versions_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_store, "_MAX_VERSIONS", 100)
    text = "\n\n".join(stanza("a", f"1.{number}") for number in range(300))
    with pytest.raises(ToolError, match=r"^here: more than 100 versions of a"):
        store(tmp_path / "s", text).paragraphs("a")


@pytest.mark.parametrize("size", [0, 100, 5000])
def test_a_damaged_store_is_an_error(tmp_path: Path, size: int) -> None:
    store(tmp_path / "s", "\n".join(stanza(f"lib{number}") for number in range(500))).close()
    (tmp_path / "s").write_bytes((tmp_path / "s").read_bytes()[:size])
    with pytest.raises(ToolError, match=r"/s: damaged: .*delete it"):
        index_store.IndexStore(str(tmp_path / "s"), "here").paragraphs("lib499")
