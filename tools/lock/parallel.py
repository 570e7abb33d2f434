"""Parallel work that ends with the program: threads for downloads, processes for the rest."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from typing import TypeVar

from tools.lib.cli.errors import ToolError

S = TypeVar("S")
T = TypeVar("T")
_THREADS = 6


def in_parallel(function: Callable[[S], T], items: Sequence[S]) -> list[T]:
    """The results of `function` for each item, in their order; the first failure ends it all."""
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, T | None, BaseException | None]] = queue.SimpleQueue()
    stop = threading.Event()
    for number in range(len(items)):
        todo.put(number)

    def work() -> None:
        while not stop.is_set():
            try:
                number = todo.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((number, function(items[number]), None))
            except BaseException as error:
                done.put((number, None, error))

    for _ in range(min(_THREADS, len(items))):
        # A daemon: a program that fails or is interrupted does not wait for a slow server.
        threading.Thread(target=work, daemon=True).start()
    results: dict[int, T] = {}
    try:
        for _ in items:
            number, result, error = done.get()
            if error is not None:
                raise error
            results[number] = result  # type: ignore[assignment]
    finally:
        stop.set()
    return [results[number] for number in range(len(items))]


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
