import json
import os
from collections import Counter

import pytest

from tests.bench.updates import Image, Update, bytes_pulled, read_image, read_updates, split_history

COUNTED, MEASURED = split_history(read_updates(os.environ["UPDATES"]))


def test_table_of_sources_is_that_of_the_updates_before() -> None:
    with open(os.environ["TABLE"], encoding="utf-8") as table:
        found = json.load(table)
    counts: Counter[str] = Counter()
    for update in COUNTED:
        sources = {source for changed in update.changed.values() for source in changed.values()}
        counts.update({source.rstrip("0123456789.").removesuffix("-") for source in sources})
    assert found == {"updates": len(COUNTED), "sources": dict(counts)}


def test_ten_updates_are_measured() -> None:
    assert [each.date for each in MEASURED] == [
        "2026-04-02",
        "2026-04-09",
        "2026-05-11",
        "2026-05-17",
        "2026-05-23",
        "2026-06-10",
        "2026-07-13",
        "2026-07-31",
        "2026-08-15",
        "2026-08-19",
    ]


def test_a_layer_with_a_changed_package_is_pulled_whole() -> None:
    image = Image({"a": 1, "b": 20, "c": 300}, {})
    update = Update("", {"debian12": {"c": "c"}, "debian13": {"b": "b", "x": "x"}})
    assert bytes_pulled(image, [["a", "b"], ["c"]], [update, update]) == 42


@pytest.mark.parametrize(("layers", "least"), [(4, 0.65), (8, 0.85), (16, 0.95)])
def test_few_layers_save_most_of_what_one_for_each_package_would(layers: int, least: float) -> None:
    for path in os.environ["IMAGES"].split():
        image = read_image(path)
        split = image.splits
        one, few, each = (
            bytes_pulled(image, split[name], MEASURED)
            for name in ("one layer", f"layers = {layers}", "one each")
        )
        assert one - few >= least * (one - each), path
        assert len(split[f"layers = {layers}"]) <= layers
