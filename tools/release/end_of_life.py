"""Which images and indexes of a release are past their end of life."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from tools.lib.lifecycle.end_of_life import end_of_life_artifact
from tools.lib.lifecycle.lifecycle import Lifecycle
from tools.lib.oci.descriptor import Digest
from tools.lib.registry.referrers import Artifact
from tools.lib.release.plan import Plan


def find_ended(plan: Plan, lifecycle: Lifecycle, today: datetime.date) -> dict[Digest, Artifact]:
    """What says so, by the digest that it is attached to.

    Args:
        plan: all of the release: repositories are known by their names, `static-debian12`.
        lifecycle: how long images are supported.
        today: the day of the release.

    Raises:
        ToolError: the lifecycle does not have an image.
    """
    found = {}
    for image, distribution, architecture, digest in _images(plan, lifecycle):
        ended = end_of_life_artifact(lifecycle, image, distribution, architecture, today)
        if ended:
            found[digest] = Artifact(ended.artifact_type, ended.data, ended.annotations)
    return found


def _images(plan: Plan, lifecycle: Lifecycle) -> Iterator[tuple[str, str, str, Digest]]:
    """Image, distribution, architecture ("" for an index) and digest."""
    for repository in plan.repositories:
        for distribution in lifecycle.distributions:
            image = repository.name.removesuffix(f"-{distribution}")
            if image == repository.name:
                continue
            for index in repository.indexes:
                yield image, distribution, "", index.digest
                for each in index.images:
                    yield image, distribution, each.architecture, each.digest
