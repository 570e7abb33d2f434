"""The part of bazelw that is not bash: makes the private root, checks the Bazel on PATH.

Only bazelw runs it, before anything can be installed: Python 3.11 and its standard library.

    python3 -m launcher COMMAND ARGUMENT...
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence

from launcher import configure
from launcher.downloader_config import downloader_config, mirror_url, write_bazelrc
from launcher.installed_bazel import find_usable
from launcher.make_root import make_root
from launcher.network import HeadClient
from launcher.package_groups import read_groups
from launcher.unavailable import InconclusiveError, describe, find_unavailable
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_write
from tools.lib.debian.mirror import apt_uris

_HEAD_TIMEOUT = 10.0


def main(argv: Sequence[str]) -> int:
    command, *arguments = argv or [""]
    if command not in _COMMANDS:
        raise ToolError(f"launcher: unknown command '{command}'", "run ./bazelw")
    _COMMANDS[command](*arguments)
    return 0


def _make_root(lock: str, bazel: str, root: str, *command: str) -> None:
    """Makes the private root, unless it exists; then executes `command` in this process."""
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        # Exit as after Ctrl-C, which removes the incomplete root.
        signal.signal(signal.SIGHUP, lambda number, _: sys.exit(128 + number))
    make_root(root, lock, bazel)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        # Python ignores these signals, and the command would inherit that.
        signal.signal(number, signal.SIG_DFL)
    os.execv(command[0], command)


def _find_bazel(answer: str, version: str, *programs: str) -> None:
    """Writes the program to use, or an empty line if there is none, to the file `answer`."""
    program = find_usable(programs, version, os.environ)
    with atomic_write(answer) as out:
        out.write(os.fsencode(f"{program}\n"))


def _write_mirror_bazelrc(path: str, netrc: str) -> None:
    """Writes the bazelrc `path` with the mirror; `netrc` is the path of the user's netrc file."""
    os.umask(0o077)
    config = downloader_config(os.environ, apt_uris())
    text = ""
    if config.netrc and os.path.exists(netrc):
        with open(netrc, encoding="utf-8", errors="surrogateescape") as source:
            text = source.read()
    write_bazelrc(path, config, text)


def _check_packages(path: str, mirror_bazelrc: str, *locks: str) -> None:
    """Writes the bazelrc `path`: `mirror_bazelrc`, and which packages can't be downloaded.

    Writes nothing if that can't be told now, such as offline.
    """
    apt = apt_uris()
    try:
        unavailable = find_unavailable(
            read_groups(list(locks)),
            lambda archive: mirror_url(archive, os.environ, apt),
            HeadClient(_HEAD_TIMEOUT).head,
        )
    except InconclusiveError:
        return
    with open(mirror_bazelrc, encoding="utf-8", errors="surrogateescape") as source:
        lines = source.read().splitlines()
    lines += [f"# {each.name} lacks {' '.join(each.missing)}" for each in unavailable]
    names = ",".join(each.name for each in unavailable)
    lines.append(f"common --repo_env=DISTROLESS_UNAVAILABLE={names}")
    with atomic_write(path, 0o600) as out:
        out.writelines(f"{line}\n".encode("utf-8", "surrogateescape") for line in lines)
    if unavailable:
        print(
            f"bazelw: leaving out what no reachable server has: {describe(unavailable)}"
            f" (see {path})",
            file=sys.stderr,
        )


def _write_trust_store(root: str, bundle: str) -> None:
    """Makes the root's Java trust the certificates of `bundle`, a PEM file."""
    try:
        configure.write_trust_store(root, bundle)
    except ToolError as error:
        print(f"bazelw: warning: Java's trusted CAs were not updated: {error}", file=sys.stderr)


_COMMANDS: dict[str, Callable[..., None]] = {
    "check-packages": _check_packages,
    "find-bazel": _find_bazel,
    "make-root": _make_root,
    "write-mirror-bazelrc": _write_mirror_bazelrc,
    "write-trust-store": _write_trust_store,
}


if __name__ == "__main__":
    try:
        status: object = run(main, sys.argv)
    except SystemExit as exit_:
        status = exit_.code
    sys.stderr.flush()
    # Python's own shutdown occasionally crashes while daemon threads read from a server.
    os._exit(status if isinstance(status, int) else 1)
