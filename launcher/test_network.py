from __future__ import annotations

import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

import pytest

from launcher.fake_mirror import serve
from launcher.network import (
    REQUEST_ERRORS,
    HeadClient,
    explain,
    head,
    open_url,
    split_userinfo,
    without_userinfo,
)

BASIC = "Basic dXNlcjpzZUBjcmV0"  # user:se@cret


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://user:secret@a.example/b", "http://a.example/b"),
        (
            "see 'https://secret@a.example:1/' and http://u:secret@b",
            "see 'https://a.example:1/' and http://b",
        ),
        ("http://user:se@cret@a.example/", "http://a.example/"),
        ("http://user:se/cret@a.example/", "http://a.example/"),
        ("http://user:secret@[::1]:80/", "http://[::1]:80/"),
        ("http://user:secret@[::bad", "http://[::bad"),
        ("http://a.example:80/@b/c", "http://a.example:80/@b/c"),
        ("http://[::1]:80/@b", "http://[::1]:80/@b"),
        ("mail a@b.example", "mail a@b.example"),
    ],
)
def test_messages_have_no_userinfo(text: str, shown: str) -> None:
    assert without_userinfo(text) == shown


def test_userinfo_is_decoded() -> None:
    assert split_userinfo("http://us%40er:a%3Ab@m:80/x?y") == ("http://m:80/x?y", "us@er", "a:b")
    assert split_userinfo("http://m/@x") == ("http://m/@x", "", "")


def test_userinfo_is_sent_as_basic_authentication() -> None:
    with serve({"a": b"content"}) as mirror:
        mirror.authorization = BASIC
        url = mirror.url.replace("//", "//user:se%40cret@")
        with open_url(f"{url}/a", None) as response:
            assert response.read() == b"content"
        with pytest.raises(urllib.error.HTTPError) as caught:
            open_url(f"{mirror.url}/a", None)
        assert explain(caught.value) == "HTTP status 401 Unauthorized"


def test_userinfo_is_not_sent_after_a_redirect() -> None:
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            received.append((self.path, self.headers["Authorization"]))
            self.send_response(302 if self.path == "/a" else 200)
            self.send_header("Location", f"http://localhost:{server.server_port}/b")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        open_url(f"http://user:se%40cret@127.0.0.1:{server.server_port}/a", None).close()
        server.shutdown()
    assert received == [("/a", BASIC), ("/b", None)]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("http_proxy", "http://user:secret@[::bad"),
        ("http_proxy", "http://user:secret@127.0.0.1:secret"),
        ("http_proxy", "secret://user:secret@127.0.0.1:1"),
        ("http_proxy", "http://user:sec/ret@127.0.0.1:1"),
        ("http_proxy", "user:secret@127.0.0.1:1"),
        ("http_proxy", "http://user:secret%0a@127.0.0.1:99999"),
    ],
)
def test_passwords_of_proxies_are_not_in_errors(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(urllib.request, "_opener", None)  # It remembers proxies.
    with pytest.raises(REQUEST_ERRORS) as caught:
        open_url("http://a.example/b", 10)
    assert explain(caught.value)
    assert "user" not in explain(caught.value)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://user:secret@127.0.0.1:1/", "Connection refused"),
        ("http://user:secret@127.0.0.1:secret/", "invalid URL or proxy"),
        ("http://user:se/cret@127.0.0.1/", "invalid URL or proxy"),
        ("http://user:secret@[::bad/", "invalid URL or proxy"),
        ("user:secret@a.example", "invalid URL or proxy"),
        ("gopher://user:secret@a.example", "invalid URL or proxy"),
    ],
)
def test_passwords_of_urls_are_not_in_errors(url: str, reason: str) -> None:
    with pytest.raises(REQUEST_ERRORS) as caught:
        open_url(url, 10)
    assert explain(caught.value) == reason


def test_head_returns_the_status() -> None:
    with serve({"a": b""}) as mirror:
        assert head(f"{mirror.url}/a", 3600) == 200
        assert head(f"{mirror.url}/b", 3600) == 404
        assert mirror.head_requests == ["a", "b"]
    assert head(f"{mirror.url}/a", 3600) is None
    assert head("no URL", 3600) is None


def test_head_client_keeps_connections_open() -> None:
    connections = set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            connections.add(self.client_address)
            self.send_response(
                404 if self.path == "/missing" else 302 if self.path == "/moved" else 200
            )
            self.send_header("Location", "/a")
            if self.path == "/last":
                self.send_header("Connection", "close")
            self.end_headers()

        do_GET = do_HEAD

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        client = HeadClient(3600)
        url = f"http://127.0.0.1:{server.server_port}"
        assert client.head(f"{url}/a") == 200
        connections.clear()
        statuses = [client.head(f"{url}/{path}") for path in ("a", "missing", "last")]
        assert (statuses, len(connections)) == ([200, 404, 200], 1)
        # The server has closed the connection.
        assert client.head(f"{url}/a") == 200
        assert client.head(f"{url}/moved") == 200
        server.shutdown()
    assert client.head("http://127.0.0.1:1/a") is None


def test_head_client_sends_userinfo() -> None:
    with serve({"a": b""}) as mirror:
        mirror.authorization = BASIC
        client = HeadClient(3600)
        url = mirror.url.replace("//", "//user:se%40cret@")
        assert [client.head(f"{url}/a") for _ in range(3)] == [200] * 3
        assert [client.head(f"{mirror.url}/a") for _ in range(3)] == [401] * 3


def test_head_client_uses_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve({"a": b""}) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setattr(urllib.request, "_opener", None)
        client = HeadClient(3600)
        proxy.files["http://a.invalid/b"] = b""
        assert [client.head("http://a.invalid/b") for _ in range(3)] == [200] * 3
    monkeypatch.setattr(urllib.request, "_opener", None)
