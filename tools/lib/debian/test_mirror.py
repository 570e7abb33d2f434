from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.mirror import apt_uris, archive_base, join, snapshot_base, without_stamp

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
def test_an_archive_comes_from_the_machine_s_mirror(
    archive: str, mirror: str, apt: list[str], base: str
) -> None:
    assert archive_base(archive, {"DISTROLESS_MIRROR": mirror}, apt, NOW) == base


@pytest.mark.parametrize("mirror", ["mirror.example", "ftp://mirror.example", "http:///debian"])
def test_a_mirror_that_is_no_url_is_an_error_that_says_so(mirror: str) -> None:
    with pytest.raises(ToolError, match=r"DISTROLESS_MIRROR: .* is no http\(s\) URL"):
        archive_base("debian", {"DISTROLESS_MIRROR": mirror}, APT, NOW)


def test_apt_s_sources_are_read_in_both_formats(tmp_path: Path) -> None:
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


def test_a_machine_without_apt_has_no_sources(tmp_path: Path) -> None:
    assert apt_uris(str(tmp_path / "none")) == []


def test_a_package_is_named_by_a_snapshot_some_hours_after_its_release() -> None:
    base = "https://snapshot.debian.org/archive/debian/"
    assert snapshot_base("debian", NOW) == base + "20260711T230000Z"
    hour = NOW.replace(minute=0, second=0)
    assert snapshot_base("debian", hour) == base + "20260711T220000Z"


def test_urls_keep_the_characters_of_versions_and_quote_others() -> None:
    assert join("http://a", "./pool/a b_1%2+b~1_all.deb") == "http://a/pool/a%20b_1%252+b~1_all.deb"


def test_only_the_time_of_a_snapshot_is_left_aside() -> None:
    base = "https://snapshot.debian.org/archive/debian"
    assert without_stamp(f"{base}/20260711T230000Z/pool/a") == f"{base}/pool/a"
    assert without_stamp("https://a/20260711T230000Z/pool/a") == "https://a/20260711T230000Z/pool/a"
