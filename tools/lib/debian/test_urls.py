from __future__ import annotations

import pytest

from tools.lib.debian.urls import Url, parse_url, redact_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://a", Url("http", "a", 80, "/")),
        ("HTTP://A.example:8080/B/", Url("http", "a.example", 8080, "/B/")),
        ("https://a/b c".replace(" ", "%20"), Url("https", "a", 443, "/b%20c")),
        ("https://a/ä?q=1#part", Url("https", "a", 443, "/%C3%A4?q=1")),
        ("http://[2001:DB8::1]:1/", Url("http", "2001:db8::1", 1, "/")),
        ("http://münchen.example/", Url("http", "xn--mnchen-3ya.example", 80, "/")),
        ("file:///srv/a%20b", Url("file", "", 0, "/srv/a%20b")),
        ("file:/srv/a", Url("file", "", 0, "/srv/a")),
    ],
)
def test_a_url_has_parts(text: str, url: Url) -> None:
    assert parse_url(text) == url
    assert parse_url(str(url)) == url


def test_a_url_prints_without_user_and_password() -> None:
    url = parse_url("http://user:p%40ss@a.example:81/b")
    assert url.userinfo == "user:p@ss"
    assert str(url) == "http://a.example:81/b"
    assert "p@ss" not in repr(url)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "user:secret@a",
        "ftp://secret@a/",
        "http://",
        "http://secret@/",
        "http://user:secret@[::1",
        "http://user:secret@[::bag]/",
        "http://user:secret@a:99999/",
        "http://user:sec/ret@a/",
        "http://user:secret@a\u2100/",
        "http://a b/secret",
        "http://a/secret\n",
        "http://secret\0/",
        "http://" + "secret" * 20 + ".example/",
        "http://secret..example/",
        "file://secret/a",
        "file:secret",
    ],
)
def test_an_error_about_a_url_does_not_quote_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"^invalid URL: ") as caught:
        parse_url(text)
    assert "sec" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("http://a/b", "http://a/b"),
        ("http://user:secret@a/b", "http://...@a/b"),
        ("http://user:sec/r@et@a/b", "http://...@a/b"),
        ("user:secret@a", "...@a"),
    ],
)
def test_what_may_be_a_password_is_left_out(text: str, redacted: str) -> None:
    assert redact_url(text) == redacted
