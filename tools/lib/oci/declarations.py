"""Flags of tools that read what an image and those below it declare: options.json of each.

A tool that needs nothing else of a base does not wait for its documents.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tools.lib.cli.flags import Parser
from tools.lib.oci.image_options import FILE_FORMS, ImageOptions, read_options

_FILE_OPTIONS = (*FILE_FORMS, "created")


class Declaration(NamedTuple):
    """What one image declares; `label` names it in errors."""

    label: str
    options: ImageOptions


def add_flags(parser: Parser) -> None:
    """Declares --base-config, --image and --<option>-file."""
    parser.add_argument("--base-config", default="", help="config of a base from elsewhere")
    parser.add_argument(
        "--image",
        action="append",
        nargs=2,
        metavar=("LABEL", "OPTIONS_JSON"),
        help="what an image declares; bottom to top",
    )
    for option in _FILE_OPTIONS:
        parser.add_argument(
            f"--{option.replace('_', '-')}-file",
            action="append",
            nargs=2,
            metavar=("NUMBER", "FILE"),
            help=f"`{option}` of an image, counted from 0",
        )


def read_declarations(flags: Any) -> list[Declaration]:
    """The declarations that the flags name, bottom to top."""
    declarations = []
    for number, (label, path) in enumerate(flags.image):
        files = {
            option: file
            for option in _FILE_OPTIONS
            for image, file in getattr(flags, f"{option}_file")
            if image == str(number)
        }
        created = files.pop("created", "")
        declarations.append(Declaration(label, read_options(path, files, created, label)))
    return declarations
