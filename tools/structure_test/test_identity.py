import os

import pytest

from tools.structure_test.identity import IdRange, spare_id, spare_identity


@pytest.mark.parametrize(
    ("ranges", "first", "last"),
    [
        ([IdRange(0, 4294967295)], 1 << 30, (1 << 31) - 1),  # the initial user namespace
        ([IdRange(0, 1), IdRange(1, 65536)], 32769, 65533),  # rootless podman
        ([IdRange(0, 65536)], 32768, 65532),  # docker with userns-remap
    ],
)
def test_spare_ids_are_in_the_upper_half_of_the_largest_range(
    ranges: list[IdRange], first: int, last: int
) -> None:
    ids = [spare_id(ranges, seed) for seed in (*range(10), 4194303, 40000)]
    assert all(each is not None and first <= each <= last for each in ids)
    assert len(set(ids[:10])) == 10


@pytest.mark.parametrize("ranges", [[], [IdRange(0, 1)], [IdRange(0, 1), IdRange(5, 1)]])
def test_without_enough_ids_there_is_none_to_spare(ranges: list[IdRange]) -> None:
    assert spare_id(ranges, 1) is None


def test_only_root_can_spare_an_identity() -> None:
    identity = spare_identity()
    if os.geteuid() != 0:
        assert identity is None
    elif identity:
        assert identity.uid != 0
        assert identity.gid != 0
