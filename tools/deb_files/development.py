"""What compilers and linkers need of packages: headers, libraries and a linker script."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tools.deb_files.file_tree import FileTree, PackedFile, read, write_all

# The C and C++ libraries come with the toolchain. Theirs and Debian's headers exclude each other.
_TOOLCHAIN = re.compile(r"libc6(-dev)?|libc-dev-bin|linux-libc-dev|lib(gcc|stdc\+\+)-.*-dev")
_LIBRARY = re.compile(r"lib(.+?)\.(so|a)(\.[0-9].*)?")
_INCLUDE = "usr/include"
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Development:
    """Files by their paths in the output directory.

    Attributes:
        files: headers below `include`, those that pkg-config's files add to the search path below
            `pkgconfig`, and libraries in `lib`.
        links: pairs of the path of a link in `lib` and a name beside it.
        libraries: what a linker finds as `-l<name>`.
    """

    files: Mapping[str, PackedFile]
    links: tuple[tuple[str, str], ...]
    libraries: tuple[str, ...]


def is_of_toolchain(package: str) -> bool:
    """Whether a toolchain brings what this package has."""
    return _TOOLCHAIN.fullmatch(package) is not None


def collect(tree: FileTree, triplet: str) -> Development:
    """Finds headers and libraries.

    Args:
        tree: the files of the packages.
        triplet: GNU's name of the architecture, which names directories.
    """
    headers = dict(_below(tree, _INCLUDE))
    files = {f"include/{path}": packed for path, packed in headers.items()}
    for directory in _include_directories(tree, triplet):
        for path, packed in _below(tree, directory):
            if path not in headers:
                files.setdefault(f"pkgconfig/{path}", packed)
    libraries, links = _libraries(tree, triplet)
    return Development(
        files=files | {f"lib/{name}": packed for name, packed in libraries.items()},
        links=tuple((f"lib/{name}", target) for name, target in sorted(links.items())),
        libraries=tuple(_link_names([*libraries, *links])),
    )


def write(development: Development, directory: str, script: str) -> None:
    """Writes the files, and the script that stands for all libraries.

    Only what is used becomes a dependency of what is linked (`AS_NEEDED`).
    """
    write_all(directory, development.files, development.links)
    # Without a library, too, the directory is in the search path.
    os.makedirs(os.path.join(directory, "lib"), exist_ok=True)
    names = " ".join(f"-l{name}" for name in development.libraries)
    with open(script, "x", encoding="utf-8") as out:
        out.write(f"INPUT ( AS_NEEDED ( {names} ) )\n" if names else "/* No libraries. */\n")


def _below(tree: FileTree, directory: str) -> Iterable[tuple[str, PackedFile]]:
    for path in tree.entries:
        if path.startswith(f"{directory}/") and (packed := tree.file(path)):
            yield path.removeprefix(f"{directory}/"), packed


def _libraries(tree: FileTree, triplet: str) -> tuple[dict[str, PackedFile], dict[str, str]]:
    """Libraries by file name, and links between them. Those deepest in the tree come last."""
    roots = [f"usr/lib/{triplet}/", f"lib/{triplet}/", "usr/lib/", "lib/"]
    paths = [
        path
        for path in tree.entries
        if any(path.startswith(root) for root in roots)
        and _LIBRARY.fullmatch(os.path.basename(path))
    ]
    ranked = sorted(paths, key=lambda path: (path.count("/"), path))
    by_name: dict[str, str] = {}
    for path in ranked:
        # Plugins and other compilers' libraries are not on the search path of a linker.
        if path.count("/") <= 4 and tree.file(path):
            by_name.setdefault(os.path.basename(path), path)
    files, links = {}, {}
    for name, path in by_name.items():
        target = os.path.basename(tree.resolve(path) or path)
        packed = tree.file(path)
        if target != name and target in by_name and tree.file(by_name[target]) is packed:
            links[name] = target
        elif packed:
            files[name] = packed
    return files, links


def _link_names(files: Iterable[str]) -> list[str]:
    names = set()
    for file in files:
        match = _LIBRARY.fullmatch(file)
        if match and not match[3]:
            names.add(match[1])
    return sorted(names)


def _include_directories(tree: FileTree, triplet: str) -> list[str]:
    """Directories below /usr/include that the files of pkg-config add to the search path."""
    found: set[str] = set()
    for directory in (f"usr/lib/{triplet}/pkgconfig", "usr/share/pkgconfig"):
        for path, packed in _below(tree, directory):
            if path.endswith(".pc"):
                found.update(_include_flags(read(packed).decode("utf-8", "replace")))
    default = {_INCLUDE, f"{_INCLUDE}/{triplet}"}
    return sorted(each for each in found - default if each.startswith(f"{_INCLUDE}/"))


def _include_flags(text: str) -> Iterable[str]:
    variables: dict[str, str] = {}

    def expand(value: str) -> str:
        return _VARIABLE.sub(lambda match: variables.get(match[1], ""), value)

    for line in text.splitlines():
        if match := re.fullmatch(r"(\w+)=(.*)", line.strip()):
            variables[match[1]] = expand(match[2].strip())
        elif line.startswith("Cflags:"):
            for flag in expand(line.removeprefix("Cflags:")).split():
                if flag.startswith("-I/"):
                    yield os.path.normpath(flag.removeprefix("-I")).lstrip("/")
