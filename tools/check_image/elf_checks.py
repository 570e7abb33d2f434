"""The checks of ELF files: the machine, a loader for each program, all libraries they need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tools.check_image.findings import Finding
from tools.check_image.loader import Loader
from tools.lib.elf.abi import Abi
from tools.lib.rootfs.image import Elf, Image


def machines(image: Image, abi: Abi) -> Iterator[Finding]:
    """Programs and libraries for another machine than the image's."""
    for elf in image.elves:
        if elf.machine != abi.machine:
            bits, data, number = elf.machine
            fault = f"it is for another machine: {bits}-bit, {data}-endian, e_machine {number}"
            yield _finding("architecture", elf, "", fault, "leave it out, or list it")


def interpreters(image: Image, abi: Abi) -> Iterator[Finding]:
    """Programs, and C libraries, whose loader is not in the image or is for another machine."""
    for elf in image.elves:
        loaders = [elf.interpreter] if elf.interpreter is not None and elf.is_loaded else []
        if elf.soname == "libc.so.6" and elf.machine == abi.machine:
            # Programs that are yet to come start by it, wherever the package has the file itself.
            loaders.append(abi.loader)
        for loader in dict.fromkeys(loaders):
            found = image.elf(loader)
            if found is None or found.machine != elf.machine:
                what = "is for another machine" if found else "is not in the image"
                yield _finding(
                    "interpreter",
                    elf,
                    loader,
                    f"its interpreter {loader} {what}",
                    "add the C library's package, and keep its links",
                )


def libraries(image: Image, abi: Abi, library_path: Sequence[str]) -> Iterator[Finding]:
    """Needed libraries that ld.so would not find."""
    for elf, needed in Loader(image, abi, library_path).missing():
        yield _finding(
            "library",
            elf,
            needed,
            f"it needs {needed}, which ld.so would not find in the image",
            "add the package that has it, or list it with the reason why it may be missing",
        )


def _finding(check: str, elf: Elf, subject: str, fault: str, hint: str) -> Finding:
    return Finding(check, elf.path, subject, elf.owner, fault, hint)
