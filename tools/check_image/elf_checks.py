"""The checks of ELF files: the machine, the loader of each program, the libraries it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tools.check_image.findings import Finding
from tools.check_image.loader import Loader
from tools.lib.debian.architectures import Architecture
from tools.lib.debian.merged_usr import MERGED_USR_DIRECTORIES
from tools.lib.rootfs.image import ElfFile, ImageView


def check_machines(image: ImageView, architecture: Architecture) -> Iterator[Finding]:
    """Programs and libraries for another machine than the image's."""
    for elf in image.elf_files:
        if elf.info.machine != architecture.machine:
            bits, byte_order, number = elf.info.machine
            fault = f"for another machine: {bits}-bit, {byte_order}-endian, e_machine {number}"
            hint = "exclude it, or list it in a file of `waivers`"
            yield _finding("architecture", elf, "", fault, hint)


def check_interpreters(image: ImageView, architecture: Architecture) -> Iterator[Finding]:
    """Programs and C libraries whose loader is missing or is for another machine."""
    unmerged: set[str] = set()
    for elf in image.elf_files:
        info = elf.info
        loaders = [info.interpreter] if info.interpreter is not None and info.is_loadable else []
        if info.soname == "libc.so.6" and info.machine == architecture.machine:
            # Programs that are added later start by this path, wherever the package has its file.
            loaders.append(architecture.loader)
        for loader in dict.fromkeys(loaders):
            found = image.elf_file(loader)
            moved = None if found else _in_usr(image, loader)
            if moved is not None and moved.info.machine == info.machine:
                # All programs have the same fault.
                if loader not in unmerged:
                    unmerged.add(loader)
                    yield _missing_link(loader, moved)
            elif found is None or found.info.machine != info.machine:
                what = "is for another machine" if found else "is not in the image"
                yield _finding(
                    "interpreter",
                    elf,
                    loader,
                    f"its interpreter {loader} {what}",
                    "add the C library's package, and do not exclude its links",
                )


def _in_usr(image: ImageView, loader: str) -> ElfFile | None:
    """The loader below /usr, where it is if /usr is merged but the links into it are missing."""
    top = loader.strip("/").partition("/")[0]
    return image.elf_file(f"/usr/{loader.strip('/')}") if top in MERGED_USR_DIRECTORIES else None


def _missing_link(loader: str, moved: ElfFile) -> Finding:
    top = loader.strip("/").partition("/")[0]
    return Finding(
        check="interpreter",
        path=top,
        subject=loader,
        owner=moved.owner,
        fault=f"must be a link to usr/{top}: programs start by {loader}, which is /{moved.path}",
        hint="add the package base-files, which has the link, or make it in a `files` target",
    )


def check_libraries(
    image: ImageView, architecture: Architecture, library_path: Sequence[str]
) -> Iterator[Finding]:
    """Needed libraries that ld.so would not find."""
    for elf, library in Loader(image, architecture, library_path).missing():
        yield _finding(
            "library",
            elf,
            library,
            f"needs {library}, which ld.so does not find in the image",
            "add the package that has it, or list it in a file of `waivers`",
        )


def _finding(check: str, elf: ElfFile, subject: str, fault: str, hint: str) -> Finding:
    return Finding(
        check=check, path=elf.path, subject=subject, owner=elf.owner, fault=fault, hint=hint
    )
