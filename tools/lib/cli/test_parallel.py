from __future__ import annotations

import threading

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.cli.parallel import in_parallel


def test_results_are_in_the_order_of_the_items() -> None:
    assert in_parallel(lambda item: item * 2, range(100)) == list(range(0, 200, 2))
    assert in_parallel(print, []) == []


def test_the_first_failure_is_raised_while_others_still_wait() -> None:
    forever = threading.Event()

    def work(item: int) -> None:
        if item == 1:
            raise ToolError("failed")
        forever.wait()

    with pytest.raises(ToolError, match="failed"):
        in_parallel(work, range(10))
    forever.set()
