import re

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import digest_of
from tools.lib.release.plan import (
    Plan,
    PlannedImage,
    PlannedIndex,
    PlannedRepository,
    parse_plan,
    tags_of,
    write_plan,
)


def repository(name: str) -> PlannedRepository:
    index = PlannedIndex("//a:b", digest_of(b"index"), (PlannedImage("arm", digest_of(b"arm")),))
    return PlannedRepository(name, (index,), tags_of("latest", index))


def test_what_is_written_is_read() -> None:
    plan = Plan((repository("a"), repository("b")))
    assert parse_plan(write_plan(plan), "plan.json") == plan


def test_select() -> None:
    plan = Plan((repository("a"), repository("b"), repository("c")))
    assert plan.select(["c", "a"]) == Plan((repository("a"), repository("c")))
    assert plan.select([]) == plan
    with pytest.raises(ToolError) as caught:
        plan.select(["a", "d"])
    assert str(caught.value) == (
        "--only d: the release has no such repository "
        "(hint: ./bazelw build //:release_plan lists them)"
    )


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{}", "plan.json: version: missing"),
        ('{"version": 2}', "version 2 of the plan, must be 1"),
        ('{"version": 1, "repositories": {"a": {"indexes": [], "tags": {"b": "c"}}}}', "tags.b: "),
        ('{"version": 1, "repositories": {"a": {"indexes": []}}}', "tags: missing"),
        ('{"version": 1, "repositories": {"a": {"indexes": [], "tags": {"a b": ""}}}}', "invalid"),
    ],
)
def test_what_is_no_plan(document: str, message: str) -> None:
    with pytest.raises(ToolError, match=re.escape(message)):
        parse_plan(document.encode(), "plan.json")
