"""Caches that the architectures' own ldconfig(8) wrote, for the tests.

testdata/recorded_caches.json has them by architecture. To record one again:

    python -m tools.ld_so_cache.recorded_caches s390x qemu-s390x-static /path/to/sbin/ldconfig

with ldconfig of Debian's libc-bin for the architecture, run by qemu-user.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile

from tools.ld_so_cache.testing import Link, Tree, write_tree
from tools.lib.debian.architectures import ElfMachine, find_architecture
from tools.lib.elf.testing import shared_library

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "testdata", "recorded_caches.json")

# e_flags of the float ABIs: arm's hard, soft, and not marked; riscv64's double and soft.
_FLAGS = {"arm": (0x5000400, 0x5000200, 0x5000000), "riscv64": (5, 1)}
_PREDECESSORS = {
    "amd64": (ElfMachine(32, "little", 62), 0),
    "arm64": (ElfMachine(32, "little", 40), 0x5000400),
}


def tree(architecture: str) -> Tree:
    """An image with everything that ldconfig treats differently, on that architecture."""
    target = find_architecture(architecture)
    own, *others = _FLAGS.get(architecture, (0,))
    triplet = target.triplet

    def lib(soname: str | None, flags: int = own, *, isa: int = 0, kind: int = 3) -> bytes:
        return shared_library(soname, target.machine, flags=flags, isa=isa, kind=kind)

    files: dict[str, bytes | Link] = {
        "etc/ld.so.conf": b"include /etc/ld.so.conf.d/*.conf\n",
        "etc/ld.so.conf.d/b.conf": b"  /opt/b/ # after a\n",
        "etc/ld.so.conf.d/a.conf": b"/opt/a\n/opt/missing\n",
        f"lib/{triplet}/libc.so.6": lib("libc.so.6"),
        f"usr/lib/{triplet}/libx.so.1.9": lib("libx.so.1"),
        f"usr/lib/{triplet}/libx.so.1.10": lib("libx.so.1"),
        f"usr/lib/{triplet}/libx.so.1": Link("libx.so.1.10"),
        f"usr/lib/{triplet}/libx.so": Link("libx.so.1"),
        f"usr/lib/{triplet}/libunlinked.so.3.1": lib("libunlinked.so.3"),
        f"usr/lib/{triplet}/libno.so": lib(None),
        f"usr/lib/{triplet}/libprogram.so": lib("libprogram.so", kind=2),
        f"usr/lib/{triplet}/libtext.so": b"/* GNU ld script */ GROUP ( /lib/libc.so.6 )"
        + bytes(64),
        f"usr/lib/{triplet}/module.so": lib("module.so"),
        f"usr/lib/{triplet}/glibc-hwcaps/new/libx.so.1.10": lib("libx.so.1", isa=4),
        f"usr/lib/{triplet}/glibc-hwcaps/newer/libx.so.1.11": lib("libx.so.1"),
        f"usr/lib/{triplet}/glibc-hwcaps/unused/note": b"",
        "opt/a/libx.so.1": lib("libx.so.1"),
        "opt/b/liby-2.so": lib("liby-2.so"),
        "opt/b/liby-10.so": lib("liby-10.so"),
        # Names whose order depends on the sign of C's char.
        "opt/b/liby\u00e9.so": lib("liby\u00e9.so"),
        "opt/b/libyz.so": lib("libyz.so"),
    }
    for number, flags in enumerate(others):
        files[f"usr/lib/libother{number}.so"] = lib(f"libother{number}.so", flags)
    if architecture in _PREDECESSORS:
        machine, flags = _PREDECESSORS[architecture]
        files["usr/lib/libold.so"] = shared_library("libold.so", machine, flags=flags)
    return files


def _record(architecture: str, command: list[str]) -> None:
    with tempfile.TemporaryDirectory() as root:
        write_tree(root, tree(architecture))
        subprocess.run([*command, "-r", root], check=True)
        with open(os.path.join(root, "etc/ld.so.cache"), "rb") as cache:
            data = cache.read()
    with open(DATA, encoding="ascii") as source:
        recorded = json.load(source)
    recorded[architecture] = base64.b64encode(data).decode()
    with open(DATA, "w", encoding="ascii") as out:
        json.dump(recorded, out, indent=2, sort_keys=True)
        out.write("\n")


if __name__ == "__main__":
    _record(sys.argv[1], sys.argv[2:])
