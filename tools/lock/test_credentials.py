"""Where users and passwords are sent, and that no error shows them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.download.download import Downloader
from tools.lib.download.testing import download_error
from tools.lib.download.testing_server import Server, redirect, status
from tools.lock.testing import MANIFEST, Workspace

# What `user:S3CR3T` is in a header.
BASIC = "Basic dXNlcjpTM0NSM1Q="


class TestCredentials:
    """A user and a password are sent to the origin that they are for."""

    def sent(self, server: Server) -> list[str | None]:
        return [headers.get("Authorization") for _, headers in server.requests]

    def test_those_in_a_source_are_sent_to_its_origin(self, server: Server, other: Server) -> None:
        downloader = Downloader()
        source = downloader.add_source(server.url.replace("//", "//user:S3CR3T@") + "/debian/")
        assert source == f"{server.url}/debian"
        server.answers["/debian/a"] = b"content"
        other.answers["/a"] = b"content"
        assert downloader.get(f"{source}/a", 10) == b"content"
        assert downloader.get(f"{other.url}/a", 10) == b"content"
        assert self.sent(server) == [BASIC]
        assert self.sent(other) == [None]

    @pytest.mark.parametrize(
        ("entry", "expected"),
        [
            ("machine 127.0.0.1 login user password S3CR3T", BASIC),
            ("default login user password S3CR3T", None),
        ],
    )
    def test_those_in_netrc_are_sent_to_the_source(
        self, server: Server, tmp_path: Path, entry: str, expected: str | None
    ) -> None:
        (tmp_path / ".netrc").write_text(entry)
        server.answers["/a"] = redirect("/b")
        server.answers["/b"] = b"content"
        assert Downloader().get(f"{server.url}/a", 10) == b"content"
        assert self.sent(server) == [expected, expected]

    @pytest.mark.parametrize(
        "entry",
        [
            "machine 127.0.0.1 login user password S3CR3T",
            "default login user password S3CR3T",
            "",
        ],
    )
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "user:S3CR3T@127.0.0.1"])
    def test_none_are_sent_after_a_redirect_to_another_port_or_host(
        self, server: Server, other: Server, tmp_path: Path, entry: str, host: str
    ) -> None:
        (tmp_path / ".netrc").write_text(entry)
        downloader = Downloader()
        downloader.add_source(server.url.replace("//", "//user:S3CR3T@"))
        server.answers["/a"] = redirect(f"{other.url}/b".replace("127.0.0.1", host))
        other.answers["/b"] = b"content"
        assert downloader.get(f"{server.url}/a", 10) == b"content"
        assert self.sent(server) == [BASIC]
        assert self.sent(other) == [None]

    def test_an_invalid_netrc_is_an_error_without_its_text(
        self, server: Server, tmp_path: Path
    ) -> None:
        (tmp_path / ".netrc").write_text("machine a login user passwort S3CR3T\n")
        error = download_error(f"{server.url}/a")
        assert error == f"{tmp_path}/.netrc:1: invalid netrc file"

    def test_a_server_that_wants_some_is_an_error_with_a_hint(self, server: Server) -> None:
        server.answers["/a"] = status(401)
        assert download_error(f"{server.url}/a").endswith(
            "HTTP 401 (hint: put the user and password in ~/.netrc, or name a program in"
            " DISTROLESS_CREDENTIAL_HELPER)"
        )


class TestProxies:
    """Proxies and their passwords."""

    def test_a_proxy_is_asked_for_the_whole_url(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("http_proxy", server.url.replace("//", "//user:S3CR3T@"))
        server.answers["http://a.example/b"] = b"content"
        assert Downloader().get("http://a.example/b", 10) == b"content"
        ((_, headers),) = server.requests
        assert headers["Proxy-Authorization"] == BASIC
        assert headers["Host"] == "a.example"
        assert "Authorization" not in headers

    def test_a_proxy_makes_a_tunnel_for_https(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("https_proxy", server.url.replace("//", "//user:S3CR3T@"))
        server.answers["a.example:443"] = status(503)
        error = download_error("https://a.example/b")
        assert error == "download failed: https://a.example/b: the proxy answered HTTP 503"
        assert server.requests[0][1]["Proxy-Authorization"] == BASIC

    @pytest.mark.parametrize("no_proxy", ["127.0.0.1", "a.example, 127.0.0.0/8", "*"])
    def test_no_proxy_excludes_hosts_and_networks(
        self, server: Server, monkeypatch: pytest.MonkeyPatch, no_proxy: str
    ) -> None:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        monkeypatch.setenv("no_proxy", no_proxy)
        server.answers["/a"] = b"content"
        assert Downloader().get(f"{server.url}/a", 10) == b"content"

    @pytest.mark.parametrize(
        ("proxy", "message"),
        [
            ("http://user:S3CR3T@127.0.0.1:1", "connection refused"),
            ("user:S3CR3T@127.0.0.1:1", "connection refused"),
            ("http://user:S3CR3T@[::bag", "invalid URL: invalid host or port"),
            ("http://user:S3CR3T@127.0.0.1:99999", "invalid URL: invalid host or port"),
            ("http://user:S3CR3T%0a@:1", "invalid URL: missing or invalid host name"),
            ("http://user:S3CR3T\u2100@a", "invalid URL: "),
            ("socks5://user:S3CR3T@127.0.0.1:1", "invalid URL: must start with http://"),
        ],
    )
    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_an_error_does_not_show_the_password(
        self, monkeypatch: pytest.MonkeyPatch, proxy: str, message: str, scheme: str
    ) -> None:
        monkeypatch.setenv(f"{scheme}_proxy", proxy)
        error = download_error(f"{scheme}://a.example/b")
        assert message in error
        assert "S3CR3T" not in error
        assert "user" not in error


class TestLocks:
    """What a lock leaves behind."""

    def secrets(self, directory: Path) -> list[Path]:
        files = [path for path in directory.rglob("*") if path.is_file()]
        assert len(files) >= 5
        return [path for path in files if b"S3CR3T" in path.read_bytes() or "S3CR3T" in path.name]

    def test_a_password_of_the_mirror_is_nowhere(
        self,
        workspace: Workspace,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        mirror = os.environ["DISTROLESS_MIRROR"].replace("//", "//user:S3CR3T@")
        monkeypatch.setenv("DISTROLESS_MIRROR", mirror)
        assert workspace.lock() == 0
        assert self.secrets(workspace.directory) == []
        for index in workspace.suite.glob("main/**/SHA256/*"):
            index.write_bytes(b"of yesterday")
        monkeypatch.setenv("XDG_CACHE_HOME", str(workspace.directory / "another cache"))
        assert workspace.lock() == 1
        assert workspace.lock("--allow-missing") == 0
        (workspace.suite / "InRelease").write_bytes(b"unsigned")
        assert workspace.lock() == 1
        (workspace.suite / "InRelease").unlink()
        assert workspace.lock() == 1
        monkeypatch.setenv("DISTROLESS_MIRROR", mirror.replace("127.0.0.1", "[::bag"))
        assert workspace.lock() == 1
        monkeypatch.setenv("DISTROLESS_MIRROR", "user:S3CR3T@127.0.0.1")
        assert workspace.lock() == 1
        assert self.secrets(workspace.directory) == []
        assert "S3CR3T" not in "".join(capfd.readouterr())

    @pytest.mark.parametrize(
        "url",
        [
            "http://user:S3CR3T@a.example/debian",
            "http://S3CR3T@a.example/debian",
            "http://user:S3/CR3T@a.example/debian",
            "ftp://user:S3CR3T@a.example/debian",
            "user:S3CR3T@a.example/debian",
        ],
    )
    def test_a_password_in_a_manifest_is_refused(
        self, workspace: Workspace, fails: Callable[[], str], url: str
    ) -> None:
        workspace.manifest.write_text(MANIFEST.replace("archive: debian", f"url: '{url}'"))
        error = fails()
        assert error.startswith(f"error: {workspace.manifest}: sources[0].url: ")
        assert "S3" not in error

    def test_a_password_of_a_pinned_file_is_refused(
        self, workspace: Workspace, fails: Callable[[], str]
    ) -> None:
        workspace.manifest.write_text(
            "version: 1\narchitectures: [amd64]\nsets: {a: {packages: [a]}}\nfiles:\n"
            f"- {{name: a, version: 1, architecture: all, sha256: '{'0' * 64}',"
            " url: 'https://user:S3CR3T@a.example/a.deb'}\n"
        )
        assert fails() == (
            f"error: {workspace.manifest}: files[0].url: a user or password in a URL"
            " (hint: put it in ~/.netrc: a manifest and its lock are for others to read)"
        )


class TestCredentialHelpers:
    """Programs with the protocol of Bazel's --credential_helper."""

    def helper(self, path: Path, answer: str, code: str = "") -> str:
        path.write_text(
            "#!/usr/bin/env python3\n"
            "import json, sys\n"
            f"with open({str(path) + '.log'!r}, 'a') as log:\n"
            "    print(sys.argv[1:], json.load(sys.stdin)['uri'], file=log)\n"
            f"{code}\n"
            f"print({answer!r})\n"
        )
        path.chmod(0o755)
        return str(path)

    BEARER = '{"headers": {"Authorization": ["Bearer S3CR3T"]}, "expires": "2099-01-01T00:00:00Z"}'

    def test_the_headers_are_sent_to_the_origin_only(
        self, server: Server, other: Server, tmp_path: Path
    ) -> None:
        (tmp_path / ".netrc").write_text("machine localhost login a password b")
        helper = self.helper(tmp_path / "helper", self.BEARER)
        server.answers["/a"] = redirect(f"{other.url}/b")
        server.answers["/c"] = b"content"
        other.answers["/b"] = b"content"
        downloader = Downloader([f"127.0.0.1={helper}"])
        assert downloader.get(f"{server.url}/a", 10) == b"content"
        assert downloader.get(f"{server.url}/c", 10) == b"content"
        sent = [headers.get("Authorization") for _, headers in server.requests]
        assert sent == ["Bearer S3CR3T"] * 2
        assert [headers.get("Authorization") for _, headers in other.requests] == [None]
        # It is asked once for an origin.
        assert Path(f"{helper}.log").read_text() == f"['get'] {server.url}/a\n"

    def test_the_most_specific_helper_is_asked(self, server: Server, tmp_path: Path) -> None:
        specific = self.helper(tmp_path / "specific", self.BEARER)
        general = self.helper(tmp_path / "general", '{"headers": {}}')
        url = server.url.replace("127.0.0.1", "localhost")
        server.answers["/a"] = b"content"
        Downloader([general, f"*.localhost={specific}", f"*.example.com={general}"]).get(
            f"{url}/a", 10
        )
        assert server.requests[0][1]["Authorization"] == "Bearer S3CR3T"

    def test_the_variable_names_one_for_bazel_run(
        self, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        helper = self.helper(tmp_path / "helper", self.BEARER)
        monkeypatch.setenv("DISTROLESS_CREDENTIAL_HELPER", f"127.0.0.1={helper}")
        assert workspace.lock() == 0
        assert "S3CR3T" not in workspace.path.read_text()
        assert Path(f"{helper}.log").exists()

    @pytest.mark.parametrize(
        ("answer", "code", "error"),
        [
            ("S3CR3T", "", "the answer is not {"),
            ('{"headers": ["S3CR3T"]}', "", "the answer is not {"),
            ('{"headers": {"A": ["S3CR3T\\n"]}}', "", "the answer has an invalid header"),
            ("S3CR3T", "sys.exit(3)", "failed for 127.0.0.1 with exit status 3"),
        ],
    )
    def test_a_helper_that_fails_is_an_error_without_its_output(
        self, server: Server, tmp_path: Path, answer: str, code: str, error: str
    ) -> None:
        helper = self.helper(tmp_path / "helper", answer, code)
        with pytest.raises(ToolError) as caught:
            Downloader([helper]).get(f"{server.url}/a", 10)
        assert str(caught.value).startswith(f"credential helper {helper}: {error}")
        assert "S3CR3T" not in str(caught.value)

    def test_a_helper_that_does_not_exist_is_an_error(self, server: Server) -> None:
        with pytest.raises(ToolError, match="credential helper /no/such: No such file"):
            Downloader(["/no/such"]).get(f"{server.url}/a", 10)
