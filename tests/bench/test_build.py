from __future__ import annotations

import pytest

from tests.bench.build import processes


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("INFO: 1 process: 1 internal.", 0),
        ("INFO: 11 processes: 2 internal, 8 linux-sandbox, 1 local.", 9),
        ("INFO: 6 processes: 1 action cache hit, 2 internal, 4 worker.", 4),
        ("INFO: 0 processes.", 0),
    ],
)
def test_processes_are_those_outside_of_bazel(line: str, count: int) -> None:
    messages = f"INFO: Found 1 target...\n{line}\nINFO: Build completed successfully\n"
    assert processes(messages) == count
