"""docs/limits.md has the limits that the code has."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from tools.lib.archive import limits

_ROW = re.compile(r"\| [^|]+ \| ([0-9,]+)( KiB| MiB)? \| `([a-z_.]+)\.([A-Z0-9_]+)` \|")
_UNITS = {"": 1, " KiB": 1 << 10, " MiB": 1 << 20}

DOCUMENTED = [
    (f"{module}.{name}", int(number.replace(",", "")) * _UNITS[unit])
    for number, unit, module, name in _ROW.findall(Path("docs/limits.md").read_text())
]


@pytest.mark.parametrize(("constant", "value"), DOCUMENTED)
def test_documented_limits(constant: str, value: int) -> None:
    module, _, name = constant.rpartition(".")
    assert getattr(import_module(f"tools.lib.{module}"), name) == value


def test_every_limit_is_documented() -> None:
    names = {f"archive.limits.{name}" for name in vars(limits) if name.isupper() and name != "MIB"}
    names -= {"archive.limits.DEFAULT_LIMITS"}  # made of others
    assert names <= {constant for constant, _ in DOCUMENTED}
