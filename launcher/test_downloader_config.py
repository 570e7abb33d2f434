from __future__ import annotations

import re
from pathlib import Path

import pytest

from launcher.downloader_config import mirror_url, rewrite_rules, write_bazelrc

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
    ],
)
def test_bazel_tries_the_mirror_then_snapshot(
    environment: str, apt: list[str], mirror: str
) -> None:
    config = rewrite_rules({"DISTROLESS_MIRROR": environment}, apt)
    pool = DEB.partition("/pool/")[2]
    assert rewrite(config, DEB) == [f"{mirror}debian/pool/{pool}", DEB]
    assert rewrite(config, SECURITY) == [f"{mirror}debian-security/pool/{pool}", SECURITY]
    assert rewrite(config, "nodejs.org/dist/v22/node.tar.xz") == []


def test_without_a_mirror_there_are_no_rules(tmp_path: Path) -> None:
    bazelrc = tmp_path / "mirror.bazelrc"
    write_bazelrc(str(bazelrc), {}, ["http://a.example/other"])
    assert bazelrc.read_text() == ""
    assert mirror_url("debian", {}, []) == ""


def test_bazelrc_names_the_rules(tmp_path: Path) -> None:
    bazelrc = tmp_path / "a b" / "mirror.bazelrc"
    bazelrc.parent.mkdir()
    write_bazelrc(str(bazelrc), {}, APT)
    config = bazelrc.with_suffix(".downloader")
    assert bazelrc.read_text() == f'common "--experimental_downloader_config={config}"\n'
    assert config.read_text() == rewrite_rules({}, APT)
