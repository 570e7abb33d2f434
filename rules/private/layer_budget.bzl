"""How packages are split over a number of layers, so that an update of some of them moves few bytes."""

load(":source_updates.bzl", "SOURCE_UPDATES", "UPDATES")

visibility([
    "//rules/...",
    "//tests/bench/...",
    "//tests/rules/...",
])

# The best way to cut is searched among so many sources. Those beyond, which change least, share the first layer.
_MAX_SOURCES = 96

# No package is larger than 2^_MAX_POWER bytes.
_MAX_POWER = 40

def update_probability(source):
    """How likely it is that an update changes a source package.

    Args:
      source: string, its name, such as `glibc` or `python3.13`.

    Returns:
      A number between 0 and 1. An unknown source is taken for one that has not changed yet.
    """

    # A release has python3.11, the next one python3.13.
    name = source.rstrip("0123456789.").removesuffix("-")
    return (SOURCE_UPDATES.get(name, 0) + 0.5) / (UPDATES + 1)

def _round_size(size):
    """The largest power of two that is not above a size. Most updates change sizes too little to change it."""
    return 1 << ([power for power in range(_MAX_POWER) if size >> power] or [0])[-1]

def _costs(sources):
    """For each run of sources, the bytes that an average update moves if they share a layer.

    Args:
      sources: list of struct(probability: number, size: int).

    Returns:
      A dict from (first, end), positions, to a number: the size of all, times the probability that one of them changes.
    """
    costs = {}
    for first in range(len(sources)):
        unchanged = 1.0
        size = 0
        for end in range(first + 1, len(sources) + 1):
            unchanged *= 1 - sources[end - 1].probability
            size += sources[end - 1].size
            costs[(first, end)] = (1 - unchanged) * size
    return costs

def _cut(sources, count):
    """Cuts a list of sources into `count` runs that cost least. Returns the positions where they begin, the first one aside."""
    costs = _costs(sources)

    # For each number of runs and each end, the cost of the sources before, and where the last run begins.
    best = [{end: (costs[(0, end)], 0) for end in range(1, len(sources) + 1)}]
    for runs in range(2, count + 1):
        best.append({
            end: min([(best[-1][cut][0] + costs[(cut, end)], cut) for cut in range(runs - 1, end)])
            for end in range(runs, len(sources) + 1)
        })
    cuts = []
    end = len(sources)
    for choices in best[:0:-1]:
        end = choices[end][1]
        cuts.insert(0, end)
    return cuts

def split_packages(packages, count):
    """Splits packages into groups, each for a layer.

    The packages of one source change together, so they are together. The sources are sorted by how often they change, and
    cut into runs, as a source makes clients pull whatever shares its layer. Versions have no influence, and sizes only by
    their powers of two, so that most updates leave packages in their layers.

    Args:
      packages: list of struct(source: string, size: int, bytes of the package).
      count: int, the largest number of groups.

    Returns:
      A list of lists of positions in `packages`. The first group changes least: some clients pull again what is above a
      layer that changed.
    """
    positions = {}
    sizes = {}
    for position, package in enumerate(packages):
        positions.setdefault(package.source, []).append(position)
        sizes[package.source] = sizes.get(package.source, 0) + package.size
    order = sorted([(-update_probability(source), source) for source in positions])
    sources = [
        struct(probability = -probability, size = _round_size(sizes[source]))
        for probability, source in order[:_MAX_SOURCES]
    ]
    cuts = _cut(sources, min(count, len(sources)))
    groups = [
        sorted([position for _, source in order[first:end] for position in positions[source]])
        for first, end in zip([0] + cuts, cuts + [len(order)])
    ]
    return groups[::-1]
