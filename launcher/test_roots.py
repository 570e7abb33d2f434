"""How the real bazelw makes its root, is stopped while it does, and what is left."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from launcher.place import BULK, MACHINE, Place, packages
from launcher.testing import ends, pool, write_lock
from tools.lib.debian.testing import deb, file


def test_of_several_at_once_one_makes_the_root(place: Place) -> None:
    processes = [place.start("say", str(number)) for number in range(3)]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert outputs == ["0\n", "1\n", "2\n"]
    assert len(place.mirror.asked) == len(packages())


def caught_in_the_middle(place: Place) -> tuple[subprocess.Popen[str], list[str]]:
    """A bazelw that has half of a package, and waits for the rest; its children."""
    place.mirror.silent.add(BULK)
    process = place.start("say", "a")
    for _ in range(400):
        halves = [path.stat().st_size for path in place.cache.glob("debs/*.partial")]
        if max(halves, default=0) > 1_000_000:
            break
        time.sleep(0.05)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert children
    return process, children


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_who_is_asked_to_end_cleans_up(place: Place, number: signal.Signals) -> None:
    process, children = caught_in_the_middle(place)
    process.send_signal(number)
    output, errors = process.communicate(timeout=10)
    assert process.returncode == 128 + number
    assert (output, len(errors.splitlines())) == ("", 1)
    assert all(map(ends, children))
    assert place.kept() == ["debs", "lock"]


def test_who_is_killed_leaves_no_processes_and_the_next_call_goes_on(place: Place) -> None:
    process, children = caught_in_the_middle(place)
    process.kill()
    process.communicate(timeout=10)
    assert all(map(ends, children))
    (place.cache / "root-old.partial").mkdir()
    place.mirror.silent.clear()
    assert place.run("say", "a")[:2] == (0, "a\n")
    assert place.kept() == ["lock", "root"]
    (first,) = (first for path, first in place.mirror.asked if path == BULK and first)
    assert first > 1_000_000


def test_without_root_and_network_one_line_says_so(place: Place) -> None:
    place.mirror.close()
    assert "refused" in place.refused()


def test_a_package_that_is_another_is_refused(place: Place) -> None:
    place.mirror.files[BULK] = b"x" * len(place.mirror.files[BULK])
    assert f"{place.mirror.url}/{BULK}: sha256 is " in place.refused()


def test_a_damaged_package_is_refused(place: Place) -> None:
    data = b"!<arch>\ndamaged"
    place.mirror.files[BULK] = data
    write_lock(place.lock, {**packages(), ("bulk", "1"): data}, machine=MACHINE)
    assert ".deb: damaged at byte 8" in place.refused()


def test_roots_that_nobody_uses_any_more_are_removed(place: Place) -> None:
    month = 31 * 86400
    for name, age in {"root-old": month, "root-young": month - 2 * 86400}.items():
        used = place.cache / name / ".used"
        used.parent.mkdir(parents=True)
        used.touch()
        os.utime(used, (time.time() - age,) * 2)
    place.make()
    roots = {path.name for path in place.cache.glob("root-*")}
    assert "root-young" in roots
    assert "root-old" not in roots


def test_a_root_is_used_when_it_is_called(place: Place) -> None:
    place.make()
    (used,) = place.cache.glob("root-*/.used")
    os.utime(used, (1, 1))
    place.run("say", "a")
    assert time.time() - used.stat().st_mtime < 60


def test_a_change_of_the_lock_makes_another_root(place: Place) -> None:
    place.make()
    write_lock(place.lock, {**packages(), ("more", "1"): deb(file("opt/more"))}, machine=MACHINE)
    place.mirror.files[f"debian/{pool('more', '1')}"] = deb(file("opt/more"))
    assert place.run("say", "a")[:2] == (0, "a\n")
    assert place.kept() == ["lock", "root", "root"]
