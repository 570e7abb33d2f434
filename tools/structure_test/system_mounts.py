"""The file systems of the kernel that a sandbox has: /proc, /sys and /dev."""

from __future__ import annotations

import os

from tools.lib.rootfs.tree import PathError
from tools.structure_test.mount_points import MountPoints
from tools.structure_test.unpack import MOUNTED

# What container engines protect. Some of these files ask for the host's root as owner, not for a
# capability, and a run as root in a user namespace with a single id cannot be another user.
_READ_ONLY = (
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/sys",
    "/proc/sysrq-trigger",
)
_HIDDEN = (
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
)


def system_mounts(points: MountPoints, shm_size: int) -> list[str | bytes]:
    """The options of bubblewrap that mount them. /dev is still to be made read-only.

    Args:
        points: of the sandbox.
        shm_size: bytes that /dev/shm may hold.

    Raises:
        PathError: one of the directories is a link.
    """
    for path in MOUNTED:
        if points.add_kernel(path) != path.encode():
            raise PathError(f"{path} is a symbolic link")
    options: list[str | bytes] = ["--proc", "/proc", "--dev", "/dev"]
    options += ["--ro-bind", "/sys", "/sys"]
    options += ["--perms", "1777", "--size", str(shm_size), "--tmpfs", "/dev/shm"]
    for path in filter(os.path.exists, _READ_ONLY):
        options += ["--ro-bind", path, path]
    for path in filter(os.path.exists, _HIDDEN):
        if os.path.isdir(path):
            options += ["--tmpfs", path, "--remount-ro", path]
        else:
            options += ["--ro-bind", "/dev/null", path]
    return options
