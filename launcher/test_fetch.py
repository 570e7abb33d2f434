from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher import fetch
from launcher.fetch import Deb, Gone, arrivals
from launcher.progress import Progress
from launcher.testing import Mirror, serve
from tools.lib.cli.errors import ToolError

FILES = {name: name.encode() * 100_000 for name in ("a.deb", "b.deb", "c.deb")}
NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with serve(FILES) as mirror:
        yield mirror


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "_PAUSES", (0.01, 0.01))


def deb(*urls: str, name: str = "a.deb") -> Deb:
    data = FILES[name]
    return Deb(
        name, tuple(f"{url}/{name}" for url in urls), hashlib.sha256(data).hexdigest(), len(data)
    )


def bring(store: Path, *debs: Deb) -> list[bytes]:
    return [Path(path).read_bytes() for path in arrivals(debs, str(store), Progress("test"))]


def test_all_files_arrive_and_nothing_else_is_left(mirror: Mirror, tmp_path: Path) -> None:
    found = bring(tmp_path, *(deb(mirror.url, name=name) for name in FILES))
    assert sorted(found) == sorted(FILES.values())
    assert {path.suffix for path in tmp_path.iterdir()} == {".deb"}


def test_what_is_there_is_not_asked_for_again(mirror: Mirror, tmp_path: Path) -> None:
    bring(tmp_path, deb(mirror.url))
    assert bring(tmp_path, deb(mirror.url)) == [FILES["a.deb"]]
    assert mirror.asked == [("a.deb", 0)]


def test_a_file_that_lost_its_end_is_fetched_anew(mirror: Mirror, tmp_path: Path) -> None:
    bring(tmp_path, deb(mirror.url))
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"")
    assert bring(tmp_path, deb(mirror.url)) == [FILES["a.deb"]]


def test_a_broken_connection_is_taken_up_where_it_broke(mirror: Mirror, tmp_path: Path) -> None:
    mirror.cuts["a.deb"] = 300_000
    assert bring(tmp_path, deb(mirror.url)) == [FILES["a.deb"]]
    assert mirror.asked == [("a.deb", 0), ("a.deb", 300_000)]


def test_a_server_that_knows_no_ranges_begins_anew(mirror: Mirror, tmp_path: Path) -> None:
    mirror.cuts["a.deb"] = 300_000
    mirror.ranges = False
    assert bring(tmp_path, deb(mirror.url)) == [FILES["a.deb"]]


def test_the_beginning_of_another_file_does_no_harm(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / f"{deb().sha256}.deb.partial").write_bytes(b"<html>")
    assert bring(tmp_path, deb(mirror.url)) == [FILES["a.deb"]]


def test_a_busy_server_is_asked_again(mirror: Mirror, tmp_path: Path) -> None:
    mirror.answers["a.deb"] = [503, 429]
    assert bring(tmp_path, deb(mirror.url)) == [FILES["a.deb"]]
    assert len(mirror.asked) == 3


@pytest.mark.parametrize("answer", [403, 404, 500])
def test_the_next_source_has_what_the_first_does_not_give(
    mirror: Mirror, tmp_path: Path, answer: int
) -> None:
    mirror.answers["a.deb"] = [answer] * 3
    with serve(FILES) as other:
        assert bring(tmp_path, deb(mirror.url, other.url)) == [FILES["a.deb"]]


@pytest.mark.parametrize("other", [b"<html>", FILES["b.deb"], FILES["a.deb"] + b"x"])
def test_another_file_of_that_name_is_refused_and_the_next_source_asked(
    mirror: Mirror, tmp_path: Path, other: bytes
) -> None:
    with serve({"a.deb": other}) as liar:
        assert bring(tmp_path, deb(liar.url, mirror.url)) == [FILES["a.deb"]]


def test_another_file_from_everywhere_is_an_error_that_says_so(tmp_path: Path) -> None:
    with serve({"a.deb": FILES["b.deb"]}) as liar, pytest.raises(ToolError) as caught:
        bring(tmp_path, deb(liar.url))
    assert str(caught.value).startswith(f"{liar.url}/a.deb: sha256 is ")
    assert not list(tmp_path.glob("*.deb"))


def test_a_file_of_another_size_is_not_even_read(tmp_path: Path) -> None:
    with serve({"a.deb": b"<html>"}) as liar, pytest.raises(ToolError, match="has 6 bytes"):
        bring(tmp_path, deb(liar.url))
    assert len(liar.asked) == 1


def test_a_file_that_no_source_has_is_gone(mirror: Mirror, tmp_path: Path) -> None:
    del mirror.files["a.deb"]
    with pytest.raises(Gone, match=r"^a\.deb is gone from 127\.0\.0\.1$"):
        bring(tmp_path, deb(mirror.url, f"{mirror.url}/old"), deb(mirror.url, name="b.deb"))


def test_what_a_mirror_has_no_more_is_gone_where_the_archive_is_out_of_reach(
    mirror: Mirror, tmp_path: Path
) -> None:
    del mirror.files["a.deb"]
    with pytest.raises(Gone, match=r"gone from 127\.0\.0\.1 \(http://127\.0\.0\.1:1/a\.deb: "):
        bring(tmp_path, deb(mirror.url, NOBODY))


def test_without_a_network_the_error_names_what_was_tried(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=rf"^{NOBODY}/a\.deb: .*refused.*https_proxy"):
        bring(tmp_path, deb(NOBODY))


@pytest.mark.parametrize("url", ["gopher://a", "no URL", "http://user:word@127.0.0.1", "http://[1"])
def test_a_source_that_is_no_url_is_an_error_of_one_line(tmp_path: Path, url: str) -> None:
    with pytest.raises(ToolError) as caught:
        bring(tmp_path, deb(url))
    assert str(caught.value).startswith(f"{url}/a.deb: ")


def test_who_stops_does_not_wait_for_a_silent_server(mirror: Mirror, tmp_path: Path) -> None:
    mirror.silent.add("a.deb")
    begin = time.monotonic()
    for _ in arrivals(
        [deb(mirror.url), deb(mirror.url, name="b.deb")], str(tmp_path), Progress("test")
    ):
        break
    assert time.monotonic() - begin < 5
