"""Moves the tags of a release, once all that they name is whole, signed and described."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tools.lib.cli.parallel import in_parallel
from tools.lib.cli.progress import Progress
from tools.lib.oci.descriptor import Digest
from tools.lib.registry.content import ManifestContent
from tools.lib.registry.errors import RegistryError
from tools.release.report import MovedTag, ReleaseReport, Steps
from tools.release.survey import THREADS, Destination

Item = tuple[Destination, str]


def stale_tags(destinations: Sequence[Destination]) -> list[Item]:
    """The tags that did not name what they are to name when the release began."""
    return [
        (each, tag)
        for each in destinations
        for tag, digest in each.tags.items()
        if each.seen[tag] != digest
    ]


def move_tags(
    destinations: Sequence[Destination],
    manifests: Mapping[Digest, ManifestContent],
    report: ReleaseReport,
    progress: Progress,
) -> None:
    """Sets all tags that do not name what they are to name.

    Raises:
        RegistryError: a tag does not name what it did when the release began, nor what it is to
            name: somebody else moved it.
    """
    stale: dict[str, list[Item]] = {}
    for item in stale_tags(destinations):
        stale.setdefault(item[0].name, []).append(item)
    steps = Steps(progress, "tags", sum(map(len, stale.values())))

    def move(item: Item) -> None:
        destination, tag = item
        digest = destination.tags[tag]
        now = destination.client.head_manifest(tag)
        if now != digest:
            before = destination.seen[tag]
            if now != before:
                raise _moved(destination, tag, before, now)
            destination.client.put_manifest(manifests[digest].document, tag)
            report.add_moved(MovedTag(destination.name, tag, before, digest))
        steps.done()

    def move_all(items: list[Item]) -> None:
        # One after the other: docker-registry refuses a manifest while it stores the same one, or
        # one that an index refers to, by another tag.
        for item in items:
            move(item)

    in_parallel(move_all, list(stale.values()), THREADS)


def _moved(
    destination: Destination, tag: str, before: Digest | None, now: Digest | None
) -> RegistryError:
    return RegistryError(
        f"{destination.client.repository}:{tag}: moved by somebody else: it named "
        f"{before or 'nothing'} when the release began, and names {now or 'nothing'} now",
        "wait until the other release has ended, then run this one again",
    )
