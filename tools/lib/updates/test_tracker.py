"""What Debian's security tracker says that a new version fixes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.updates.change import Change
from tools.lib.updates.tracker import parse_tracker, source_of, with_cves

# Some entries of the tracker.
DATA = Path("tools/lib/updates/testdata/tracker.json").read_bytes()
SNAPSHOT = "https://snapshot.debian.org/archive"
URL = f"{SNAPSHOT}/debian-security/20260711T230000Z/pool/updates/main/o/openssl/libssl3_1_amd64.deb"


def fixed(old: str, new: str, *, lock: str = "debian12", url: str = URL) -> tuple[str, ...]:
    found = parse_tracker(DATA, "tracker", {"openssl", "glibc"})
    change = Change(lock, "libssl3", old, new, url=url)
    return with_cves([change], {"debian12": "bookworm", "debian13": "trixie"}, found)[0].cves


def test_only_the_packages_that_are_asked_for_are_read() -> None:
    assert parse_tracker(DATA, "tracker", {"glibc", "unknown"}) == {
        "glibc": {"CVE-2025-4802": {"bookworm": "2.36-9+deb12u11"}}
    }


@pytest.mark.parametrize(
    ("old", "new", "cves"),
    [
        # CVE-2025-9231 never was in the release (version 0), and CVE-2025-27587 is open.
        ("3.0.16-1~deb12u1", "3.0.17-1~deb12u3", ("CVE-2025-4575", "CVE-2025-9230")),
        ("3.0.15-1~deb12u1", "3.0.16-1~deb12u1", ("CVE-2024-13176",)),
        ("3.0.17-1~deb12u2", "3.0.17-1~deb12u3", ("CVE-2025-9230",)),
        ("3.0.17-1~deb12u2", "3.0.17-1~deb12u2+b1", ()),
        ("3.0.17-1~deb12u2+b1", "3.0.17-1~deb12u3+b2", ("CVE-2025-9230",)),
        ("3.0.17-1~deb12u3", "3.0.18-1~deb12u1", ()),
        ("", "3.0.17-1~deb12u3", ()),
        ("3.0.16-1~deb12u1", "", ()),
    ],
)
def test_a_new_version_fixes_what_the_old_had(old: str, new: str, cves: tuple[str, ...]) -> None:
    assert fixed(old, new) == cves


def test_each_release_has_its_own_versions() -> None:
    assert fixed("3.5.1-1", "3.5.1-1+deb13u1", lock="debian13") == ("CVE-2025-9230",)
    assert fixed("3.5.1-1", "3.5.1-1+deb13u1", lock="bazelw") == ()


@pytest.mark.parametrize(
    ("url", "source"),
    [
        (URL, "openssl"),
        (f"{SNAPSHOT}/debian/1/pool/main/g/glibc/libc6_2.36-9_amd64.deb", "glibc"),
        (f"{SNAPSHOT}/debian/1/pool/main/libz/libzstd/libzstd1_1.5.4_amd64.deb", "libzstd"),
        ("https://example.org/pool.deb", ""),
    ],
)
def test_the_directory_of_a_pool_is_the_source_package(url: str, source: str) -> None:
    assert source_of(url) == source


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>", b"[]", b'{"a"', b'{"a" 1}', b'{"a":{}', b'{"a":{}]', b"{1:{}}", b'{"a":{},}'],
)
def test_other_documents_are_refused(data: bytes) -> None:
    with pytest.raises(ToolError) as caught:
        parse_tracker(data, "tracker", {"a"})
    assert str(caught.value) == (
        "tracker: not the JSON of Debian's security tracker (hint: --tracker names another URL)"
    )


def test_a_malformed_entry_is_named() -> None:
    data = json.dumps({"a": {"CVE-1": {"releases": {"bookworm": []}}}}).encode()
    with pytest.raises(ToolError) as caught:
        parse_tracker(data, "tracker", {"a"})
    assert str(caught.value) == "tracker: a: CVE-1.releases.bookworm: must be an object, not a list"


def test_blanks_between_tokens_are_allowed() -> None:
    text = json.dumps(json.loads(DATA), indent=2)
    assert parse_tracker(text.encode(), "", {"glibc"}) == parse_tracker(DATA, "", {"glibc"})
    assert parse_tracker(b" { } ", "", {"a"}) == {}
