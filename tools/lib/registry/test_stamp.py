from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.registry.stamp import expand_stamp, read_status_files


def test_values_of_status_files(tmp_path: Path) -> None:
    (tmp_path / "stable").write_text("STABLE_GIT_COMMIT abc\nEMPTY\nTEXT two words\n")
    (tmp_path / "volatile").write_text("BUILD_TIMESTAMP 1\n")
    values = read_status_files([str(tmp_path / "stable"), str(tmp_path / "volatile")])
    assert values == {
        "STABLE_GIT_COMMIT": "abc",
        "EMPTY": "",
        "TEXT": "two words",
        "BUILD_TIMESTAMP": "1",
    }
    assert expand_stamp("v-{STABLE_GIT_COMMIT}-{BUILD_TIMESTAMP}", values) == "v-abc-1"
    assert expand_stamp("v1", {}) == "v1"


def test_a_key_without_a_value() -> None:
    with pytest.raises(ToolError, match=r"'\{X\}': \{X\} needs a stamped build \(hint: set `stamp"):
        expand_stamp("{X}", {})
    with pytest.raises(ToolError, match="the workspace status has no X"):
        expand_stamp("{X}", {"Y": ""})
