"""Makes the private root of Debian's Bazel: whole or not at all, one process at a time.

Standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import multiprocessing
import os
import shutil
import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor

from launcher import configure, downloader, resolve
from launcher.fetch import PARTIAL, Deb, Gone, arrivals
from launcher.progress import Progress
from launcher.unpack import begin, unpack
from tools.lib.cli.errors import ToolError
from tools.lib.debian.mirror import apt_uris

_SUITE = "forky"
_ARCHITECTURES = {"aarch64": "arm64", "x86_64": "amd64"}
# Seconds: a month.
_UNUSED = 30 * 86400.0
_PR_SET_PDEATHSIG = 1


def make(root: str, lock: str, bazel: str) -> None:
    """Makes the directory `root`, unless it is there.

    What a killed one left is removed or, if it is a package file, used.

    Args:
        root: path, in a directory that holds nothing but what bazelw keeps.
        lock: path of the lock of its packages.
        bazel: the version that its Bazel must have.
    """
    machine = os.uname().machine
    architecture = _ARCHITECTURES.get(machine)
    if architecture is None:
        raise ToolError(
            f"no root for machines of type {machine}", "install bazelisk or Bazel " + bazel
        )
    directory = os.path.dirname(root)
    progress = Progress("fetching Bazel's root")
    with _locked(os.path.join(directory, "lock"), progress):
        if os.path.isdir(root):
            return  # made by the one that was waited for
        started = time.monotonic()
        _remove_leavings(directory)
        mirror = downloader.mirror("debian", os.environ, apt_uris())
        debs = resolve.locked(lock, architecture, mirror, bazel)
        progress.say(
            f"making a root with Bazel {bazel} in {root},"
            f" {len(debs)} packages, {sum(deb.size for deb in debs) / 1e6:.0f} MB, once"
        )
        partial, store = f"{root}{PARTIAL}", os.path.join(directory, "debs")
        state = os.path.join(directory, f"apt{PARTIAL}")
        try:
            try:
                _fill(debs, store, partial, progress)
            except Gone as gone:
                progress.say(f"{gone}; apt chooses anew")
                debs = _chosen_by_apt(gone, state, lock, architecture, mirror, bazel)
                shutil.rmtree(partial)
                _fill(debs, store, partial, progress)
            configure.configure(partial, os.path.basename(root), bazel)
            os.rename(partial, root)
        except Gone as gone:
            raise ToolError(str(gone), "another mirror: DISTROLESS_MIRROR") from None
        except OSError as error:
            raise ToolError(
                f"{error.filename or root}: {error.strerror or error}",
                "the root needs 3 GB; XDG_CACHE_HOME names another place",
            ) from None
        finally:
            progress.end()
            for path in (partial, state):
                shutil.rmtree(path, ignore_errors=True)
        shutil.rmtree(store)
        progress.say(f"the root is there after {time.monotonic() - started:.0f} s")


def _chosen_by_apt(
    gone: Gone, state: str, lock: str, architecture: str, mirror: str, bazel: str
) -> list[Deb]:
    try:
        return resolve.current(state, lock, architecture, mirror, _SUITE, bazel)
    except ToolError as error:
        raise ToolError(f"{gone}; nor can apt choose anew: {error.message}", error.hint) from None


def _fill(debs: Sequence[Deb], store: str, partial: str, progress: Progress) -> None:
    """Unpacks packages as they arrive, on all cores."""
    os.makedirs(store, exist_ok=True)
    os.makedirs(partial)
    begin(partial)
    pending: deque[Future[None]] = deque()
    # Forked before there are threads.
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(
        os.cpu_count() or 1, context, _end_with_parent, (os.getpid(),)
    ) as pool:
        try:
            pool.submit(os.getpid).result()
            for path in arrivals(debs, store, progress):
                pending.append(pool.submit(unpack, path, partial))
                while pending and pending[0].done():
                    pending.popleft().result()
            progress.note("unpacking the rest")
            for future in pending:
                future.result()
        except BaseException:
            for process in multiprocessing.active_children():
                process.kill()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _end_with_parent(parent: int) -> None:
    """Ctrl-C reaches the whole group of processes: the parent ends the others, however it ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


@contextlib.contextmanager
def _locked(path: str, progress: Progress) -> Iterator[None]:
    """One at a time makes a root; the kernel takes the lock from one that is killed."""
    with open(path, "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("waiting for another bazelw, which makes the root")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _remove_leavings(directory: str) -> None:
    """Removes what was interrupted, and roots that nobody has used for a while."""
    names = [name for name in os.listdir(directory) if name.startswith(("root-", "apt."))]
    for name in names:
        if name.endswith(PARTIAL):
            shutil.rmtree(os.path.join(directory, name), ignore_errors=True)
    for name in names:
        path = os.path.join(directory, name)
        used = os.path.join(path, ".used")
        if name.endswith(PARTIAL) or _age(used if os.path.exists(used) else path) < _UNUSED:
            continue
        # Renamed first: should this be interrupted, then half of a root is none.
        os.rename(path, f"{path}{PARTIAL}")
        shutil.rmtree(f"{path}{PARTIAL}", ignore_errors=True)


def _age(path: str) -> float:
    return time.time() - os.path.getmtime(path)
