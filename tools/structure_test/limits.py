"""Limits on what a command may use, so that a test cannot exhaust the machine.

The kernel enforces what it can for a user without control groups: the memory of each process, the
size of each file, the number of processes, and the size of file systems in memory. The rest is
measured while the command runs: all its processes together, and files on disk.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass

MIB = 1 << 20
_PAGE = os.sysconf("SC_PAGE_SIZE")
_INTERVAL = 0.2  # seconds between measurements
_MAX_LOAD = 0.05  # the share of time that measurements may take
_MIN_AVAILABLE = 128 * MIB
_MAX_DEPTH = 256  # of directories that are measured


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on a command and all processes that it starts."""

    seconds: float = 300.0
    memory: int = 4096 * MIB
    """Bytes."""
    processes: int = 4096
    """Threads count as processes."""
    disk: int = 4096 * MIB
    """Bytes that it may add to its copy of the image."""


def set_resource_limits(limits: Limits, limit_processes: bool) -> None:
    """Limits this process and all that it starts (getrlimit(2)).

    Args:
        limits: what to enforce.
        limit_processes: whether the kernel counts the processes of the sandbox apart from others.
    """
    values = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_DATA: limits.memory,
        resource.RLIMIT_FSIZE: limits.disk,
    }
    if limit_processes:
        values[resource.RLIMIT_NPROC] = limits.processes
    for kind, value in values.items():
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, value))


def kernel_counts_by_namespace() -> bool:
    """Whether RLIMIT_NPROC counts the processes of each user namespace apart (Linux 5.14)."""
    version = re.match(r"(\d+)\.(\d+)", platform.release())
    return version is not None and (int(version[1]), int(version[2])) >= (5, 14)


class Monitor:
    """Measures what a command uses.

    Args:
        process: the root of its processes, as this process sees it. The root itself is left out.
        limits: what to compare with.
        disk: a directory whose growth counts, unless the kernel limits it.
    """

    def __init__(self, process: int, limits: Limits, disk: str | None) -> None:
        self._process = process
        self._limits = limits
        self._disk = disk
        self._disk_before = disk_usage(disk) if disk else 0
        self._next = time.monotonic()

    def wait_time(self) -> float:
        """Seconds until the next measurement."""
        return max(0.0, self._next - time.monotonic())

    def exceeded(self) -> str:
        """The limit that is exceeded, such as "more than 4096 MiB of memory". Empty: none.

        Measures only when it is time to.
        """
        start = time.monotonic()
        if start < self._next:
            return ""
        found = self._measure()
        took = time.monotonic() - start
        self._next = time.monotonic() + max(_INTERVAL, took / _MAX_LOAD)
        return found

    def exceeded_at_end(self) -> str:
        """As `exceeded`, once the command has ended."""
        return self._measure_disk()

    def _measure(self) -> str:
        processes = list(_descendants(self._process))
        if sum(each.threads for each in processes) > self._limits.processes:
            return f"more than {self._limits.processes} processes"
        # Resident memory counts shared pages more than once, but is cheap to get.
        if sum(each.resident for each in processes) > self._limits.memory:
            memory = sum(_proportional_memory(each) for each in processes)
            if memory > self._limits.memory:
                return f"more than {self._limits.memory // MIB} MiB of memory"
        if processes and available_memory() < _MIN_AVAILABLE:
            return f"less than {_MIN_AVAILABLE // MIB} MiB of memory are available on this machine"
        return self._measure_disk()

    def _measure_disk(self) -> str:
        if self._disk and disk_usage(self._disk) - self._disk_before > self._limits.disk:
            return f"more than {self._limits.disk // MIB} MiB of files"
        return ""


def available_memory() -> int:
    """Bytes of available memory, from proc(5); the largest integer of 64 bits if unknown."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["MemAvailable"].split()[0]) << 10
    except (OSError, KeyError, ValueError):
        return (1 << 63) - 1


def disk_usage(directory: str) -> int:
    """Bytes on disk of what a directory holds, as far as this process can read it.

    A running command may move directories and replace them by links at any time.
    """
    return _disk_usage(directory, None, 0)


def _disk_usage(name: str, parent: int | None, depth: int) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    total = 0
    with contextlib.suppress(OSError):
        descriptor = os.open(name, flags, dir_fd=parent)
        try:
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):
                        total += entry.stat(follow_symlinks=False).st_blocks << 9
                        if depth < _MAX_DEPTH and entry.is_dir(follow_symlinks=False):
                            total += _disk_usage(entry.name, descriptor, depth + 1)
        finally:
            os.close(descriptor)
    return total


@dataclass(frozen=True, slots=True)
class Process:
    """A running process."""

    number: int
    parent: int
    threads: int
    resident: int
    """Bytes."""


def _descendants(root: int) -> Iterator[Process]:
    children: dict[int, list[Process]] = {}
    for process in running_processes():
        children.setdefault(process.parent, []).append(process)
    pending = [root]
    while pending:
        for child in children.get(pending.pop(), ()):
            yield child
            pending.append(child.number)


def running_processes() -> Iterator[Process]:
    """All processes, from proc_pid_stat(5)."""
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        # A process may end at any time.
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
            yield Process(int(name), int(fields[1]), int(fields[17]), int(fields[21]) * _PAGE)


def _proportional_memory(process: Process) -> int:
    """Bytes of a process's memory, of which each shared page counts in equal parts."""
    try:
        with open(f"/proc/{process.number}/smaps_rollup", encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file if ":" in line)
        return int(fields["Pss"].split()[0]) << 10
    except (OSError, KeyError, ValueError):
        return process.resident
