import pytest

from tools.lib.updates.common_version import CommonVersion, choose_common_version


@pytest.mark.parametrize(
    ("available", "locked", "expected"),
    [
        ({"amd64": {3, 4}, "arm64": {4, 3}}, {3}, CommonVersion(4)),
        ({"amd64": {3, 4, 5}, "arm64": {4}}, {3}, CommonVersion(4, 5, ("arm64",))),
        (
            {"s390x": {3}, "amd64": {3, 5}, "arm64": {3}},
            {3},
            CommonVersion(3, 5, ("arm64", "s390x")),
        ),
        ({"amd64": {5}, "arm64": {4}}, {3}, CommonVersion(None, 5, ("arm64",))),
        # None of them goes back.
        ({"amd64": {2, 4}, "arm64": {2}}, {3, 4}, CommonVersion(None)),
        ({"amd64": {2}, "arm64": {2}}, {3}, CommonVersion(None)),
        ({"amd64": {4}, "arm64": set()}, {3}, CommonVersion(None, 4, ("arm64",))),
        ({"amd64": set(), "arm64": set()}, {3}, CommonVersion(None)),
    ],
)
def test_choice(
    available: dict[str, set[int]], locked: set[int], expected: CommonVersion[int]
) -> None:
    assert choose_common_version(available, locked, lambda version: version) == expected
