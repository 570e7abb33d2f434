"""Tests of the credentials of downloads."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load(":download_auth.bzl", "download_auth", "split_userinfo")

visibility("private")

def _split_userinfo_test_impl(ctx):
    env = unittest.begin(ctx)
    for url, expected in {
        "": ("", "", ""),
        "file:///wheels": ("file:///wheels", "", ""),
        "https://a.example:8443/x@y/": ("https://a.example:8443/x@y/", "", ""),
        "https://token@a.example": ("https://a.example", "token", ""),
        "https://u%40b:p%3a%25%zz@a.example/simple": ("https://a.example/simple", "u@b", "p:%%zz"),
    }.items():
        found = split_userinfo(url)
        asserts.equals(env, expected, (found.url, found.login, found.password), url)
    return unittest.end(env)

_split_userinfo_test = unittest.make(_split_userinfo_test_impl)

def _machine(netrc):
    return struct(
        getenv = {"HOME": "/home/user"}.get,
        path = lambda path: struct(exists = bool(netrc) and path == "/home/user/.netrc"),
        read = lambda path, watch: netrc,
    )

def _download_auth_test_impl(ctx):
    env = unittest.begin(ctx)
    urls = ["https://a.example/x", "https://b.example/x", "https://a.example.evil/x"]
    server = split_userinfo("https://u:p@a.example/simple")
    by_url = {"https://a.example/x": {"login": "u", "password": "p", "type": "basic"}}
    asserts.equals(env, {}, download_auth(_machine(""), urls))
    asserts.equals(env, by_url, download_auth(_machine(""), urls, server))
    found = download_auth(_machine("machine b.example login c password d\ndefault login e password f\n"), urls, server)
    asserts.equals(env, ["https://a.example/x", "https://b.example/x"], sorted(found))
    asserts.equals(env, "d", found["https://b.example/x"]["password"])
    return unittest.end(env)

_download_auth_test = unittest.make(_download_auth_test_impl)

AUTH_TESTS = [_split_userinfo_test, _download_auth_test]
