"""Bytes that a client pulls again over ten real updates, by how packages are split over layers.

./bazelw run //tests/bench:updates

updates.json lists what the updates of the original project's locks changed. The last ten of Debian
13 count; those before them are what rules/private/source_updates.bzl was counted in. A layer that
has a changed package is pulled whole. The size of a package is that of its file in today's lock:
the files of then are not in it, and compressed layers are nearly as large as compressed packages.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.lib.cli.errors import run
from tools.lib.cli.flags import Parser

DISTRIBUTION = "debian13"
MEASURED = 10


@dataclass(frozen=True, slots=True)
class Update:
    """An update: the source of each package that changed, by distribution."""

    date: str
    changed: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Image:
    """The packages of an image: sizes in bytes, and the layers of each way to split them."""

    sizes: Mapping[str, int]
    splits: Mapping[str, Sequence[Sequence[str]]]


def main(argv: Sequence[str]) -> int:
    parser = Parser("updates", "Measures how many bytes updates move.")
    parser.add_argument("--updates", required=True, help="updates.json")
    parser.add_argument("images", nargs="+", metavar="JSON", help="what layer_groups wrote")
    args = parser.parse_args(argv)
    _, measured = split_history(read_updates(args.updates))
    print(f"{MEASURED} updates, {measured[0].date} to {measured[-1].date}; MB pulled again:")
    for number, path in enumerate(args.images):
        image = read_image(path)
        pulled = {
            name: bytes_pulled(image, layers, measured) for name, layers in image.splits.items()
        }
        if number == 0:
            print(f"{'image':10} {'size':>8}", *(f"{name:>12}" for name in pulled))
        row = (f"{size / 1e6:12.1f}" for size in pulled.values())
        print(f"{Path(path).stem:10} {sum(image.sizes.values()) / 1e6:8.1f}", *row)
    return 0


def read_updates(path: str) -> list[Update]:
    """Reads updates.json, the oldest update first."""
    value = json.loads(Path(path).read_bytes())
    return [
        Update(each["date"], {name: each[name] for name in ("debian12", "debian13")})
        for each in value["updates"]
    ]


def split_history(updates: Sequence[Update]) -> tuple[Sequence[Update], list[Update]]:
    """The updates before the measured ones, which the measured layers may depend on, and those."""
    measured = [each for each in updates if each.changed[DISTRIBUTION]][-MEASURED:]
    return updates[: updates.index(measured[0])], measured


def read_image(path: str) -> Image:
    """Reads what the rule layer_groups wrote."""
    value = json.loads(Path(path).read_bytes())
    separate = set(value["separate"])
    levels = [[name for name in level if name not in separate] for level in value["levels"]]
    names = list(value["sizes"])
    counts = sorted(value["groups"], key=int)
    return Image(
        value["sizes"],
        {
            "one layer": [names],
            "one a level": [[name] for name in separate] + levels,
            **{f"layers = {count}": value["groups"][count] for count in counts},
            "one each": [[name] for name in names],
        },
    )


def bytes_pulled(image: Image, layers: Iterable[Sequence[str]], updates: Iterable[Update]) -> int:
    """The sizes of all layers that an update changes, of all updates."""
    sets = [set(layer) for layer in layers]
    return sum(
        image.sizes[name]
        for update in updates
        for layer in sets
        if layer & update.changed[DISTRIBUTION].keys()
        for name in layer
    )


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
