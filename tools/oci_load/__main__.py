"""Loads an image into docker, podman or containerd, or writes the archive that they load."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.cas.flags import CasFlags, add_cas_flags, open_store
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import atomic_write
from tools.lib.cli.flags import Parser
from tools.lib.oci.descriptor import Platform, read_platform
from tools.lib.oci.reference import Reference, parse_reference
from tools.lib.registry.content_flags import ContentFlags, add_content_flags, read_content
from tools.lib.registry.stamp import expand_stamp, read_status_files
from tools.oci_load.archive import Archive, docker_archive, oci_archive
from tools.oci_load.loaders import LOADERS, find_loader, load
from tools.oci_load.selection import select_loadable

_SHORT_FLAGS = {"-t": "--tag"}


class _Flags(ContentFlags, CasFlags):
    format: str
    tag: list[str]
    tags_file: list[str]
    status_file: list[str]
    platform: str
    loader: str
    loader_program: str
    tar_out: str


def main(argv: Sequence[str]) -> int:
    parser = Parser("oci_load", __doc__)
    add_content_flags(parser)
    add_cas_flags(parser)
    parser.add_argument("--format", choices=("docker", "oci"), default="docker")
    parser.add_argument("--tag", action="append", help="a name, repeatable; -t for short")
    parser.add_argument("--tags-file", action="append", help="file with one name per line")
    parser.add_argument("--status-file", action="append", help="workspace status for {KEY}")
    parser.add_argument("--platform", default="", help="OS/ARCHITECTURE of the image of an index")
    parser.add_argument("--loader", choices=tuple(LOADERS), default="", help="program to use")
    parser.add_argument("--loader-program", default="", help="path of a program like docker")
    parser.add_argument("--tar-out", default="", help="write the archive and load nothing")
    flags = parser.parse_args([_SHORT_FLAGS.get(each, each) for each in argv], _Flags)

    names = _names(flags)
    archive = _archive(flags, names)
    if flags.tar_out:
        with atomic_write(flags.tar_out) as out:
            archive.write(out)
        return 0
    load(find_loader(flags.loader, flags.loader_program), archive)
    return 0


def _archive(flags: _Flags, names: Sequence[Reference]) -> Archive:
    content = read_content(flags, store=open_store(flags))
    if flags.format == "oci":
        return oci_archive(content, names)
    platform: Platform | None = read_platform(flags.platform) if flags.platform else None
    return docker_archive(select_loadable(content, platform, flags.label), names)


def _names(flags: _Flags) -> list[Reference]:
    """The names of the image, each once: those of files first."""
    values = read_status_files(flags.status_file)
    texts = []
    for path in flags.tags_file:
        with open(path, encoding="utf-8") as source:
            texts += [line.strip() for line in source]
    texts += flags.tag
    names = [parse_reference(expand_stamp(text, values)) for text in texts if text]
    for name in names:
        if name.digest:
            raise ToolError(f"{name.repository}@{name.digest}: a loaded image has no digest")
    return list(dict.fromkeys(names))


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
