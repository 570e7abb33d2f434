"""Waivers: findings that are accepted, with the reason. docs/checks.md describes the file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tools.check_image.findings import Finding
from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    parse_object,
    read_document,
    require_list,
    require_object,
    require_string,
    require_strings,
)
from tools.lib.rootfs.image import ImageView

VERSION = 1
CHECKS = (
    "architecture",
    "copyright",
    "directory",
    "entrypoint",
    "interpreter",
    "library",
    "link",
    "merged-usr",
    "path",
    "setuid",
    "status",
    "user",
    "version",
    "writable",
)
_FIELDS = ("architectures", "check", "loaded_from", "path", "reason", "subject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """Accepts findings of `check` whose path and subject match two globs.

    `where` is its place, for errors. `architectures` has OCI's names, None for all. `loaded_from`
    is a glob or empty: the library is in the image, but not where ld.so searches; an ELF file must
    match. `in_base`: the waiver is the base image's, and need not match anything.
    """

    where: str
    check: str
    path: str
    subject: str
    architectures: tuple[str, ...] | None
    loaded_from: str
    reason: str
    in_base: bool

    def covers(self, finding: Finding) -> bool:
        return (
            finding.check == self.check
            and fnmatchcase(finding.path, self.path)
            and fnmatchcase(finding.subject, self.subject)
        )


@dataclass(frozen=True, slots=True)
class WaiverUse:
    """A waiver and the paths of the findings that it covers, sorted."""

    waiver: Waiver
    covers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The findings that no waiver covers, and what each waiver covers."""

    findings: tuple[Finding, ...]
    uses: tuple[WaiverUse, ...]


def read_waivers(path: str, *, in_base: bool) -> list[Waiver]:
    """Reads a file of waivers.

    Raises:
        ToolError: the file is malformed, or a waiver has no reason.
    """
    fields = parse_object(read_document(path), path)
    if fields.get("version") != VERSION:
        raise ToolError(f"{path}: unknown version {fields.get('version')!r:.80} of waivers")
    if unknown := sorted(fields.keys() - {"version", "waivers"}):
        raise ToolError(f"{path}: unknown field {unknown[0]!r:.80}", "must be version or waivers")
    return [
        _parse_waiver(each, f"{path}: waivers[{index}]", in_base)
        for index, each in enumerate(require_list(fields.get("waivers"), f"{path}: waivers"))
    ]


def _parse_waiver(value: object, where: str, in_base: bool) -> Waiver:
    fields = require_object(value, where)
    if unknown := sorted(fields.keys() - set(_FIELDS)):
        raise ToolError(
            f"{where}: unknown field {unknown[0]!r:.80}", f"must be one of {', '.join(_FIELDS)}"
        )
    check = require_string(fields.get("check"), f"{where}.check")
    if check not in CHECKS:
        raise ToolError(f"{where}.check: {check!r:.80}, must be one of {', '.join(CHECKS)}")
    reason = require_string(fields.get("reason"), f"{where}.reason")
    if not reason.strip():
        raise ToolError(f"{where}.reason: empty", "say why the finding is accepted")
    architectures = fields.get("architectures")
    waiver = Waiver(
        where=where,
        check=check,
        path=require_string(fields.get("path"), f"{where}.path").lstrip("/"),
        subject=require_string(fields.get("subject", "*"), f"{where}.subject"),
        architectures=None
        if architectures is None
        else tuple(require_strings(architectures, f"{where}.architectures")),
        loaded_from=require_string(fields.get("loaded_from", ""), f"{where}.loaded_from").lstrip(
            "/"
        ),
        reason=reason,
        in_base=in_base,
    )
    if waiver.loaded_from and check != "library":
        raise ToolError(f"{where}.loaded_from: only for the check `library`")
    return waiver


def apply_waivers(
    findings: Iterable[Finding], waivers: Iterable[Waiver], image: ImageView, architecture: str
) -> Outcome:
    """Drops the findings that waivers cover, and adds one for each waiver that is stale."""
    applicable = [
        each for each in waivers if each.architectures is None or architecture in each.architectures
    ]
    covered: list[list[str]] = [[] for _ in applicable]
    left: list[Finding] = []
    for finding in findings:
        matching = [index for index, each in enumerate(applicable) if each.covers(finding)]
        for index in matching:
            covered[index].append(finding.path)
        if not matching:
            left.append(finding)
    uses = [
        WaiverUse(waiver, tuple(sorted(paths)))
        for waiver, paths in zip(applicable, covered, strict=True)
    ]
    left += _stale(uses, image)
    return Outcome(tuple(left), tuple(uses))


def _stale(uses: Sequence[WaiverUse], image: ImageView) -> Iterable[Finding]:
    for use in uses:
        waiver = use.waiver
        if not use.covers:
            if not waiver.in_base:
                yield _waiver_finding(waiver, "waiver matches no finding", "remove the waiver")
        elif waiver.loaded_from and not any(
            fnmatchcase(elf.path, waiver.loaded_from) for elf in image.elf_files
        ):
            fault = f"waiver's `loaded_from` matches no ELF file: {waiver.loaded_from}"
            yield _waiver_finding(waiver, fault, "add the library's package, or remove the waiver")


def _waiver_finding(waiver: Waiver, fault: str, hint: str) -> Finding:
    return Finding(
        check="waiver",
        path=waiver.path,
        subject=waiver.subject,
        owner=waiver.where,
        fault=fault,
        hint=hint,
    )
