"""Flags of the tools: no abbreviations, `@file` with one argument a line (Bazel's param files)."""

from __future__ import annotations

import argparse
from typing import NoReturn

from tools.lib.errors import ToolError


class Parser(argparse.ArgumentParser):
    """argparse, strict: a wrong flag is a ToolError and not an exit of its own."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(
            prog=prog,
            description=description,
            allow_abbrev=False,
            fromfile_prefix_chars="@",
            # Else each flag asks for the terminal's width, by modules that take 4 ms to import.
            formatter_class=lambda prog: argparse.HelpFormatter(prog, width=100),
        )

    def error(self, message: str) -> NoReturn:
        raise ToolError(f"{self.prog}: {message}", f"{self.prog} --help lists the flags")
