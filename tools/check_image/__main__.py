"""check_image: reports what is wrong with an image, from the metadata of its parts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tools.check_image import checks, config_checks, elf_checks, path_checks, version_checks
from tools.check_image.findings import Finding
from tools.check_image.report import Report, write_report
from tools.check_image.waivers import apply_waivers, read_waivers
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.data.json_values import read_document
from tools.lib.debian.architectures import find_architecture
from tools.lib.oci.declarations import add_flags, read_declarations
from tools.lib.oci.declared_config import declared_config
from tools.lib.oci.image_config import ImageConfig, parse_config
from tools.lib.part.overlay import Overlay
from tools.lib.part.part_json import read_part
from tools.lib.part.repeated import without_repeated
from tools.lib.rootfs.image import ImageView

# What these checks miss may be in a layer without metadata.
_CHECKS_OF_ABSENCE = ("copyright", "entrypoint", "interpreter", "library", "link", "user")

_MAX_PRINTED = 100


def main(argv: Sequence[str]) -> int:
    parser = Parser("check_image", "Checks an image by the metadata of its parts.")
    parser.add_argument(
        "--part",
        action="append",
        default=[],
        metavar="PART_JSON",
        help="a part, of all layers bottom to top",
    )
    add_flags(parser)
    parser.add_argument(
        "--library-path",
        action="append",
        default=[],
        metavar="DIRECTORY",
        help="a directory that the image's ld.so.cache has besides the default ones",
    )
    parser.add_argument(
        "--waiver", action="append", default=[], metavar="JSON", help="a file of waivers"
    )
    parser.add_argument(
        "--base-waiver",
        action="append",
        default=[],
        metavar="JSON",
        help="a file of waivers of the base image, which need not match anything",
    )
    parser.add_argument(
        "--incomplete-metadata",
        action="store_true",
        help="some layers have no metadata: do not report what is missing",
    )
    parser.add_argument("--label", default="", help="the image, for error messages")
    parser.add_argument("--report-out", required=True, help="output: report.json, on success")
    args = parser.parse_args(argv)

    try:
        config = _config(args)
    except ToolError:
        # The action that describes the image fails for this reason. One error is enough.
        write_report(Report(), args.report_out)
        return 0
    architecture = config.platform.architecture
    waivers = [
        waiver
        for in_base, paths in ((True, args.base_waiver), (False, args.waiver))
        for path in paths
        for waiver in read_waivers(path, in_base=in_base)
    ]
    parts = without_repeated([read_part(path) for path in args.part])
    try:
        image = ImageView(parts)
    except ToolError:
        # If one path is a file and a directory, there is no tree to check.
        overlay = Overlay()
        conflicts = [each for part in parts for each in overlay.apply(part)]
        if not conflicts:
            raise
        return _print_findings(path_checks.check_paths(conflicts), args.label)
    found = _check(image, config, args.library_path)
    outcome = apply_waivers(found, waivers, image, architecture)
    findings = [
        each
        for each in outcome.findings
        if not (args.incomplete_metadata and each.check in _CHECKS_OF_ABSENCE)
    ]
    if findings:
        return _print_findings(findings, args.label)
    report = Report(
        architecture=architecture,
        part_count=len(parts),
        entry_count=sum(len(part.entries) for part in parts),
        elf_count=len(image.elf_files),
        waivers=outcome.uses,
    )
    write_report(report, args.report_out)
    return 0


def _config(args: Any) -> ImageConfig:
    """The image's config without its layers."""
    config = None
    if args.base_config:
        config = parse_config(read_document(args.base_config), args.base_config)
    for declaration in read_declarations(args):
        config = declared_config(declaration.options, config)
    if config is None:
        raise ToolError("no image", "check_image --help lists the flags")
    return config


def _check(image: ImageView, config: ImageConfig, library_path: Sequence[str]) -> Iterator[Finding]:
    platform = config.platform
    yield from path_checks.check_paths(image.conflicts)
    yield from path_checks.check_directories(image.parts)
    yield from path_checks.check_merged_usr(image.parts)
    yield from checks.check_packages(image)
    yield from checks.check_copyrights(image)
    yield from version_checks.check_versions(image)
    yield from checks.check_modes(image)
    if platform.os != "linux":
        return  # links, programs and users are something else there
    yield from checks.check_links(image)
    yield from config_checks.check_entrypoint(image, config.run)
    yield from config_checks.check_user(image, config.run)
    try:
        architecture = find_architecture(platform.architecture, platform.variant)
    except ToolError:
        return  # Debian has no such architecture, and so no libraries for it
    own_path = config.run.env.get("LD_LIBRARY_PATH", "").split(":")
    own_path = [each for each in own_path if each.startswith("/")]
    yield from elf_checks.check_machines(image, architecture)
    yield from elf_checks.check_interpreters(image, architecture)
    yield from elf_checks.check_libraries(image, architecture, [*own_path, *library_path])


def _print_findings(findings: Iterable[Finding], label: str) -> int:
    where = f"{label}: " if label else ""
    findings = list(findings)
    for each in findings[:_MAX_PRINTED]:
        path = f"/{each.path}: " if each.path else ""
        text = f"{where}{path}{each.owner}: {each.fault} [{each.check}]"
        print(f"error: {ToolError(text, each.hint)}", file=sys.stderr)
    if len(findings) > _MAX_PRINTED:
        print(f"error: {where}{len(findings) - _MAX_PRINTED} more findings", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
