"""The real bazelw, with a root of Debian's static busybox and a `bazel` of a few lines."""

from __future__ import annotations

import functools
import os
import platform
import random
import shutil
import subprocess
from pathlib import Path

from cryptography.x509.oid import NameOID

from launcher.testing import Mirror, pool, write_lock
from tools.lib.debian.testing import deb, file, symlink
from tools.lib.x509.testing import make

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
        sources = [*Path("launcher").glob("*.py"), *Path("tools/lib").glob("*/*.py")]
        for source in (Path("bazelw"), *sources):
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

    def refused(self) -> str:
        """A call that fails: its one line of error."""
        status, output, errors = self.run("say", "a")
        assert (status, output) == (1, "")
        assert not list(self.cache.glob("root-*"))
        (line,) = (line for line in errors if not line.startswith("bazelw: "))
        assert line.startswith("error: ")
        return line

    def kept(self) -> list[str]:
        """What bazelw keeps, less the settings of mirrors."""
        names = (path.name for path in self.cache.iterdir())
        return sorted(name.partition("-")[0] for name in names if not name.startswith("mirror."))


# The largest of them, in the mirror.
BULK = f"debian/{pool('bulk', '1')}"
