"""Reads the file of findings that do not apply. docs/sbom.md, "VEX", describes it."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Literal, get_args

from tools.lib.archive.path_patterns import compile_patterns
from tools.lib.cli.errors import ToolError
from tools.lib.data.yaml_fields import Field, load

Justification = Literal[
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
]
"""OpenVEX 0.2.0, "Status Justifications"."""

_VERSION = "1"
_VULNERABILITY = re.compile(r"CVE-[0-9]{4}-[0-9]{4,}|GHSA(-[0-9a-z]{4}){3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Why a vulnerability of a source package does not affect an image.

    Attributes:
        vulnerability: its name, such as CVE-2023-45853.
        source: the source package in which it is.
        justification: the kind of reason.
        reason: the reason, a sentence.
        date: when that was found out.
        absent: matches the paths that an image must not have for the statement to be true.
    """

    vulnerability: str
    source: str
    justification: Justification
    reason: str
    date: datetime.date
    absent: re.Pattern[str]


def parse_statements(data: bytes, file: str) -> tuple[Statement, ...]:
    """Reads the file.

    Raises:
        ToolError: it is malformed, or has two statements on one vulnerability of a package.
    """
    fields = load(data, file).mapping("version", "statements")
    version = _required(fields, "version", file)
    if version.string() != _VERSION:
        raise version.expected(f"version {_VERSION}")
    statements = _required(fields, "statements", file).each(_parse_statement)
    seen: set[tuple[str, str]] = set()
    for number, statement in enumerate(statements):
        key = (statement.vulnerability, statement.source)
        if key in seen:
            raise ToolError(f"{file}: statements[{number}]: duplicate entry for {' in '.join(key)}")
        seen.add(key)
    return statements


def _parse_statement(field: Field) -> Statement:
    fields = field.mapping("vulnerability", "source", "justification", "reason", "date", "absent")
    vulnerability = _required(fields, "vulnerability", field.where)
    if not _VULNERABILITY.fullmatch(vulnerability.nonempty_string()):
        raise vulnerability.expected("a name such as CVE-2023-45853")
    date = _required(fields, "date", field.where)
    try:
        day = datetime.date.fromisoformat(date.nonempty_string())
    except ValueError:
        raise date.expected("a date such as 2026-11-28") from None
    absent = fields["absent"].strings() if "absent" in fields else ()
    return Statement(
        vulnerability=vulnerability.string(),
        source=_required(fields, "source", field.where).nonempty_string(),
        justification=_justification(_required(fields, "justification", field.where)),
        reason=" ".join(_required(fields, "reason", field.where).nonempty_string().split()),
        date=day,
        absent=compile_patterns(absent, f"{field.where}.absent"),
    )


def _justification(field: Field) -> Justification:
    for known in get_args(Justification):
        if field.string() == known:
            found: Justification = known
            return found
    raise field.expected(f"one of {', '.join(get_args(Justification))}")


def _required(fields: dict[str, Field], name: str, where: str) -> Field:
    if name not in fields:
        raise ToolError(f"{where}: missing field {name}")
    return fields[name]
