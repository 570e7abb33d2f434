"""What a registry has of a release: manifests by their digests, and what tags name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.lib.cli.parallel import in_parallel
from tools.lib.oci.descriptor import Digest
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.errors import RegistryError
from tools.lib.registry.referrers import Referrers
from tools.lib.release.plan import COMMIT, PlannedIndex, PlannedRepository

THREADS = 12

_NO_LIST = frozenset({400, 403, 405, 501})
"""Statuses of registries that do not list tags, or not to everyone."""


@dataclass(slots=True)
class Destination:
    """A repository that gets a part of the release.

    Attributes:
        planned: what it gets.
        client: for requests.
        referrers: for what is attached to its manifests.
        tags: what its tags are to name.
        seen: what they named when the release began; None if there was no such tag.
        present: the images and indexes that it has.
    """

    planned: PlannedRepository
    client: RepositoryClient
    referrers: Referrers
    tags: Mapping[str, Digest]
    seen: dict[str, Digest | None] = field(default_factory=dict)
    present: set[Digest] = field(default_factory=set)

    @property
    def name(self) -> str:
        """Its name in the plan."""
        return self.planned.name


def expand_tags(planned: PlannedRepository, commit: str) -> dict[str, Digest]:
    """The tags of a repository, with the commit."""
    return {tag.replace(COMMIT, commit): digest for tag, digest in planned.tags.items()}


def survey(destinations: list[Destination]) -> None:
    """Fills `seen` and `present`.

    An index that a tag names is there, and so are its images: a registry takes no index whose
    images are missing.
    """
    listed = in_parallel(_list_tags, destinations, THREADS)
    asked: list[tuple[Destination, str]] = []
    for each, tags in zip(destinations, listed, strict=True):
        each.seen = dict.fromkeys(each.tags)
        asked += [(each, tag) for tag in each.tags if tags is None or tag in tags]
    for (each, tag), digest in zip(asked, in_parallel(_head, asked, THREADS), strict=True):
        each.seen[tag] = digest

    indexes = [(each, index) for each in destinations for index in each.planned.indexes]
    is_there = in_parallel(_has_index, indexes, THREADS)
    images: list[tuple[Destination, Digest]] = []
    for (each, index), found in zip(indexes, is_there, strict=True):
        if found:
            each.present.update(index.digests)
        else:
            images += [(each, image.digest) for image in index.images]
    there = in_parallel(_has, images, THREADS)
    for (each, digest), found in zip(images, there, strict=True):
        if found:
            each.present.add(digest)


def _list_tags(destination: Destination) -> set[str] | None:
    """The tags of a repository; None if the registry does not list them."""
    try:
        return destination.client.list_tags()
    except RegistryError as error:
        if error.status not in _NO_LIST:
            raise
        return None


def _head(item: tuple[Destination, str]) -> Digest | None:
    destination, reference = item
    return destination.client.head_manifest(reference)


def _has_index(item: tuple[Destination, PlannedIndex]) -> bool:
    destination, index = item
    return index.digest in destination.seen.values() or _has((destination, index.digest))


def _has(item: tuple[Destination, Digest]) -> bool:
    destination, digest = item
    return destination.client.head_manifest(digest) == digest
