from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from launcher.download import Download, NotFoundError, download_all
from launcher.fake_mirror import FakeMirror, serve
from launcher.progress import Progress
from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import Sha256

FILES = {name: name.encode() * 100_000 for name in ("a.deb", "b.deb", "c.deb")}
REFUSING = "http://127.0.0.1:1"


@pytest.fixture
def mirror() -> Iterator[FakeMirror]:
    with serve(FILES) as mirror:
        yield mirror


def source(*urls: str, name: str = "a.deb") -> Download:
    """A download of one of FILES from servers."""
    digest = Sha256(hashlib.sha256(FILES[name]).hexdigest())
    return Download(name, tuple(f"{url}/{name}" for url in urls), digest, len(FILES[name]))


def start(directory: Path, *files: Download) -> Generator[str, None, None]:
    progress = Progress("test")
    return download_all(files, str(directory), progress, timeout=None, retry_delays=(0, 0))


def download(directory: Path, *files: Download) -> list[bytes]:
    return [Path(path).read_bytes() for path in start(directory, *files)]


def test_all_files_are_downloaded(mirror: FakeMirror, tmp_path: Path) -> None:
    contents = download(tmp_path, *(source(mirror.url, name=name) for name in FILES))
    assert sorted(contents) == sorted(FILES.values())
    assert {path.suffix for path in tmp_path.iterdir()} == {".deb"}


def test_a_complete_file_is_reused(mirror: FakeMirror, tmp_path: Path) -> None:
    download(tmp_path, source(mirror.url))
    assert download(tmp_path, source(mirror.url)) == [FILES["a.deb"]]
    assert mirror.requests == [("a.deb", 0)]


def test_a_truncated_file_is_downloaded_again(mirror: FakeMirror, tmp_path: Path) -> None:
    download(tmp_path, source(mirror.url))
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"")
    assert download(tmp_path, source(mirror.url)) == [FILES["a.deb"]]


def test_a_broken_connection_is_resumed(mirror: FakeMirror, tmp_path: Path) -> None:
    mirror.truncations["a.deb"] = 300_000
    assert download(tmp_path, source(mirror.url)) == [FILES["a.deb"]]
    assert mirror.requests == [("a.deb", 0), ("a.deb", 300_000)]


def test_without_ranges_the_download_starts_again(mirror: FakeMirror, tmp_path: Path) -> None:
    mirror.truncations["a.deb"] = 300_000
    mirror.ranges = False
    assert download(tmp_path, source(mirror.url)) == [FILES["a.deb"]]


def test_a_partial_file_with_other_content_is_replaced(mirror: FakeMirror, tmp_path: Path) -> None:
    (tmp_path / f"{source().sha256}.deb.partial").write_bytes(b"<html>")
    assert download(tmp_path, source(mirror.url)) == [FILES["a.deb"]]


def test_a_busy_server_is_tried_again(mirror: FakeMirror, tmp_path: Path) -> None:
    mirror.statuses["a.deb"] = [503, 429]
    assert download(tmp_path, source(mirror.url)) == [FILES["a.deb"]]
    assert len(mirror.requests) == 3


@pytest.mark.parametrize("status", [403, 404, 500])
def test_the_next_source_is_tried_after_an_error(
    mirror: FakeMirror, tmp_path: Path, status: int
) -> None:
    mirror.statuses["a.deb"] = [status] * 3
    with serve(FILES) as other:
        assert download(tmp_path, source(mirror.url, other.url)) == [FILES["a.deb"]]


@pytest.mark.parametrize("content", [b"<html>", FILES["b.deb"], FILES["a.deb"] + b"x"])
def test_the_next_source_is_tried_after_other_content(
    mirror: FakeMirror, tmp_path: Path, content: bytes
) -> None:
    with serve({"a.deb": content}) as other:
        assert download(tmp_path, source(other.url, mirror.url)) == [FILES["a.deb"]]


def test_another_hash_is_an_error(tmp_path: Path) -> None:
    with serve({"a.deb": FILES["b.deb"]}) as other, pytest.raises(ToolError) as caught:
        download(tmp_path, source(other.url))
    assert str(caught.value).startswith(f"download failed: {other.url}/a.deb: SHA-256 is ")
    assert not list(tmp_path.glob("*.deb"))


def test_another_size_is_an_error_without_another_request(tmp_path: Path) -> None:
    with serve({"a.deb": b"<html>"}) as other, pytest.raises(ToolError, match="size is 6 bytes"):
        download(tmp_path, source(other.url))
    assert len(other.requests) == 1


def test_a_file_that_no_source_has(mirror: FakeMirror, tmp_path: Path) -> None:
    del mirror.files["a.deb"]
    files = source(mirror.url, f"{mirror.url}/old"), source(mirror.url, name="b.deb")
    with pytest.raises(NotFoundError, match=r"^a\.deb: not found on 127\.0\.0\.1$"):
        download(tmp_path, *files)


def test_a_file_that_the_only_reachable_source_lacks(mirror: FakeMirror, tmp_path: Path) -> None:
    del mirror.files["a.deb"]
    message = rf"not found on 127\.0\.0\.1 \({REFUSING}/a\.deb: .*refused"
    with pytest.raises(NotFoundError, match=message):
        download(tmp_path, source(mirror.url, REFUSING))


def test_the_error_without_a_network_names_the_url(tmp_path: Path) -> None:
    message = rf"^download failed: {REFUSING}/a\.deb: .*refused.*https_proxy"
    with pytest.raises(ToolError, match=message):
        download(tmp_path, source(REFUSING))


@pytest.mark.parametrize("url", ["gopher://a", "no URL", "http://[1"])
def test_an_invalid_url_is_an_error(tmp_path: Path, url: str) -> None:
    with pytest.raises(ToolError) as caught:
        download(tmp_path, source(url))
    assert str(caught.value).startswith(f"download failed: {url}/a.deb: invalid URL")


def test_a_password_is_sent_but_not_part_of_errors(mirror: FakeMirror, tmp_path: Path) -> None:
    mirror.authorization = "Basic dXNlcjpzZWNyZXQ="  # user:secret
    url = mirror.url.replace("//", "//user:secret@")
    assert download(tmp_path, source(url)) == [FILES["a.deb"]]
    del mirror.files["b.deb"]
    with pytest.raises(NotFoundError) as missing:
        download(tmp_path, source(url, "http://user:secret@127.0.0.1:1", name="b.deb"))
    with pytest.raises(ToolError) as refused:
        download(tmp_path, source("http://user:secret@127.0.0.1:1", name="b.deb"))
    for error in missing.value, refused.value:
        assert "http://127.0.0.1:1/b.deb: Connection refused" in str(error)
        assert "secret" not in str(error)


def test_a_stopped_download_does_not_wait_for_a_silent_server(
    mirror: FakeMirror, tmp_path: Path
) -> None:
    mirror.stalled.add("a.deb")
    files = start(tmp_path, source(mirror.url), source(mirror.url, name="b.deb"))
    assert Path(next(files)).read_bytes() == FILES["b.deb"]
    files.close()
    assert not mirror.resume.is_set()
