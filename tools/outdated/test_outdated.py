"""`./knife outdated`, with servers on loopback in place of the network."""

from __future__ import annotations

import datetime
import json

import pytest

from tools.lib.cli.errors import run
from tools.lib.updates.testing import NEW, OLD, ROOT, Project, publish_everything
from tools.outdated.__main__ import main

TODAY = datetime.datetime.now(datetime.UTC).date()
LIFECYCLE = """\
{
  "version": 1,
  "distributions": {
    "debian12": {
      "name": "Debian 12", "released": "2023-06-10", "support_ends": "2026-07-11",
      "end_of_life": "END", "long_term_architectures": null
    }
  },
  "runtimes": [],
  "images": {"base": ["debian12"]}
}
"""


@pytest.fixture
def flags(project: Project) -> list[str]:
    flags = publish_everything(project)
    pool = project.debian.root / "pool" / "main" / "o" / "openssl"
    pool.mkdir(parents=True)
    written = TODAY - datetime.timedelta(days=5)
    seconds = int(datetime.datetime.combine(written, datetime.time(), datetime.UTC).timestamp())
    head = f"!<arch>\ndebian-binary   {seconds:<12}0     0     100644  4         `\n2.0\n"
    (pool / f"libssl3_{NEW['libssl3']}_amd64.deb").write_text(head)
    project.node.publish("24.22.4", date=(TODAY - datetime.timedelta(days=40)).isoformat())
    project.node.publish_npm("24.22.4")
    project.node.publish("24.23.0", ("linux-x64",))
    return flags


def write_lifecycle(project: Project, end: datetime.date) -> None:
    path = project.workspace / "private" / "lifecycle.json"
    path.write_text(LIFECYCLE.replace("END", end.isoformat()))


def test_delays_images_fixes_and_ends_are_listed(
    project: Project, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    end = TODAY + datetime.timedelta(days=30)
    write_lifecycle(project, end)
    before = project.contents()
    capsys.readouterr()
    assert run(main, ["outdated", *flags, "--json", "outdated.json"]) == 0
    assert (
        capsys.readouterr().out
        == f"""\
  40 days  nodejs: node24 24.21.0 -> 24.22.4
           images: nodejs24-debian13
           fixes: security release
   5 days  debian12: libssl3 {OLD["libssl3"]} -> {NEW["libssl3"]}
           images: base-debian12
           fixes: CVE-2025-4575, CVE-2025-9230
        -  temurin: temurin-21-jdk 21.0.10.0.0+7-0 -> 21.0.11.0.0+10-0
           images: java21-temurin-debian12:debug
        -  temurin: temurin-21-jre 21.0.10.0.0+7-0 -> 21.0.11.0.0+10-0
           images: java21-temurin-debian12
        -  pip: alpha 1.1 (new)
        -  bazelw: libzstd1 {OLD["libzstd1"]} -> 1.5.7-1 (amd64)
note: lifecycle: base-debian12: end of life is {end}, in 30 days
note: nodejs: node24: 24.23.0 is held back: not yet available for arm
"""
    )
    assert project.contents() == before
    report = json.loads((project.directory / "outdated.json").read_bytes())
    written = {each["package"]: each["date"] for each in report["changes"]}
    assert written["libssl3"] == (TODAY - datetime.timedelta(days=5)).isoformat()
    assert written["alpha"] is None


def test_an_end_that_is_far_away_is_not_listed(
    project: Project, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write_lifecycle(project, TODAY + datetime.timedelta(days=181))
    capsys.readouterr()
    assert run(main, ["outdated", "bazelw", "--check", *flags]) == 1
    assert capsys.readouterr().out == (
        f"        -  bazelw: libzstd1 {OLD['libzstd1']} -> 1.5.7-1 (amd64)\n"
    )


def test_nothing_newer(
    project: Project, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (project.workspace / "private" / "lifecycle.json").write_bytes(
        (ROOT / "private" / "lifecycle.json").read_bytes()
    )
    project.publish("forky", {"amd64": OLD, "arm64": OLD})
    capsys.readouterr()
    assert run(main, ["outdated", "bazelw", "--check", *flags]) == 0
    out = capsys.readouterr().out
    assert out.endswith("nothing newer can be locked\n")
    assert "note: lifecycle: nodejs20-debian12: end of life was 2026-04-30, " in out
