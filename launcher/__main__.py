"""What bazelw cannot do in bash: makes the private root of Debian's Bazel, judges the PATH's.

Called by bazelw alone. Runs before anything is installed: Python 3.11 and its standard library.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence

from launcher import configure, downloader
from launcher.choose import choose
from launcher.make import make
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_write
from tools.lib.debian.mirror import apt_uris


def main(argv: Sequence[str]) -> int:
    verb, *arguments = argv or [""]
    if verb not in _VERBS:
        raise ToolError(f"bazelw: no verb '{verb}'", "call ./bazelw")
    _VERBS[verb](*arguments)
    return 0


def _make(lock: str, bazel: str, root: str, *command: str) -> None:
    """Makes a root, unless it is there, and becomes `command`."""
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        # As Ctrl-C: leave through what removes the partial root.
        signal.signal(signal.SIGHUP, lambda number, _: sys.exit(128 + number))
    make(root, lock, bazel)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        # Python ignores them, and a new program would too.
        signal.signal(number, signal.SIG_DFL)
    os.execv(command[0], command)


def _choose(answer: str, version: str, *candidates: str) -> None:
    """Writes which of `candidates` can be used, or an empty line, to the file `answer`."""
    chosen = choose(candidates, version, os.environ)
    with atomic_write(answer) as out:
        out.write(os.fsencode(f"{chosen}\n"))


def _mirrors(bazelrc: str) -> None:
    """Writes a bazelrc that names the mirror to fetch from."""
    downloader.write(bazelrc, os.environ, apt_uris())


def _trust(root: str, bundle: str) -> None:
    """Makes the root's Java trust the certificates of `bundle`, if they can be read."""
    try:
        configure.write_trust_store(root, bundle)
    except ToolError as error:
        print(f"bazelw: warning: Bazel trusts the CAs of before: {error}", file=sys.stderr)


_VERBS: dict[str, Callable[..., None]] = {
    "choose": _choose,
    "make": _make,
    "mirrors": _mirrors,
    "trust": _trust,
}


if __name__ == "__main__":
    try:
        status: object = run(main, sys.argv)
    except SystemExit as ended:
        status = ended.code
    sys.stderr.flush()
    # Python's own end crashes now and then where threads still read from a server.
    os._exit(status if isinstance(status, int) else 1)
