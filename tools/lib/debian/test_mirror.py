from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.mirror import (
    apt_uris,
    archive_base,
    pool_url,
    snapshot_url,
    split_snapshot_url,
    without_snapshot_time,
)

NOW = datetime.datetime(2026, 7, 11, 10, 16, 37, tzinfo=datetime.UTC)
APT = ["http://a.example/debian", "http://a.example/debian-security"]


@pytest.mark.parametrize(
    ("archive", "mirror", "apt", "base"),
    [
        ("debian", "http://m.example", APT, "http://m.example/debian"),
        ("debian", "http://m.example/debian/", APT, "http://m.example/debian"),
        ("debian-security", "http://m.example/debian/", [], "http://m.example/debian-security"),
        ("debian", "", APT, "http://a.example/debian"),
        ("debian-security", "", APT, "http://a.example/debian-security"),
        (
            "debian-ports",
            "",
            APT,
            "https://snapshot.debian.org/archive/debian-ports/20260711T101637Z",
        ),
    ],
)
def test_the_url_of_an_archive(archive: str, mirror: str, apt: list[str], base: str) -> None:
    assert archive_base(archive, {"DISTROLESS_MIRROR": mirror}, apt, NOW) == base


@pytest.mark.parametrize(
    "mirror",
    [
        "mirror.example",
        "user:secret@mirror.example",
        "ftp://user:secret@mirror.example",
        "http:///debian",
        "http://user:secret@[::1",
        "http://user:sec/ret@mirror.example",
        "http://mirror.example/?a",
    ],
)
def test_an_invalid_mirror_is_an_error_without_its_password(mirror: str) -> None:
    with pytest.raises(ToolError, match=r"^DISTROLESS_MIRROR: invalid URL ") as caught:
        archive_base("debian", {"DISTROLESS_MIRROR": mirror}, APT, NOW)
    assert "sec" not in caught.value.message


def test_apt_sources_have_two_formats(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(
        "# deb http://no.example/debian stable main\n"
        "deb [signed-by=/a arch=amd64] http://one.example/debian/ stable main\n"
        "deb cdrom:[Debian]/ stable main\n"
    )
    (tmp_path / "sources.list.d" / "b.sources").write_text(
        "Types: deb\nURIs: https://two.example/debian\n https://three.example/x\nSuites: stable\n"
        "\nTypes: deb\nURIs: https://four.example/debian\nEnabled: no\n"
    )
    assert apt_uris(str(tmp_path)) == [
        "http://one.example/debian",
        "https://two.example/debian",
        "https://three.example/x",
    ]


def test_without_apt_there_are_no_sources(tmp_path: Path) -> None:
    assert apt_uris(str(tmp_path / "none")) == []


def test_a_snapshot_is_some_hours_after_the_release() -> None:
    base = "https://snapshot.debian.org/archive/debian/"
    assert snapshot_url("debian", NOW) == base + "20260711T230000Z"
    hour = NOW.replace(minute=0, second=0)
    assert snapshot_url("debian", hour) == base + "20260711T220000Z"


def test_pool_urls_quote_all_but_the_characters_of_versions() -> None:
    assert (
        pool_url("http://a", "./pool/a b_1%2+b~1_all.deb")
        == "http://a/pool/a%20b_1%252+b~1_all.deb"
    )


def test_only_a_snapshot_url_loses_its_time() -> None:
    base = "https://snapshot.debian.org/archive/debian"
    assert without_snapshot_time(f"{base}/20260711T230000Z/pool/a") == f"{base}/pool/a"
    assert split_snapshot_url(f"{base}/20260711T230000Z/pool/a") == (
        base.rpartition("/")[2],
        "pool/a",
    )
    assert split_snapshot_url(f"{base}/pool/a") is None
    assert (
        without_snapshot_time("https://a/20260711T230000Z/pool/a")
        == "https://a/20260711T230000Z/pool/a"
    )
