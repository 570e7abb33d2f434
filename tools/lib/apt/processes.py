"""Worker processes that end with the program."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection

from tools.lib.cli.errors import ToolError


@contextlib.contextmanager
def worker_processes(tasks: int) -> Iterator[ProcessPoolExecutor]:
    """Processes for work that keeps a core busy: a thread would stop the others meanwhile.

    None of them outlives the block, or a parent that is killed, whatever it is working on.
    """
    context = multiprocessing.get_context("spawn")
    # Workers wait for the end of a pipe that only the parent can write to.
    end, alive = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(
        max_workers=min(tasks, os.cpu_count() or 1),
        mp_context=context,
        initializer=_start_worker,
        initargs=(end,),
    )
    try:
        yield pool
        pool.shutdown()
    except BrokenProcessPool:
        raise ToolError("a worker process was killed", "it may have run out of memory") from None
    finally:
        alive.close()
        pool.shutdown(wait=False, cancel_futures=True)
        end.close()


def _start_worker(end: Connection) -> None:
    # Ctrl-C ends it at once and silently.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_exit_at, args=(end,), daemon=True).start()


def _exit_at(end: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        end.recv_bytes()
    os._exit(1)
