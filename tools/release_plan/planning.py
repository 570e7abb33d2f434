"""Which repositories and tags the indexes of a release get."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Digest, digest_of
from tools.lib.oci.manifest import parse_index
from tools.lib.release.plan import Plan, PlannedImage, PlannedIndex, PlannedRepository, tags_of

VARIANTS = ("latest", "nonroot", "debug", "debug-nonroot")


@dataclass(frozen=True, slots=True)
class ReleaseEntry:
    """What the declaration of an image says of one index."""

    repository: str
    distribution: str
    variant: str
    index: PlannedIndex


def read_index(data: bytes, target: str, where: str) -> PlannedIndex:
    """The index of a document.

    Args:
        data: the document.
        target: the label that it is built from.
        where: names it in errors.

    Raises:
        ToolError: the platform of an image is unknown, or two images have the same architecture.
    """
    images = []
    for each in parse_index(data, where).manifests:
        if each.platform is None:
            raise ToolError(f"{where}: image {each.digest} has no platform")
        images.append(PlannedImage(each.platform.architecture, each.digest))
    if len({each.architecture for each in images}) < len(images):
        raise ToolError(
            f"{where}: two images have the same architecture",
            "a tag names the image of an architecture",
        )
    return PlannedIndex(target, digest_of(data), tuple(images))


def make_plan(entries: Iterable[ReleaseEntry], default_distribution: str) -> Plan:
    """The plan of the entries.

    Args:
        entries: of the declarations.
        default_distribution: the distribution of the repositories without one in their name.

    Raises:
        ToolError: two indexes have the same repository and tag.
    """
    indexes: dict[str, dict[str, PlannedIndex]] = {}
    for entry in entries:
        for name in _repositories(entry, default_distribution):
            variants = indexes.setdefault(name, {})
            if other := variants.get(entry.variant):
                raise ToolError(
                    f"{name}:{entry.variant}: {other.target} and {entry.index.target} have this "
                    "tag",
                    "change `repository` of one of them",
                )
            variants[entry.variant] = entry.index
    return Plan(tuple(_repository(name, indexes[name]) for name in sorted(indexes)))


def table(plan: Plan) -> str:
    """The plan as a table for people, a line for each tag of an index."""
    rows = [("REPOSITORY", "TAG", "INDEX", "TARGET", "ARCHITECTURES")]
    for repository in plan.repositories:
        for variant in VARIANTS:
            for index in repository.indexes:
                if repository.tags.get(variant) == index.digest:
                    architectures = " ".join(each.architecture for each in index.images)
                    row = (repository.name, variant, index.digest, index.target, architectures)
                    rows.append(row)
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[4]])
        for row in rows
    ]
    head = (
        "TAG-ARCHITECTURE names the image of one architecture; each tag is also set with -COMMIT."
    )
    return "\n".join([head, "", *lines, ""])


def _repositories(entry: ReleaseEntry, default_distribution: str) -> Iterator[str]:
    yield f"{entry.repository}-{entry.distribution}"
    if entry.distribution == default_distribution:
        yield entry.repository


def _repository(name: str, variants: dict[str, PlannedIndex]) -> PlannedRepository:
    tags: dict[str, Digest] = {}
    for variant, index in variants.items():
        tags |= tags_of(variant, index)
    ordered = [variants[variant] for variant in VARIANTS if variant in variants]
    return PlannedRepository(name, tuple(dict.fromkeys(ordered)), tags)
