import os
import signal
from collections.abc import Iterator

import pytest

from tools.structure_test.signals import deferred, undefer


class Ended(Exception):
    pass


@pytest.fixture(params=[signal.SIGTERM, signal.SIGINT])
def number(request: pytest.FixtureRequest) -> Iterator[signal.Signals]:
    """A signal whose handler raises Ended."""
    number: signal.Signals = request.param

    def end(*_: object) -> None:
        raise Ended

    before = signal.signal(number, end)
    yield number
    signal.signal(number, before)


def test_signals_are_delivered_after_the_body(number: signal.Signals) -> None:
    steps = []

    def create() -> None:
        with deferred():
            os.kill(os.getpid(), number)
            steps.append("created")
            with deferred():
                steps.append("remembered")
            steps.append("done")
        steps.append("not reached")

    with pytest.raises(Ended):
        create()
    assert steps == ["created", "remembered", "done"]
    with pytest.raises(Ended):
        os.kill(os.getpid(), number)


def test_child_processes_get_their_signals_at_once(number: signal.Signals) -> None:
    with deferred():
        child = os.fork()
        if child == 0:
            status = 1
            try:
                undefer()
                os.kill(os.getpid(), number)
            except Ended:
                status = 7
            finally:
                os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
