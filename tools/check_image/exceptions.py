"""Findings that are as they should be: allow.json (docs/checks.md), and what it leaves over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from tools.check_image.findings import Finding
from tools.lib.cli.errors import ToolError
from tools.lib.cli.files import read_json
from tools.lib.data.json_values import require_list, require_object, require_string, require_strings
from tools.lib.rootfs.image import Image

VERSION = 1
CHECKS = (
    "architecture",
    "interpreter",
    "library",
    "link",
    "merged-usr",
    "path",
    "setuid",
    "status",
    "writable",
)
_FIELDS = {"check", "path", "subject", "loaded_from", "architectures", "reason"}


class Allowed(NamedTuple):
    """One exception: findings of `check` whose path and subject match the globs.

    `loaded_from`, a glob or empty: the library is not missing, but lies where ld.so does not look,
    and is in memory when it is needed; a file that matches must be in the image.
    `inherited`: it is the base's, and may have nothing to cover any more.
    """

    where: str
    check: str
    path: str
    subject: str
    loaded_from: str
    reason: str
    inherited: bool

    def covers(self, finding: Finding) -> bool:
        return (
            finding.check == self.check
            and fnmatchcase(finding.path, self.path)
            and fnmatchcase(finding.subject, self.subject)
        )


def read(path: str, architecture: str, *, inherited: bool) -> list[Allowed]:
    """The exceptions of the file at `path` that are meant for `architecture`.

    Raises:
        ToolError: it is no allow.json, or one of its exceptions has no reason.
    """
    fields = require_object(read_json(path), path)
    if fields.get("version") != VERSION:
        raise ToolError(f"{path}: version {fields.get('version')!r:.80} of exceptions is not known")
    read = [
        _allowed(each, f"{path}: exceptions[{index}]", architecture, inherited)
        for index, each in enumerate(require_list(fields.get("exceptions"), f"{path}: exceptions"))
    ]
    return [each for each in read if each is not None]


def _allowed(value: object, where: str, architecture: str, inherited: bool) -> Allowed | None:
    fields = require_object(value, where)
    if unknown := sorted(fields.keys() - _FIELDS):
        raise ToolError(
            f"{where}: {unknown[0]}: unknown field", f"known: {', '.join(sorted(_FIELDS))}"
        )
    check = require_string(fields.get("check"), f"{where}.check")
    if check not in CHECKS:
        raise ToolError(f"{where}.check: no check {check:.80}", f"known: {', '.join(CHECKS)}")
    path = require_string(fields.get("path"), f"{where}.path")
    reason = require_string(fields.get("reason"), f"{where}.reason")
    if not reason.strip():
        raise ToolError(f"{where}.reason: empty", "say why this is as it should be")
    allowed = Allowed(
        where,
        check,
        path.lstrip("/"),
        require_string(fields.get("subject", "*"), f"{where}.subject"),
        require_string(fields.get("loaded_from", ""), f"{where}.loaded_from").lstrip("/"),
        reason,
        inherited,
    )
    if allowed.loaded_from and check != "library":
        raise ToolError(f"{where}.loaded_from: only for the check of libraries")
    meant_for = require_strings(
        fields.get("architectures", [architecture]), f"{where}.architectures"
    )
    return allowed if architecture in meant_for else None


class Outcome(NamedTuple):
    """`left`: what is to be told. `used`: each exception with the paths that it covers."""

    left: list[Finding]
    used: list[tuple[Allowed, list[str]]]


def apply(found: Iterable[Finding], allowed: Sequence[Allowed], image: Image) -> Outcome:
    """Takes away what is allowed; adds a finding for each exception that nothing needs."""
    covered: list[list[str]] = [[] for _ in allowed]
    left: list[Finding] = []
    for finding in found:
        matching = [i for i, each in enumerate(allowed) if each.covers(finding)]
        for i in matching:
            covered[i].append(finding.path)
        if not matching:
            left.append(finding)
    elves = [elf.path for elf in image.elves] if any(each.loaded_from for each in allowed) else []
    for each, covers in zip(allowed, covered, strict=True):
        if not covers and each.inherited:
            continue
        if not covers:
            left.append(_unused(each, "matches no finding", "remove it"))
        elif each.loaded_from and not any(fnmatchcase(elf, each.loaded_from) for elf in elves):
            left.append(_unused(each, f"no library lies at {each.loaded_from}", "add its package"))
    return Outcome(left, list(zip(allowed, covered, strict=True)))


def _unused(allowed: Allowed, fault: str, hint: str) -> Finding:
    return Finding("exception", allowed.path, allowed.subject, allowed.where, fault, hint)


def report(outcome: Outcome) -> list[dict[str, Any]]:
    """What the exceptions cover, for the report."""
    return [
        {
            "check": each.check,
            "path": each.path,
            "subject": each.subject,
            "reason": each.reason,
            "covers": sorted(covers),
        }
        for each, covers in outcome.used
    ]
