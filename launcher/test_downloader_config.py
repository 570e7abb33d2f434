from __future__ import annotations

import re
from pathlib import Path

import pytest

from launcher.downloader_config import (
    DownloaderConfig,
    downloader_config,
    mirror_url,
    write_bazelrc,
)
from tools.lib.cli.errors import ToolError

APT = ["http://a.example/debian", "http://a.example/debian-security"]
DEB = "snapshot.debian.org/archive/debian/20260711T230000Z/pool/main/b/bash/bash_5.2_amd64.deb"
SECURITY = DEB.replace("/debian/", "/debian-security/")


def rewrite(config: str, url: str) -> list[str]:
    """The URLs that Bazel tries for a URL without its scheme: a rule must match all of it."""
    urls = []
    for line in config.splitlines():
        verb, pattern, replacement = line.split(" ")
        assert verb == "rewrite"
        if match := re.fullmatch(pattern, url):
            urls.append(replacement.replace("$1", match[1]))
    return urls


@pytest.mark.parametrize(
    ("environment", "apt", "mirror"),
    [
        ("", APT, "http://a.example/"),
        ("http://m.example", APT, "http://m.example/"),
        ("http://m.example/debian/", [], "http://m.example/"),
        ("", ["http://b.example/debian"], "http://b.example/"),
        ("http://user:secret@m.example", [], "http://m.example/"),
    ],
)
def test_bazel_tries_the_mirror_then_snapshot(
    environment: str, apt: list[str], mirror: str
) -> None:
    rules = downloader_config({"DISTROLESS_MIRROR": environment}, apt).rules
    pool = DEB.partition("/pool/")[2]
    assert rewrite(rules, DEB) == [f"{mirror}debian/pool/{pool}", DEB]
    assert rewrite(rules, SECURITY) == [f"{mirror}debian-security/pool/{pool}", SECURITY]
    assert rewrite(rules, "nodejs.org/dist/v22/node.tar.xz") == []


def test_passwords_are_in_netrc_only() -> None:
    apt = ["https://user:s%23cret@a.example:8443/debian", "http://b.example/debian-security"]
    config = downloader_config({}, apt)
    assert config.netrc == "machine a.example login user password s#cret\n"
    assert "https://a.example:8443/debian/$1" in config.rules
    assert "s%23cret" not in config.rules


@pytest.mark.parametrize(
    "mirror",
    [
        "user:secret@m.example",
        "ftp://user:secret@m.example",
        "http://user:secret@[m.example",
        "http://user:se%20cret@m.example",
        "http://user@m.example",
        "http://:secret@m.example",
    ],
)
def test_an_invalid_mirror_is_an_error_without_its_password(mirror: str) -> None:
    with pytest.raises(ToolError) as caught:
        downloader_config({"DISTROLESS_MIRROR": mirror}, [])
    assert "DISTROLESS_MIRROR" in str(caught.value)
    assert "cret" not in str(caught.value)


def test_without_a_mirror_there_are_no_rules(tmp_path: Path) -> None:
    bazelrc = tmp_path / "mirror.bazelrc"
    write_bazelrc(str(bazelrc), downloader_config({}, ["http://a.example/other"]), "")
    assert bazelrc.read_text() == ""
    assert not bazelrc.with_suffix(".netrc").exists()
    assert mirror_url("debian", {}, []) == ""


def test_bazelrc_names_the_rules(tmp_path: Path) -> None:
    bazelrc = tmp_path / "a b" / "mirror.bazelrc"
    bazelrc.parent.mkdir()
    write_bazelrc(str(bazelrc), DownloaderConfig("rules\n", ""), "")
    config = bazelrc.with_suffix(".downloader")
    assert bazelrc.read_text() == f'common "--experimental_downloader_config={config}"\n'
    assert config.read_text() == "rules\n"


def test_netrc_keeps_the_entries_of_the_user(tmp_path: Path) -> None:
    bazelrc = tmp_path / "mirror.bazelrc"
    entry = "machine m login user password secret\n"
    write_bazelrc(str(bazelrc), DownloaderConfig("rules\n", entry), "macdef init\ncd /")
    netrc = bazelrc.with_suffix(".netrc")
    assert netrc.read_text() == f"macdef init\ncd /\n\n{entry}"
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
