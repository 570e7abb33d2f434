"""The text, JSON and Markdown of an update."""

from __future__ import annotations

import datetime

from tools.lib.updates.change import Change
from tools.lib.updates.report import delay_report, json_report, markdown_report, text_report

IMAGES = {
    "debian12": ("base-debian12", "static-debian12"),
    "debian13": ("base-debian13", "static-debian13"),
}
CHANGES = (
    Change(
        "debian12",
        "libssl3",
        "3.0.16-1~deb12u1",
        "3.0.17-1~deb12u3",
        ("amd64", "arm64"),
        everywhere=False,
        date=datetime.date(2026, 11, 16),
        images=("base-debian12",),
        cves=("CVE-2025-4575", "CVE-2025-9230"),
    ),
    Change(
        "debian12",
        "tzdata",
        "2026a-0+deb12u1",
        "2026b-0+deb12u1",
        ("amd64", "arm64", "s390x"),
        date=datetime.date(2026, 11, 27),
        images=("base-debian12", "static-debian12"),
    ),
    Change("debian13", "libnew1", "", "1.0-1", ("amd64",), images=("base-debian13:debug",)),
    Change(
        "nodejs",
        "node24",
        "24.21.0",
        "24.22.3",
        ("amd64",),
        date=datetime.date(2026, 11, 12),
        security=True,
    ),
    Change("pip", "old", "1.0", ""),
)
NOTES = ("temurin: left out (no answer)", "debian12: older packages:", "  libssl3: s390x")


def test_text() -> None:
    assert (
        "\n".join(text_report(CHANGES, IMAGES))
        == """\
debian12: 2 packages
  libssl3 3.0.16-1~deb12u1 -> 3.0.17-1~deb12u3 (amd64, arm64)
    images: base-debian12
    fixes: CVE-2025-4575, CVE-2025-9230
  tzdata 2026a-0+deb12u1 -> 2026b-0+deb12u1
    images: all of debian12
debian13: 1 package
  libnew1 1.0-1 (new)
    images: base-debian13:debug
nodejs: 1 package
  node24 24.21.0 -> 24.22.3
    fixes: security release
pip: 1 package
  old 1.0 (no longer needed)"""
    )


def test_delays() -> None:
    today = datetime.date(2026, 11, 28)
    assert (
        "\n".join(delay_report(CHANGES, IMAGES, today))
        == """\
  16 days  nodejs: node24 24.21.0 -> 24.22.3
           fixes: security release
  12 days  debian12: libssl3 3.0.16-1~deb12u1 -> 3.0.17-1~deb12u3 (amd64, arm64)
           images: base-debian12
           fixes: CVE-2025-4575, CVE-2025-9230
    1 day  debian12: tzdata 2026a-0+deb12u1 -> 2026b-0+deb12u1
           images: all of debian12
        -  debian13: libnew1 1.0-1 (new)
           images: base-debian13:debug
        -  pip: old 1.0 (no longer needed)"""
    )


def test_markdown() -> None:
    tracker = "https://security-tracker.debian.org/tracker"
    names = ("CVE-2025-4575", "CVE-2025-9230")
    fixes = ", ".join(f"[{name}]({tracker}/{name})" for name in names)
    assert (
        markdown_report(CHANGES, NOTES, IMAGES)
        == f"""\
Newer versions of 5 packages, in 3 images; 2 CVEs fixed.

### Debian 12

| package | locked | new | images | fixes |
| --- | --- | --- | --- | --- |
| libssl3 (amd64, arm64) | `3.0.16-1~deb12u1` | `3.0.17-1~deb12u3` | base-debian12 | {fixes} |
| tzdata | `2026a-0+deb12u1` | `2026b-0+deb12u1` | all of debian12 |  |

### Debian 13

| package | locked | new | images | fixes |
| --- | --- | --- | --- | --- |
| libnew1 | (not locked) | `1.0-1` | base-debian13:debug |  |

### Node.js

| package | locked | new | images | fixes |
| --- | --- | --- | --- | --- |
| node24 | `24.21.0` | `24.22.3` |  | security release |

### Python packages of the tools

| package | locked | new | images | fixes |
| --- | --- | --- | --- | --- |
| old | `1.0` | (no longer needed) |  |  |

### Notes

```
temurin: left out (no answer)
debian12: older packages:
  libssl3: s390x
```
"""
    )


def test_markdown_of_nothing() -> None:
    assert markdown_report((), (), {}) == "Nothing newer can be locked.\n"


def test_json() -> None:
    report = json_report(CHANGES[:1], NOTES[:1])
    assert report == {
        "version": 1,
        "changes": [
            {
                "lock": "debian12",
                "package": "libssl3",
                "old": "3.0.16-1~deb12u1",
                "new": "3.0.17-1~deb12u3",
                "architectures": ["amd64", "arm64"],
                "date": "2026-11-16",
                "images": ["base-debian12"],
                "cves": ["CVE-2025-4575", "CVE-2025-9230"],
                "security": True,
            }
        ],
        "notes": ["temurin: left out (no answer)"],
    }


def test_long_lists_are_cut() -> None:
    many = Change(
        "debian12",
        "a",
        "1",
        "2",
        images=tuple(f"i{number:02}" for number in range(15)),
        cves=tuple(f"CVE-2026-{number}" for number in range(22)),
    )
    lines = text_report([many], {})
    assert lines[2].endswith("i10, i11, and 3 more")
    assert lines[3].endswith("CVE-2026-19, and 2 more")
