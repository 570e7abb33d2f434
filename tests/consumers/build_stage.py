"""The images that the build stages of examples/*/Dockerfile start from, without public registries.

`golang:1` and the others are one image: our debug image, and in it programs with the names of
compilers and package managers that put in place what Bazel compiled from the same sources.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Sequence
from pathlib import Path

from tests.consumers.released import Released
from tests.signatures.cosign import succeed

TOOLS = ("apt-get", "g++", "gcc", "go", "jar", "javac", "npm", "pip", "rustc")

_FROM = re.compile(r"^FROM (?:gcr\.io/(distroless/\S+)|(\S+) AS build)$", re.MULTILINE)


def read_dockerfile(folder: Path, host: str) -> str:
    """A Dockerfile whose images are those of a registry: gcr.io's, and those of build stages."""

    def replace(match: re.Match[str]) -> str:
        return f"FROM {host}/{match[1]}" if match[1] else f"FROM {host}/library/{match[2]} AS build"

    text, count = _FROM.subn(replace, (folder / "Dockerfile").read_text())
    assert count == 2, folder
    return text


def push_build_stages(registry: Released, directory: Path, made: Sequence[str]) -> None:
    """Pushes the image under all names that Dockerfiles of examples give it.

    Args:
        registry: has the debug image.
        directory: for files.
        made: what tools make, as NAME=PATH: a program such as `go/hello`, or the directory or layer
            with the packages of `pip` or `npm`.
    """
    layer = directory / "build_stage.tar"
    with tarfile.open(layer, "w", dereference=True) as archive:
        _add_link(archive, "bin/sh", "/busybox/sh")
        for tool in TOOLS:
            archive.add("tests/consumers/compiler.sh", f"usr/bin/{tool}")
        for each in made:
            name, _, path = each.partition("=")
            _add(archive, Path(path), f"made/{name}")
    names = {
        f"{registry.host}/library/{match[2]}"
        for path in Path("examples").glob("*/Dockerfile")
        for match in _FROM.finditer(path.read_text())
        if match[2]
    }
    first, *others = sorted(names)
    succeed(
        *("crane", "append", "--platform", "linux/amd64", "--new_layer", str(layer)),
        *("--base", registry.name("static-debian13:debug"), "--new_tag", first),
    )
    for name in others:
        succeed("crane", "copy", first, name)


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    """Adds a file, what a directory contains, or what a layer has below /app."""
    if path.is_dir():
        for child in path.iterdir():
            archive.add(child, f"{name}/{child.name}")
    elif path.suffixes[-2:] == [".tar", ".gz"]:
        with tarfile.open(path) as layer:
            for member in layer:
                member.name = f"{name}/{member.name.removeprefix('app/')}"
                archive.addfile(member, layer.extractfile(member) if member.isreg() else None)
    else:
        archive.add(path, name)


def _add_link(archive: tarfile.TarFile, name: str, target: str) -> None:
    link = tarfile.TarInfo(name)
    link.type, link.linkname = tarfile.SYMTYPE, target
    archive.addfile(link)
