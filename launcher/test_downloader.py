from __future__ import annotations

import re
from pathlib import Path

import pytest

from launcher.downloader import mirror, rewrites, write

APT = ["http://a.example/debian", "http://a.example/debian-security"]
DEB = "snapshot.debian.org/archive/debian/20260711T230000Z/pool/main/b/bash/bash_5.2_amd64.deb"
SECURITY = DEB.replace("/debian/", "/debian-security/")


def rewritten(config: str, url: str) -> list[str]:
    """What Bazel makes of a URL without its scheme: each line that matches the whole of it."""
    found = []
    for line in config.splitlines():
        verb, pattern, replacement = line.split(" ")
        assert verb == "rewrite"
        if match := re.fullmatch(pattern, url):
            found.append(replacement.replace("$1", match[1]))
    return found


@pytest.mark.parametrize(
    ("environment", "apt", "base"),
    [
        ("", APT, "http://a.example/"),
        ("http://m.example", APT, "http://m.example/"),
        ("http://m.example/debian/", [], "http://m.example/"),
        ("", ["http://b.example/debian"], "http://b.example/"),
    ],
)
def test_the_mirror_is_asked_first_and_the_archive_of_all_second(
    environment: str, apt: list[str], base: str
) -> None:
    config = rewrites({"DISTROLESS_MIRROR": environment}, apt)
    pool = DEB.partition("/pool/")[2]
    assert rewritten(config, DEB) == [f"{base}debian/pool/{pool}", DEB]
    assert rewritten(config, SECURITY) == [f"{base}debian-security/pool/{pool}", SECURITY]
    assert rewritten(config, "nodejs.org/dist/v22/node.tar.xz") == []


def test_without_a_mirror_nothing_is_rewritten(tmp_path: Path) -> None:
    bazelrc = tmp_path / "mirror.bazelrc"
    write(str(bazelrc), {}, ["http://a.example/other"])
    assert bazelrc.read_text() == ""
    assert mirror("debian", {}, []) == ""


def test_bazel_is_told_where_the_rewrites_are(tmp_path: Path) -> None:
    bazelrc = tmp_path / "a b" / "mirror.bazelrc"
    bazelrc.parent.mkdir()
    write(str(bazelrc), {}, APT)
    config = bazelrc.with_suffix(".downloader")
    assert bazelrc.read_text() == f'common "--experimental_downloader_config={config}"\n'
    assert config.read_text() == rewrites({}, APT)
