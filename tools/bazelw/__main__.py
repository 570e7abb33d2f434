"""What bazelw cannot do in bash: makes the private root of Debian's Bazel, judges the PATH's.

Runs before anything is installed: Python 3.11 and its standard library.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import multiprocessing
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor

from tools.bazelw import configure, downloader, resolve
from tools.bazelw.choose import works
from tools.bazelw.fetch import Deb, Gone, fetch_all
from tools.bazelw.progress import Progress
from tools.bazelw.unpack import begin, unpack
from tools.lib.cli import Parser
from tools.lib.errors import ToolError, run
from tools.lock.mirror import apt_uris, archive_base

_SUITE = "forky"
_ARCHITECTURES = {"aarch64": "arm64", "x86_64": "amd64"}
_UNUSED_DAYS = 30


def main(argv: Sequence[str]) -> int:
    verb, *arguments = argv or [""]
    if verb not in _VERBS:
        raise ToolError(f"bazelw: no verb '{verb}'", f"there are {', '.join(_VERBS)}")
    return _VERBS[verb](arguments)


def _make_verb(arguments: Sequence[str]) -> int:
    parser = Parser("make", "Makes the root, unless it is there.")
    parser.add_argument("--lock", required=True, help="the lock of the root's packages")
    parser.add_argument("--bazel", required=True, help="version of Bazel that it must be")
    parser.add_argument("root", help="the directory to make")
    flags = parser.parse_args(arguments)
    # As Ctrl-C: leave through what removes the partial root.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    _make(flags.root, flags.lock, flags.bazel)
    return 0


def _trust_verb(arguments: Sequence[str]) -> int:
    parser = Parser("trust", "Makes the root's Java trust a bundle of certificates.")
    parser.add_argument("root")
    parser.add_argument("bundle", help="PEM")
    flags = parser.parse_args(arguments)
    configure.write_trust_store(flags.root, flags.bundle)
    return 0


def _choose_verb(arguments: Sequence[str]) -> int:
    parser = Parser("choose", "Exits with 0 if a bazel or bazelisk can be used.")
    parser.add_argument("candidate")
    parser.add_argument("version", help="of Bazel")
    flags = parser.parse_args(arguments)
    return 0 if works(flags.candidate, flags.version, os.environ) else 1


def _mirrors_verb(arguments: Sequence[str]) -> int:
    parser = Parser("mirrors", "Writes a bazelrc that names the mirror to fetch from.")
    parser.add_argument("bazelrc")
    flags = parser.parse_args(arguments)
    downloader.write(flags.bazelrc, os.environ, apt_uris())
    return 0


_VERBS: dict[str, Callable[[Sequence[str]], int]] = {
    "choose": _choose_verb,
    "make": _make_verb,
    "mirrors": _mirrors_verb,
    "trust": _trust_verb,
}


def _make(root: str, lock: str, bazel: str) -> None:
    machine = os.uname().machine
    architecture = _ARCHITECTURES.get(machine)
    if architecture is None:
        raise ToolError(
            f"no root for machines of type {machine}", "install bazelisk or Bazel " + bazel
        )
    progress = Progress("fetching Bazel's root")
    with _locked(root, progress):
        if os.path.isdir(root):
            return  # made by the one that was waited for
        started = time.monotonic()
        _remove_leavings(root)
        partial, store = f"{root}.partial", os.path.join(os.path.dirname(root), "debs")
        os.makedirs(store, exist_ok=True)
        now = datetime.datetime.now(datetime.UTC)
        mirror = archive_base("debian", os.environ, apt_uris(), now)
        debs = resolve.locked(lock, architecture, mirror)
        progress.say(
            f"making a root with Bazel {bazel} in {root},"
            f" {len(debs)} packages, {sum(deb.size for deb in debs) / 1e6:.0f} MB, once"
        )
        try:
            try:
                _fill(debs, store, partial, progress)
            except Gone as gone:
                progress.say(f"{gone} is gone from the archive, choosing anew by apt")
                shutil.rmtree(partial)
                debs = resolve.current(lock, architecture, mirror, _SUITE, bazel)
                _fill(debs, store, partial, progress)
            configure.configure(partial)
            os.rename(partial, root)
        except Gone as gone:
            raise ToolError(
                f"{mirror}: {gone} is gone", "another mirror: DISTROLESS_MIRROR"
            ) from None
        finally:
            progress.end()
            shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(store)
        progress.say(f"the root is there after {time.monotonic() - started:.0f} s")


def _fill(debs: Sequence[Deb], store: str, partial: str, progress: Progress) -> None:
    """Unpacks packages as they arrive, on all cores."""
    os.makedirs(partial)
    begin(partial)
    pending: list[Future[None]] = []
    # Forked before there are threads.
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(os.cpu_count() or 1, context, _ignore_interrupts) as pool:
        pool.submit(os.getpid).result()
        try:
            fetch_all(
                debs,
                store,
                progress,
                lambda path: pending.append(pool.submit(unpack, path, partial)),
            )
            progress.end()
            for future in pending:
                future.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _ignore_interrupts() -> None:
    """Ctrl-C reaches the whole group of processes; the parent ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextlib.contextmanager
def _locked(root: str, progress: Progress) -> Iterator[None]:
    """One at a time makes a root; the kernel takes the lock from one that is killed."""
    os.makedirs(os.path.dirname(root), exist_ok=True)
    with open(os.path.join(os.path.dirname(root), "lock"), "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("waiting for another bazelw, which makes the root")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _remove_leavings(root: str) -> None:
    """Removes what was interrupted, and roots that nobody has used for a while."""
    directory = os.path.dirname(root)
    for name in os.listdir(directory):
        path = os.path.join(directory, name)
        if not name.startswith("root-"):
            continue
        used = os.path.join(path, ".used")
        last = os.path.getmtime(used if os.path.exists(used) else path)
        if name.endswith(".partial") or time.time() - last > _UNUSED_DAYS * 86400:
            shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
