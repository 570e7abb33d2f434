"""The checks of ELF files: the machine, the loader of each program, the libraries it needs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from tools.check_image.findings import Finding
from tools.lib.debian.architectures import Architecture
from tools.lib.debian.merged_usr import MERGED_USR_DIRECTORIES
from tools.lib.rootfs.image import ElfFile, ImageView
from tools.lib.rootfs.loader import Loader


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
                    "use a base with the C library, such as @distroless//base:base_debian12, or add"
                    " its package with all its links, or link the program statically",
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
        hint="add the package base-files, which has the link, or make it with `symlinks`",
    )


def check_libraries(
    image: ImageView, architecture: Architecture, library_path: Sequence[str]
) -> Iterator[Finding]:
    """Needed libraries that ld.so would not find."""
    files: dict[str, list[ElfFile]] = {}
    for elf in image.elf_files:
        if elf.info.machine == architecture.machine:
            for name in {elf.info.soname or "", posixpath.basename(elf.path)}:
                files.setdefault(name, []).append(elf)
    for elf, library in Loader(image, architecture, library_path).missing():
        fault, hint = _describe_missing(image, library, files.get(library, ()), architecture)
        yield _finding("library", elf, library, fault, hint)


def _describe_missing(
    image: ImageView, library: str, files: Sequence[ElfFile], architecture: Architecture
) -> tuple[str, str]:
    """The fault and the hint of a library that ld.so does not find; the image may have it."""
    fault = f"needs {library}, which ld.so does not find in the image"
    for part in image.parts:
        for each in part.alternatives.known:
            if part.package and posixpath.basename(each.master.link) == library:
                name = part.package.name
                return (
                    f"{fault}: it is {each.master.path}, an alternative of {name}",
                    "set `alternatives = True`",
                )
    if not files:
        return fault, "add the package that has it, or list it in a file of `waivers`"
    file = files[0]
    directory = posixpath.dirname(file.path)
    link = f"{architecture.library_directories[-1]}/{library}"
    return (
        f"{fault}: it is in /{directory}, from {file.owner}",
        f"add an `ld_so_cache` with directories = ['/{directory}'], a link {link} with `symlinks`,"
        " or LD_LIBRARY_PATH to `env`",
    )


def _finding(check: str, elf: ElfFile, subject: str, fault: str, hint: str) -> Finding:
    return Finding(
        check=check, path=elf.path, subject=subject, owner=elf.owner, fault=fault, hint=hint
    )
