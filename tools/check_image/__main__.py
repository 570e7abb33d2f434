"""check_image: what is wrong with an image, from the metadata of its parts alone."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tools.check_image import checks, elf_checks, exceptions
from tools.check_image.findings import Finding
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.files import read_json, write_json
from tools.lib.cli.flags import Parser
from tools.lib.data.json_values import require_object, require_string, require_strings
from tools.lib.elf.abi import abi
from tools.lib.part import reader as metadata
from tools.lib.part.part import Part
from tools.lib.rootfs.image import Image

# What is not in the image as far as is seen; it may be in a layer without metadata.
_ABSENCES = ("link", "interpreter", "library")


class _Config(NamedTuple):
    architecture: str
    variant: str
    library_path: list[str]


def main(argv: Sequence[str]) -> int:
    parser = Parser("check_image", "Checks an image by the metadata of its layers' parts.")
    parser.add_argument(
        "--part", action="append", default=[], help="part.json, of all layers bottom to top"
    )
    parser.add_argument("--config", required=True, help="the image's config")
    parser.add_argument(
        "--library-path",
        action="append",
        default=[],
        help="a directory that the image's ld.so.cache has besides the system's",
    )
    parser.add_argument("--allow", action="append", default=[], help="allow.json: exceptions")
    parser.add_argument(
        "--allow-base",
        action="append",
        default=[],
        help="those of the image's base, which may have nothing to cover any more",
    )
    parser.add_argument(
        "--unseen", action="store_true", help="the image has layers of which there is no metadata"
    )
    parser.add_argument("--label", default="", help="the image's name, for error messages")
    parser.add_argument("--output", required=True, help="output: report.json, if all is well")
    args = parser.parse_args(argv)

    config = _read_config(args.config)
    allowed = [
        each
        for inherited, files in ((True, args.allow_base), (False, args.allow))
        for path in files
        for each in exceptions.read(path, config.architecture, inherited=inherited)
    ]
    parts = [metadata.read(path) for path in args.part]
    conflicts = list(checks.paths(parts))
    try:
        image = Image(parts)
    except ToolError:
        if not conflicts:
            raise
        # Where a file and a directory are one path, there is no image to look at.
        return _tell(conflicts, args.label)
    found = _check(parts, image, config, args.library_path)
    outcome = exceptions.apply([*conflicts, *found], allowed, image)
    left = [each for each in outcome.left if not (args.unseen and each.check in _ABSENCES)]
    if left:
        return _tell(left, args.label)
    report = {
        "version": 1,
        "architecture": config.architecture,
        "parts": len(parts),
        "files": sum(len(part["entries"]) for part in parts),
        "elf": len(list(image.elves)),
        "exceptions": exceptions.report(outcome),
    }
    write_json(args.output, report)
    return 0


def _check(
    parts: Sequence[Part],
    image: Image,
    config: _Config,
    library_path: list[str],
) -> Iterator[Finding]:
    target = abi(config.architecture, config.variant)
    yield from checks.architectures(parts, config.architecture)
    yield from checks.merged_usr(parts)
    yield from checks.packages(parts)
    yield from checks.modes(parts)
    yield from checks.links(parts, image)
    yield from elf_checks.machines(image, target)
    yield from elf_checks.interpreters(image, target)
    yield from elf_checks.libraries(image, target, [*config.library_path, *library_path])


def _read_config(path: str) -> _Config:
    config = require_object(read_json(path), path)
    settings = require_object(config.get("config") or {}, f"{path}: config")
    library_path: list[str] = []
    for each in require_strings(settings.get("Env") or [], f"{path}: config.Env"):
        if each.startswith("LD_LIBRARY_PATH="):
            library_path = [d for d in each.partition("=")[2].split(":") if d.startswith("/")]
    return _Config(
        require_string(config.get("architecture"), f"{path}: architecture"),
        require_string(config.get("variant") or "", f"{path}: variant"),
        library_path,
    )


def _tell(findings: Iterable[Finding], label: str) -> int:
    where = f"{label}: " if label else ""
    for each in findings:
        path = f"/{each.path}: " if each.path else ""
        text = f"{where}{path}{each.owner}: {each.fault} [{each.check}]"
        print(f"error: {ToolError(text, each.hint)}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
