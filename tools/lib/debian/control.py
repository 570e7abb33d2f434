"""Reads the control file of a binary package. Source of the format: deb-control(5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.debian.deb822 import parse_paragraph
from tools.lib.debian.names import parse_architecture, parse_package_name, parse_version
from tools.lib.debian.package import BinaryPackage

_WHERE = "control"


@dataclass(frozen=True, slots=True)
class Control:
    """What a control file says.

    `paragraph` is the file's content byte for byte, from its first field to a final line feed.
    """

    paragraph: bytes
    package: BinaryPackage


def parse_control(data: bytes) -> Control:
    """Reads a control file.

    Raises:
        ToolError: the file is malformed, or the package's name, version or architecture is missing
            or invalid.
    """
    fields = parse_paragraph(data.decode("utf-8", "replace"), _WHERE)
    name = parse_package_name(_required(fields, "Package"), f"{_WHERE}: Package")
    source = fields.get("source", "").split(maxsplit=1)
    return Control(
        paragraph=data.strip(b"\r\n") + b"\n",
        package=BinaryPackage(
            name=name,
            version=parse_version(_required(fields, "Version"), f"{_WHERE}: Version"),
            architecture=parse_architecture(
                _required(fields, "Architecture"), f"{_WHERE}: Architecture"
            ),
            source=source[0] if source else name,
        ),
    )


def _required(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name.lower(), "")
    if not value:
        raise ToolError(f"{_WHERE}: missing field {name}")
    return value
