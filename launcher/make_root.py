"""Makes the private root: completely or not at all, by one process at a time.

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
from concurrent.futures.process import BrokenProcessPool

from launcher.apt_packages import resolve_with_apt
from launcher.configure import configure
from launcher.download import PARTIAL, Download, NotFoundError, download_all
from launcher.downloader_config import mirror_url
from launcher.locked_packages import locked_downloads
from launcher.progress import Progress
from launcher.unpack import link_merged_usr, unpack
from tools.lib.cli.errors import ToolError
from tools.lib.debian.architectures import find_machine
from tools.lib.debian.mirror import apt_uris

_SUITE = "forky"
# Of machines that roots are made for.
_ARCHITECTURES = ("amd64", "arm64")
# Seconds after its last use until a root is removed: 30 days.
_MAX_UNUSED = 30 * 86400.0
_PR_SET_PDEATHSIG = 1


def make_root(root: str, lock: str, bazel: str) -> None:
    """Makes the private root, unless it exists.

    Removes what an interrupted call left, except for downloaded packages, which are used.

    Args:
        root: path of the root; nothing but bazelw may use its parent directory.
        lock: path of the lock file.
        bazel: the version of Bazel.
    """
    machine = os.uname().machine
    known = find_machine(machine)
    if known is None or known.debian not in _ARCHITECTURES:
        raise ToolError(
            f"no private root for the architecture {machine}",
            f"install bazelisk or Bazel {bazel}",
        )
    directory = os.path.dirname(root)
    progress = Progress("downloading Bazel")
    with _lock(os.path.join(directory, "lock"), progress):
        if os.path.isdir(root):
            return  # Another process made it in the meantime.
        started = time.monotonic()
        _remove_leftovers(directory)
        mirror = mirror_url("debian", os.environ, apt_uris())
        files = locked_downloads(lock, known.debian, mirror, bazel)
        size = sum(file.size for file in files)
        progress.message(
            f"installing Bazel {bazel} in {root}: {len(files)} packages, {size / 1e6:.0f} MB"
        )
        partial, packages = f"{root}{PARTIAL}", os.path.join(directory, "debs")
        state = os.path.join(directory, f"apt{PARTIAL}")
        try:
            try:
                _install(files, packages, partial, progress)
            except NotFoundError as missing:
                progress.message(f"{missing}; resolving current packages with apt")
                files = _resolve_again(missing, state, lock, known.debian, mirror, bazel)
                shutil.rmtree(partial)
                _install(files, packages, partial, progress)
            configure(partial, os.path.basename(root), bazel)
            os.rename(partial, root)
        except NotFoundError as missing:
            raise ToolError(str(missing), "set DISTROLESS_MIRROR to another mirror") from None
        except BrokenProcessPool:
            raise ToolError(
                f"{root}: a process that unpacks packages was killed", "free some memory"
            ) from None
        except OSError as error:
            raise ToolError(
                f"{error.filename or root}: {error.strerror or error}",
                "the root needs 3 GB; set XDG_CACHE_HOME to use another place",
            ) from None
        finally:
            progress.clear()
            for path in (partial, state):
                shutil.rmtree(path, ignore_errors=True)
        shutil.rmtree(packages)
        progress.message(f"installed Bazel in {time.monotonic() - started:.0f} s")


def _resolve_again(
    missing: NotFoundError, state: str, lock: str, architecture: str, mirror: str, bazel: str
) -> list[Download]:
    try:
        return resolve_with_apt(state, lock, architecture, mirror, _SUITE, bazel)
    except ToolError as error:
        raise ToolError(f"{missing}; current packages: {error.message}", error.hint) from None


def _install(files: Sequence[Download], packages: str, root: str, progress: Progress) -> None:
    """Downloads packages and unpacks them, on all cores, as they arrive.

    Args:
        files: the packages.
        packages: directory for the package files.
        root: directory to create.
        progress: is told the bytes.
    """
    os.makedirs(packages, exist_ok=True)
    os.makedirs(root)
    link_merged_usr(root)
    pending: deque[Future[None]] = deque()
    context = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(os.cpu_count() or 1, context, _end_with_parent, (os.getpid(),))
    try:
        # The first task forks all processes: before this process starts threads.
        pool.submit(os.getpid).result()
        for path in download_all(files, packages, progress):
            pending.append(pool.submit(unpack, path, root))
            while pending and pending[0].done():
                pending.popleft().result()
        progress.status("unpacking the last packages")
        for future in pending:
            future.result()
    except BaseException:
        workers = multiprocessing.active_children()
        for worker in workers:
            worker.kill()
        # Python 3.11 may wait forever for a pool of killed processes (python/cpython#94777).
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.join()
        raise
    pool.shutdown()


def _end_with_parent(parent: int) -> None:
    """Makes a worker process end when its parent ends, whatever ends the parent.

    Ctrl-C reaches the whole process group: workers ignore it, and the parent ends them.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


@contextlib.contextmanager
def _lock(path: str, progress: Progress) -> Iterator[None]:
    """Holds a file lock, which the kernel releases if the process is killed."""
    with open(path, "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.message("waiting for another bazelw, which is installing Bazel")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _remove_leftovers(directory: str) -> None:
    """Removes what was interrupted, and roots that have not been used for a while."""
    names = [name for name in os.listdir(directory) if name.startswith(("root-", "apt."))]
    for name in names:
        if name.endswith(PARTIAL):
            shutil.rmtree(os.path.join(directory, name), ignore_errors=True)
    for name in names:
        path = os.path.join(directory, name)
        used = os.path.join(path, ".used")
        if name.endswith(PARTIAL) or _age(used if os.path.exists(used) else path) < _MAX_UNUSED:
            continue
        # Renamed first: if the removal is interrupted, the rest is not taken for a root.
        os.rename(path, f"{path}{PARTIAL}")
        shutil.rmtree(f"{path}{PARTIAL}", ignore_errors=True)


def _age(path: str) -> float:
    """Seconds since the last modification of a file."""
    return time.time() - os.path.getmtime(path)
