"""The hint that a base image has security updates of a suite that the manifest does not name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tools.lib.apt.packages import IndexPackage
from tools.lib.apt.testing_repository import stanza
from tools.lib.manifest.manifest import Manifest
from tools.lib.resolver.testing_index import FakeIndex, error, in_file, in_tags, installed

SECURITY_TAG = """\
apt.sources(
    archive = "debian-security",
    components = ["main"],
    repo = "bookworm",
    suites = ["bookworm-security"],
)
""".splitlines()
SECURITY_ITEM = """\
  - archive: debian-security
    suites: [bookworm-security]
    components: [main]
""".splitlines()
BASE = installed(stanza("libc6", "2.36-9+deb12u13"), stanza("tzdata", "2025"))
HEADERS = FakeIndex(
    stanza("libc6-dev", "2.36-9+deb12u10", Depends="libc6 (= 2.36-9+deb12u10)"),
    stanza("libc6", "2.36-9+deb12u10"),
    stanza("libfoo", "1"),
    suite="bookworm",
)
UPDATES = (
    "the base image has security updates that the sources do not have, such as"
    " libc6 2.36-9+deb12u13: add the source of these updates"
)


@pytest.mark.parametrize(("make", "lines"), [(in_file, SECURITY_ITEM), (in_tags, SECURITY_TAG)])
def test_a_base_with_security_updates_needs_their_suite(
    make: Callable[..., Manifest], lines: list[str]
) -> None:
    first, *rest = error(make({"s": {"packages": ["libc6-dev"]}}), HEADERS, base=BASE).splitlines()
    assert first.endswith(
        "unmet dependency libc6-dev -> libc6 (= 2.36-9+deb12u10) on amd64: found"
        f" libc6 2.36-9+deb12u13 (base image), 2.36-9+deb12u10 (bookworm) (hint: {UPDATES})"
    )
    assert rest == lines
    other = error(make({"s": {"packages": ["libfoo (>= 2)"]}}), HEADERS, base=BASE)
    assert other.splitlines()[0].endswith(f"found libfoo 1 (bookworm) (hint: {UPDATES})")


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ({"suites": ["bookworm", "bookworm-updates"]}, SECURITY_ITEM),
        (
            {"suites": ["buster"], "components": ["main", "contrib"]},
            [
                "  - archive: debian-security",
                "    suites: [buster/updates]",
                "    components: [main, contrib]",
            ],
        ),
        ({"archive": None, "url": "https://mirror.example.org/debian"}, SECURITY_ITEM),
        (
            {"archive": "ubuntu", "suites": ["noble"]},
            ["  - archive: ubuntu", "    suites: [noble-security]", "    components: [main]"],
        ),
        (
            {"archive": None, "url": "http://ports.ubuntu.com/ubuntu-ports", "suites": ["noble"]},
            [
                "  - url: http://ports.ubuntu.com/ubuntu-ports",
                "    suites: [noble-security]",
                "    components: [main]",
            ],
        ),
        ({"suites": ["bookworm", "bookworm-security"]}, []),
        ({"suites": ["sid"]}, []),
        ({"archive": None, "url": "https://example.org/apt", "keyring": "k"}, []),
    ],
)
def test_the_suite_of_security_updates(source: Any, lines: list[str]) -> None:
    manifest = in_file({"s": {"packages": ["libc6-dev"]}}, **source)
    assert error(manifest, HEADERS, base=BASE).splitlines()[1:] == lines


@pytest.mark.parametrize(
    ("packages", "base"),
    [
        # What the base image has is too old: no source changes that.
        (["new"], BASE),
        # The sources have what the base image has.
        (["libfoo (>= 2)"], installed(stanza("libc6", "2.36-9+deb12u10"))),
        # The sources do not have the packages of the base image at all.
        (["libfoo (>= 2)"], installed(stanza("other", "9"))),
        # No version is wanted.
        (["none"], BASE),
    ],
)
def test_no_security_updates_are_suggested_where_they_do_not_help(
    packages: list[str], base: dict[str, IndexPackage]
) -> None:
    index = FakeIndex(
        stanza("libc6", "2.36-9+deb12u10"),
        stanza("libfoo", "1"),
        stanza("new", Depends="libc6 (>= 2.41)"),
    )
    found = error(in_file({"s": {"packages": packages}}), index, base=base)
    assert "security" not in found
    assert "\n" not in found
