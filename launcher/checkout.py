"""For tests: the real bazelw, with a root of busybox and a script in place of Bazel."""

from __future__ import annotations

import functools
import os
import platform
import random
import shutil
import subprocess
from pathlib import Path

from cryptography.x509.oid import NameOID

from launcher.fake_mirror import FakeMirror, pool_path, write_lock
from tools.lib.debian.architectures import find_machine
from tools.lib.debian.testing import deb, file, symlink
from tools.lib.x509.testing import make_certificate

VERSION = "0.0.1"
_HOST = find_machine(platform.machine())
assert _HOST
MACHINE = _HOST.debian
"""Debian's name of this machine's architecture."""
BULK = f"debian/{pool_path('bulk', '1')}"
"""The path of the largest package on the mirror."""

_BAZEL = """\
#!/usr/bin/sh
rc=$1 command=$2
shift 2
case $command in
  bazelrc | build) cat "${rc#--bazelrc=}" ;;
  netrc) cat "$NETRC" ;;
  npm) echo "$npm_config_registry" ;;
  echo) printf '%s\\n' "$@" ;;
  pwd) pwd; echo "$HOME" ;;
  cat) cat ;;
  exit) exit "$1" ;;
  wait) trap 'exit 9' INT; echo ready; while :; do sleep 0.1; done ;;
esac
"""
_APPLETS = ("cat", "sh", "sleep", "umount")


@functools.cache
def root_packages() -> dict[tuple[str, str], bytes]:
    """The packages of the root, by name and version."""
    (busybox,) = (path for path in os.environ["BUSYBOX_DEBS"].split() if MACHINE in path)
    return {
        ("bazel-bootstrap", VERSION): deb(
            file("usr/bin/bazel", _BAZEL.encode(), 0o755),
            file("etc/bazel/bazelrc"),
            file("usr/share/ca-certificates/a/a.crt", make_certificate((NameOID.COMMON_NAME, "a"))),
            *(symlink(f"usr/bin/{name}", "busybox") for name in _APPLETS),
        ),
        ("bulk", "1"): deb(file("opt/bulk", random.Random(1).randbytes(3_000_000)), suffix=""),
        ("busybox-static", "1"): Path(busybox).read_bytes(),
    }


class Checkout:
    """A copy of bazelw and its launcher, with a lock and a home directory of its own.

    Attributes:
        repository: directory of the copy.
        home: the home directory.
        cache: where bazelw keeps its files.
        lock: the lock file.
        mirror: has the packages of the lock.
        environment: of calls.
    """

    def __init__(self, directory: Path, mirror: FakeMirror) -> None:
        self.repository = directory / "a repository"
        self.home = directory / "a home"
        self.cache = self.home / ".cache/distroless/bazelw"
        self.mirror = mirror
        self.environment = {
            "HOME": str(self.home),
            "PATH": "/usr/bin:/bin",
            "DISTROLESS_MIRROR": mirror.url,
            "DISTROLESS_BAZEL": "root",
            "npm_config_registry": "https://npm.example",  # So that bazelw does not run npm.
            "https_proxy": "http://127.0.0.1:1",  # So that snapshot.debian.org is unreachable.
        }
        sources = [*Path("launcher").glob("*.py"), *Path("tools/lib").glob("*/*.py")]
        for source in (Path("bazelw"), *sources):
            target = self.repository / source
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
        (self.repository / ".bazelversion").write_text(f"{VERSION}\n")
        self.home.mkdir()
        self.lock = self.repository / "private/lock/bazelw.lock.json"
        self.lock.parent.mkdir(parents=True)
        write_lock(self.lock, root_packages(), machine=MACHINE)

    def start(self, *arguments: str, **options: object) -> subprocess.Popen[str]:
        """Starts bazelw; `options` are those of Popen."""
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

    def run(
        self, *arguments: str, stdin: str = "", **options: object
    ) -> tuple[int, str, list[str]]:
        """Runs bazelw; returns its exit status, output, and the lines of its stderr."""
        process = self.start(*arguments, **options)
        output, errors = process.communicate(stdin)
        print(errors)  # pytest shows it if the test fails.
        return process.returncode, output, errors.splitlines()

    def make_root(self) -> None:
        """Makes the root, with a first call of bazelw."""
        assert self.run("echo", "made")[:2] == (0, "made\n")

    def error(self) -> str:
        """The error of a call that must fail, without making a root."""
        status, output, errors = self.run("echo", "a")
        assert (status, output) == (1, "")
        assert not list(self.cache.glob("root-*"))
        (line,) = (line for line in errors if not line.startswith("bazelw: "))
        assert line.startswith("error: ")
        return line

    def cached(self) -> list[str]:
        """Names in the cache, up to the first hyphen, except for settings of mirrors."""
        names = (path.name for path in self.cache.iterdir())
        return sorted(name.partition("-")[0] for name in names if not name.startswith("mirror-"))
