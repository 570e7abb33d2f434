"""A binary package's control file: the paragraph itself, and the fields that layers have use for.

Source of the format: deb-control(5), deb822(5); names and versions as dpkg takes them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tools.lib.cli.errors import ToolError
from tools.lib.debian.package import BinaryPackage

_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9.+_-]*")
_VERSION = re.compile("([0-9]+:)?[0-9A-Za-z][0-9A-Za-z.+~:-]*")
_ARCHITECTURE = re.compile("[a-z0-9][a-z0-9-]*")


class Control(NamedTuple):
    """`paragraph` is byte for byte the control file's; `installed_size` is in bytes, 0 unknown."""

    paragraph: bytes
    package: BinaryPackage
    installed_size: int


def parse(data: bytes) -> Control:
    """Reads a control file.

    Raises:
        ToolError: not one paragraph, or what names the package is missing or malformed.
    """
    paragraph = data.strip(b"\n") + b"\n"
    fields = _fields(paragraph)
    name = _required(fields, "Package", _NAME)
    source = fields.get("source", "").partition(" ")[0] or name
    size = fields.get("installed-size", "")
    return Control(
        paragraph,
        BinaryPackage(
            name,
            _required(fields, "Version", _VERSION),
            _required(fields, "Architecture", _ARCHITECTURE),
            source,
        ),
        int(size) << 10 if size.isascii() and size.isdigit() and len(size) < 12 else 0,
    )


def _fields(paragraph: bytes) -> dict[str, str]:
    """Fields by lower-case name; of those that go over several lines the first."""
    fields: dict[str, str] = {}
    for line in paragraph.decode("utf-8", "replace").split("\n")[:-1]:
        if not line.strip():
            raise ToolError("control: more than one paragraph")
        if line[0] in " \t#":
            continue
        name, colon, value = line.partition(":")
        if not colon or not name.isascii() or name.split() != [name]:
            raise ToolError(f"control: no field: {line:.80}")
        if name.lower() in fields:
            raise ToolError(f"control: {name} twice")
        fields[name.lower()] = value.strip()
    return fields


def _required(fields: dict[str, str], name: str, form: re.Pattern[str]) -> str:
    value = fields.get(name.lower(), "")
    if not form.fullmatch(value):
        raise ToolError(f"control: {name} is {value!r:.80}" if value else f"control: has no {name}")
    return value
