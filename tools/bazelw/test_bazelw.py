"""The real bazelw, with a root of Debian's static busybox and a `bazel` of a few lines."""

from __future__ import annotations

import functools
import os
import platform
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.x509.oid import NameOID

from tools.bazelw.testing import Mirror, ends, pool, serve, write_lock
from tools.ca_bundle.testing import make
from tools.deb_layer.testing import deb, file, symlink

VERSION = "0.0.1"
MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
BAZEL = """\
#!/usr/bin/sh
rc=$1 verb=$2
shift 2
case $verb in
  rc) cat "${rc#--bazelrc=}" ;;
  say) printf '%s\\n' "$@" ;;
  where) pwd; echo "$HOME" ;;
  read) cat ;;
  exit) exit "$1" ;;
  wait) trap 'exit 9' INT; echo ready; while :; do sleep 0.1; done ;;
esac
"""
APPLETS = ("cat", "sh", "sleep", "umount")


@functools.cache
def packages() -> dict[tuple[str, str], bytes]:
    """By name and version."""
    (busybox,) = (path for path in os.environ["BUSYBOX_DEBS"].split() if MACHINE in path)
    return {
        ("bazel-bootstrap", VERSION): deb(
            file("usr/bin/bazel", BAZEL.encode(), 0o755),
            file("etc/bazel/bazelrc"),
            file("usr/share/ca-certificates/a/a.crt", make((NameOID.COMMON_NAME, "a"))),
            *(symlink(f"usr/bin/{name}", "busybox") for name in APPLETS),
        ),
        ("bulk", "1"): deb(file("opt/bulk", random.Random(1).randbytes(3_000_000)), suffix=""),
        ("busybox-static", "1"): Path(busybox).read_bytes(),
    }


class Place:
    """A home, a mirror, and a copy of the repository's bazelw with a lock of its own."""

    def __init__(self, directory: Path, mirror: Mirror) -> None:
        self.repository = directory / "a repository"
        self.home = directory / "a home"
        self.cache = self.home / ".cache/distroless/bazelw"
        self.mirror = mirror
        self.environment = {
            "HOME": str(self.home),
            "PATH": "/usr/bin:/bin",  # An ordinary user's.
            "DISTROLESS_MIRROR": mirror.url,
            "DISTROLESS_BAZEL": "root",
            "npm_config_registry": "https://npm.example",  # So that no npm is asked.
        }
        for source in (Path("bazelw"), *Path("tools").glob("*/*.py")):
            target = self.repository / source
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
        (self.repository / ".bazelversion").write_text(f"{VERSION}\n")
        self.home.mkdir()
        self.lock = self.repository / "private/lock/bazelw.lock.json"
        self.lock.parent.mkdir(parents=True)
        write_lock(self.lock, packages(), machine=MACHINE)

    def start(self, *arguments: str, **options: object) -> subprocess.Popen[str]:
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
            [self.repository / "bazelw", *arguments],
            **{
                "cwd": self.repository,
                "env": self.environment,
                "stdin": subprocess.PIPE,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                "text": True,
                **options,
            },
        )

    def run(self, *arguments: str, text: str = "", **options: object) -> tuple[int, str, list[str]]:
        """Exit status, output, and lines of stderr."""
        process = self.start(*arguments, **options)
        output, errors = process.communicate(text, timeout=60)
        print(errors)  # For who reads why a test failed.
        return process.returncode, output, errors.splitlines()

    def make(self) -> None:
        """The first call."""
        assert self.run("say", "made")[:2] == (0, "made\n")

    def kept(self) -> list[str]:
        """What bazelw keeps, less the settings of mirrors."""
        names = (path.name for path in self.cache.iterdir())
        return sorted(name.partition("-")[0] for name in names if not name.startswith("mirror."))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    files = {f"debian/{pool(*key)}": data for key, data in packages().items()}
    with serve(files) as mirror:
        yield Place(tmp_path, mirror)


BULK = f"debian/{pool('bulk', '1')}"


def test_bazel_runs_in_a_root_that_the_first_call_makes(place: Place) -> None:
    status, output, errors = place.run("say", "a b", "", "*")
    assert (status, output) == (0, "a b\n\n*\n")
    assert errors[0].startswith(f"bazelw: making a root with Bazel {VERSION} in ")
    assert errors[-1].startswith("bazelw: the root is there after ")
    assert place.kept() == ["lock", "root"]


def test_later_calls_are_silent_and_need_no_network(place: Place) -> None:
    place.make()
    place.mirror.close()
    assert place.run("say", "b") == (0, "b\n", [])


