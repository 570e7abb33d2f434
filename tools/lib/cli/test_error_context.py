import pytest

from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import ToolError


def test_errors_are_prefixed_and_keep_their_hint() -> None:
    with pytest.raises(ToolError) as caught, error_context("a.deb"), error_context("data.tar"):
        raise ToolError("damaged", "fetch it again")
    assert str(caught.value) == "a.deb: data.tar: damaged (hint: fetch it again)"


def test_other_exceptions_pass() -> None:
    with pytest.raises(ZeroDivisionError), error_context("a.deb"):
        raise ZeroDivisionError
