"""How the real bazelw makes its root, also if it is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from launcher.checkout import BULK, MACHINE, Checkout, root_packages
from launcher.fake_mirror import ends, pool_path, write_lock
from tools.lib.debian.testing import deb, file


def test_concurrent_calls_make_one_root(checkout: Checkout) -> None:
    processes = [checkout.start("echo", str(number)) for number in range(3)]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert outputs == ["0\n", "1\n", "2\n"]
    assert len(checkout.mirror.requests) == len(root_packages())


def start_and_stall(checkout: Checkout) -> tuple[subprocess.Popen[str], list[str]]:
    """A bazelw that has half of a package and waits for the rest, and the ids of its children."""
    checkout.mirror.stalled.add(BULK)
    process = checkout.start("echo", "a")
    for _ in range(400):
        sizes = [path.stat().st_size for path in checkout.cache.glob("debs/*.partial")]
        if max(sizes, default=0) > 1_000_000:
            break
        time.sleep(0.05)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert children
    return process, children


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_downloads_only(checkout: Checkout, number: signal.Signals) -> None:
    process, children = start_and_stall(checkout)
    process.send_signal(number)
    output, errors = process.communicate(timeout=10)
    assert process.returncode == 128 + number
    assert (output, len(errors.splitlines())) == ("", 1)
    assert all(map(ends, children))
    assert checkout.cached() == ["debs", "lock"]


def test_a_call_after_a_kill_continues(checkout: Checkout) -> None:
    process, children = start_and_stall(checkout)
    process.kill()
    process.communicate(timeout=10)
    assert all(map(ends, children))
    (checkout.cache / "root-old.partial").mkdir()
    checkout.mirror.stalled.clear()
    assert checkout.run("echo", "a")[:2] == (0, "a\n")
    assert checkout.cached() == ["lock", "root"]
    (first,) = (first for path, first in checkout.mirror.requests if path == BULK and first)
    assert first > 1_000_000


def test_offline_without_a_root(checkout: Checkout) -> None:
    checkout.mirror.close()
    assert "refused" in checkout.error()


def test_a_package_with_another_hash_is_refused(checkout: Checkout) -> None:
    checkout.mirror.files[BULK] = b"x" * len(checkout.mirror.files[BULK])
    assert f"{checkout.mirror.url}/{BULK}: SHA-256 is " in checkout.error()


def test_a_damaged_package_is_refused(checkout: Checkout) -> None:
    data = b"!<arch>\ndamaged"
    checkout.mirror.files[BULK] = data
    write_lock(checkout.lock, {**root_packages(), ("bulk", "1"): data}, machine=MACHINE)
    assert ".deb: damaged: no ar header at byte 8" in checkout.error()


def test_unused_roots_are_removed_after_30_days(checkout: Checkout) -> None:
    for name, days in {"root-old": 31, "root-recent": 29}.items():
        used = checkout.cache / name / ".used"
        used.parent.mkdir(parents=True)
        used.touch()
        os.utime(used, (time.time() - days * 86400,) * 2)
    checkout.make_root()
    roots = {path.name for path in checkout.cache.glob("root-*")}
    assert "root-recent" in roots
    assert "root-old" not in roots


def test_each_call_marks_the_root_as_used(checkout: Checkout) -> None:
    checkout.make_root()
    (used,) = checkout.cache.glob("root-*/.used")
    os.utime(used, (1, 1))
    checkout.run("echo", "a")
    assert used.stat().st_mtime > 1


def test_other_packages_make_another_root(checkout: Checkout) -> None:
    checkout.make_root()
    more = deb(file("opt/more"))
    write_lock(checkout.lock, {**root_packages(), ("more", "1"): more}, machine=MACHINE)
    checkout.mirror.files[f"debian/{pool_path('more', '1')}"] = more
    assert checkout.run("echo", "a")[:2] == (0, "a\n")
    assert checkout.cached() == ["lock", "root", "root"]


def test_another_spelling_of_the_lock_keeps_the_root(checkout: Checkout) -> None:
    checkout.make_root()
    text = checkout.lock.read_text().replace('"manifest_sha256": "0', '"manifest_sha256": "1')
    checkout.lock.write_text(text)
    checkout.mirror.close()
    assert checkout.run("echo", "a") == (0, "a\n", [])
