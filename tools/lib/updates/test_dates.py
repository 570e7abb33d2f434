"""Since when packages exist, from the first bytes of their files."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from tools.lib.debian.testing import ar
from tools.lib.download.download import Downloader
from tools.lib.updates.change import Change
from tools.lib.updates.dates import with_dates
from tools.lib.updates.testing import Project

SNAPSHOT = "https://snapshot.debian.org/archive/debian/20260711T230000Z/pool/main/a/app"
# As in busybox-static 1:1.35.0-4+deb12u1+b1 of Debian 12.
HEADER = b"!<arch>\ndebian-binary   1778186025  0     0     100644  4         `\n2.0\n"


def dates(*urls: str) -> Sequence[datetime.date | None]:
    changes = [Change("debian12", "app", "1", "2", url=url) for url in urls]
    return [each.date for each in with_dates(changes, Downloader())]


def test_the_date_is_that_of_the_first_member(project: Project) -> None:
    pool = project.debian.root / "pool" / "main" / "a" / "app"
    pool.mkdir(parents=True)
    (pool / "app_2_amd64.deb").write_bytes(HEADER + b"more" * 1000)
    (pool / "app_3_amd64.deb").write_bytes(ar([("debian-binary", b"2.0\n")]))
    (pool / "app_4_amd64.deb").write_bytes(b"<html>")
    project.server.answers["/app.deb"] = HEADER
    assert dates(
        f"{SNAPSHOT}/app_2_amd64.deb",  # Read from the machine's mirror.
        f"{SNAPSHOT}/app_3_amd64.deb",  # Without a time.
        f"{SNAPSHOT}/app_4_amd64.deb",
        f"{SNAPSHOT}/app_5_amd64.deb",
        f"{project.server.url}/app.deb",
        "",
    ) == [
        datetime.date(2026, 5, 7),
        None,
        None,
        None,
        datetime.date(2026, 5, 7),
        None,
    ]


def test_a_date_that_is_known_stays(project: Project) -> None:
    known = Change("nodejs", "node24", "1", "2", date=datetime.date(2026, 1, 2))
    assert with_dates([known], Downloader()) == [known]