def test_it_is_as_if_bazel_were_called(place: Place) -> None:
    below = place.repository / "tools"
    assert place.run("where", cwd=below)[:2] == (0, f"{below}\n{place.home}\n")
    assert place.run("exit", "37")[0] == 37
    assert place.run("read", text="some\nlines")[1] == "some\nlines"


def test_ctrl_c_is_bazel_s(place: Place) -> None:
    place.make()
    process = place.start("wait")
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 9
    process.communicate()


def test_bazel_is_told_of_the_mirror(place: Place) -> None:
    config = place.run("rc")[1].partition("--experimental_downloader_config=")[2].rstrip('"\n')
    assert f"{place.mirror.url}/debian/$1" in Path(config).read_text()


def test_a_home_behind_a_link_is_one(place: Place, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(place.home)
    place.environment["HOME"] = str(link)
    assert place.run("where")[1] == f"{place.repository}\n{link}\n"


def test_bazelw_may_be_called_by_a_link_and_from_another_workspace(
    place: Place, tmp_path: Path
) -> None:
    link = tmp_path / "bw"
    link.symlink_to(place.repository / "bazelw")
    result = subprocess.run(
        [link, "where"], cwd=tmp_path, env=place.environment, capture_output=True, text=True
    )
    assert result.stdout == f"{tmp_path}\n{place.home}\n"


def test_the_cache_is_where_the_user_wants_it(place: Place, tmp_path: Path) -> None:
    place.environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    assert place.run("say", "a")[:2] == (0, "a\n")
    assert not place.home.joinpath(".cache").exists()
    assert tmp_path.joinpath("cache/distroless/bazelw").is_dir()


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
    process.communicate()
    assert all(map(ends, children))
    (place.cache / "root-old.partial").mkdir()
    place.mirror.silent.clear()
    assert place.run("say", "a")[:2] == (0, "a\n")
    assert place.kept() == ["lock", "root"]
    (first,) = (first for path, first in place.mirror.asked if path == BULK and first)
    assert first > 1_000_000


def refused(place: Place) -> str:
    """The one line of an error, after which there is no root."""
    status, output, errors = place.run("say", "a")
    assert (status, output) == (1, "")
    assert not list(place.cache.glob("root-*"))
    (line,) = (line for line in errors if not line.startswith("bazelw: "))
    assert line.startswith("error: ")
    return line


def test_without_root_and_network_one_line_says_so(place: Place) -> None:
    place.mirror.close()
    assert "refused" in refused(place)


def test_a_package_that_is_another_is_refused(place: Place) -> None:
    place.mirror.files[BULK] = b"x" * len(place.mirror.files[BULK])
    assert f"{place.mirror.url}/{BULK}: sha256 is " in refused(place)


def test_a_damaged_package_is_refused(place: Place) -> None:
    data = b"!<arch>\ndamaged"
    place.mirror.files[BULK] = data
    write_lock(place.lock, {**packages(), ("bulk", "1"): data}, machine=MACHINE)
    assert ".deb: damaged at byte 8" in refused(place)


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


def test_the_user_s_bazel_is_taken_where_one_is_named(place: Place, tmp_path: Path) -> None:
    bazel = tmp_path / "bazel"
    bazel.write_text('#!/bin/sh\nshift; echo mine "$@"; exit 3\n')
    bazel.chmod(0o755)
    place.environment["DISTROLESS_BAZEL"] = str(bazel)
    assert place.run("say", "a") == (3, "mine say a\n", [])
    bazel.chmod(0o644)
    assert "DISTROLESS_BAZEL: no program" in refused(place)


def test_a_bazel_of_the_path_that_cannot_be_used_is_not_asked_again(
    place: Place, tmp_path: Path
) -> None:
    bazel = tmp_path / "bin/bazel"
    bazel.parent.mkdir()
    bazel.write_text(f"#!/bin/sh\necho asked >>{tmp_path}/asked; echo bazel 6.0.0\n")
    bazel.chmod(0o755)
    place.environment |= {"DISTROLESS_BAZEL": "", "PATH": f"{bazel.parent}:/usr/bin:/bin"}
    for _ in range(2):
        assert place.run("say", "a")[:2] == (0, "a\n")
    (answer,) = place.cache.glob("choice.*")
    assert answer.read_text() == "\n"


def test_a_bazelw_on_the_path_is_no_bazel(place: Place) -> None:
    place.environment["BAZELW_PROBE"] = "1"
    assert place.run("--version") == (1, "", [])


def test_python_s_own_settings_do_not_matter(place: Place, tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/__init__.py").write_text("raise SystemExit('another')")
    place.environment |= {"PYTHONPATH": str(tmp_path), "PYTHONHOME": "/none"}
    assert place.run("say", "a")[:2] == (0, "a\n")
