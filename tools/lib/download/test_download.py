"""Downloads, also from servers that behave badly."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.download import http_connection
from tools.lib.download.download import Downloader, UnavailableError
from tools.lib.download.testing import download_error
from tools.lib.download.testing_server import (
    Answer,
    Server,
    endless,
    redirect,
    sends,
    silent_after,
    status,
)

OK = b"HTTP/1.1 200 OK\r\n"


def test_a_file_is_downloaded(server: Server) -> None:
    server.answers["/a%20b"] = b"content"
    received: list[int] = []
    assert Downloader().get(f"{server.url}/a%20b", 7, received.append) == b"content"
    assert sum(received) == 7


def test_a_larger_file_is_cut_after_the_limit(server: Server) -> None:
    server.answers["/a"] = b"content"
    assert Downloader().get(f"{server.url}/a", 3) == b"cont"


def test_a_body_without_a_length_ends_with_the_connection(server: Server) -> None:
    server.answers["/a"] = sends(OK + b"\r\ncontent")
    assert Downloader().get(f"{server.url}/a", 100) == b"content"


def test_a_chunked_body_is_joined(server: Server) -> None:
    body = b"Transfer-Encoding: chunked\r\n\r\n3\r\ncon\r\n4;x=y\r\ntent\r\n0\r\n\r\n"
    server.answers["/a"] = sends(OK + body)
    assert Downloader().get(f"{server.url}/a", 100) == b"content"


class TestServers:
    """Servers that fail."""

    @pytest.mark.parametrize("number", [400, 401, 403, 404, 410, 451])
    def test_a_file_that_a_server_does_not_provide(self, server: Server, number: int) -> None:
        server.answers["/a"] = status(number)
        with pytest.raises(UnavailableError) as caught:
            Downloader().get(f"{server.url}/a", 10)
        assert caught.value.message == f"download failed: {server.url}/a: HTTP {number}"
        assert caught.value.reason == f"HTTP {number}"
        assert len(server.requests) == 1

    @pytest.mark.parametrize("number", [408, 429, 500, 503])
    def test_a_temporary_failure_is_tried_again(self, server: Server, number: int) -> None:
        def answer(request: object) -> None:
            server.answers["/a"] = b"content"
            status(number)(request)  # type: ignore[arg-type]

        server.answers["/a"] = answer
        assert Downloader().get(f"{server.url}/a", 10) == b"content"
        server.answers["/a"] = status(number)
        assert f"/a: HTTP {number} (" in download_error(f"{server.url}/a")
        assert len(server.requests) == 4

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (b"Content-Length: 100\r\n\r\nshort", "connection closed early"),
            (b"Transfer-Encoding: chunked\r\n\r\n9\r\nshort", "connection closed early"),
            (b"Transfer-Encoding: chunked\r\n\r\nno number\r\n", "connection closed early"),
            (b"A: b\r\n" * 200 + b"\r\n", "invalid HTTP response"),
            (b"A: " + b"b" * 100_000 + b"\r\n\r\n", "invalid HTTP response"),
        ],
    )
    def test_a_malformed_answer(self, server: Server, answer: bytes, reason: str) -> None:
        server.answers["/a"] = sends(OK + answer)
        assert download_error(f"{server.url}/a").startswith(
            f"download failed: {server.url}/a: {reason}"
        )

    @pytest.mark.parametrize("answer", [b"", b"\0" * 100, b"SSH-2.0-OpenSSH_9.2\r\n"])
    def test_an_answer_that_is_not_http(self, server: Server, answer: bytes) -> None:
        server.answers["/a"] = sends(answer)
        assert re.search(
            r"/a: (invalid HTTP response|connection closed early) \(",
            download_error(f"{server.url}/a"),
        )

    def test_nobody_listens(self) -> None:
        assert download_error("http://127.0.0.1:1/a").startswith(
            "download failed: http://127.0.0.1:1/a: connection refused (hint: check the network"
        )

    @pytest.mark.parametrize(
        "answer",
        [
            silent_after(b""),
            silent_after(b"HTTP/1.1 20"),
            silent_after(OK + b"A: "),
            silent_after(OK + b"Content-Length: 100\r\n\r\na"),
            silent_after(OK + b"Transfer-Encoding: chunked\r\n\r\n"),
        ],
    )
    def test_a_server_that_takes_its_time_is_given_up(
        self, server: Server, monkeypatch: pytest.MonkeyPatch, answer: Answer
    ) -> None:
        monkeypatch.setattr(http_connection, "_GRACE", 0.05)
        server.answers["/a"] = answer
        assert "/a: the server is too slow or does not answer (" in download_error(
            f"{server.url}/a"
        )
        assert len(server.requests) == 1

    def test_bytes_prolong_the_time_by_a_least_rate(self) -> None:
        budget = http_connection._Budget(1 << 20)
        before = budget.seconds()
        budget.use(10 * http_connection._MIN_RATE)
        assert 0 < before <= http_connection._GRACE
        assert before + 9 < budget.seconds() <= before + 10

    @pytest.mark.parametrize(
        "answer",
        [
            endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
            endless(
                OK + b"Transfer-Encoding: chunked\r\n\r\n",
                b"1;" + b"x" * 60_000 + b"\r\na\r\n",
            ),
        ],
    )
    def test_framing_does_not_prolong_the_time_forever(
        self, server: Server, answer: Answer
    ) -> None:
        server.answers["/a"] = answer
        # Newer versions of http.client limit the number of interim responses themselves.
        assert re.search(
            r"/a: (the answer is too large|invalid HTTP response)",
            download_error(f"{server.url}/a"),
        )

    def test_an_endless_body_is_cut(self, server: Server) -> None:
        server.answers["/a"] = endless(OK + b"\r\n", b"x" * 1000)
        assert len(Downloader().get(f"{server.url}/a", 5000)) == 5001


class TestRedirects:
    """Redirects are followed by our own code."""

    @pytest.mark.parametrize("number", [301, 302, 303, 307, 308])
    def test_a_redirect_is_followed(self, server: Server, other: Server, number: int) -> None:
        server.answers["/a"] = redirect(f"{other.url}/b", number)
        other.answers["/b"] = redirect("c d")
        other.answers["/c%20d"] = b"content"
        assert Downloader().get(f"{server.url}/a", 10) == b"content"

    def test_the_body_of_a_redirect_is_not_read(self, server: Server) -> None:
        head = b"HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n"
        server.answers["/a"] = endless(head, b"x" * 100_000)
        server.answers["/b"] = b"content"
        received: list[int] = []
        assert Downloader().get(f"{server.url}/a", 10, received.append) == b"content"
        assert sum(received) == 7

    @pytest.mark.parametrize(
        "location",
        [
            "",
            "http://[::1",
            "http://[::bag]/",
            f"http://{'a' * 70}.x/",
            "http://a..b/",
            "http://a:99999/",
            "http://a:b/",
            "http://\xe2\x84\x80/",
            "http://a\x00b/",
            "file:///etc/passwd",
            "ftp://a/b",
            "javascript:alert(1)",
        ],
    )
    def test_an_impossible_redirect_is_an_error(self, server: Server, location: str) -> None:
        server.answers["/a"] = redirect(location)
        assert download_error(f"{server.url}/a") == (
            f"download failed: {server.url}/a: redirect to an invalid URL"
        )

    def test_a_redirect_to_itself_ends(self, server: Server) -> None:
        server.answers["/a"] = redirect("/a")
        assert download_error(f"{server.url}/a").endswith("/a: too many redirects")

    def test_an_error_names_the_server_but_not_a_signed_path(
        self, server: Server, other: Server
    ) -> None:
        server.answers["/a"] = redirect(f"{other.url}/b?signature=S3CR3T")
        assert download_error(f"{server.url}/a") == (
            f"download failed: {server.url}/a: HTTP 404 (after a redirect to {other.url})"
        )


class TestFiles:
    """file: URLs."""

    def test_a_local_file_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "a b").write_bytes(b"content")
        assert Downloader().get(f"file://{tmp_path}/a%20b", 10) == b"content"
        assert Downloader().get(f"file:{tmp_path}/a%20b", 3) == b"cont"

    def test_a_missing_file_is_unavailable(self, tmp_path: Path) -> None:
        with pytest.raises(UnavailableError) as caught:
            Downloader().get(f"file://{tmp_path}/a", 10)
        assert caught.value.message == f"download failed: file://{tmp_path}/a: no such file"

    def test_a_pipe_or_device_is_not_read(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
            with pytest.raises(ToolError, match=r"not a regular file|Is a directory"):
                Downloader().get(f"file://{path}", 10)
