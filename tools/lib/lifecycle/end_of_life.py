"""Tells registries and scanners that an image is past its end of life.

The convention is that of Microsoft's registries and scanners, which others have taken over: an
artifact without content is attached to the image, and an annotation of it has the date
(https://github.com/dotnet/docker-tools/issues/1201).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from tools.lib.lifecycle.lifecycle import Lifecycle

ARTIFACT_TYPE = "application/vnd.microsoft.artifact.lifecycle"
ANNOTATION = "vnd.microsoft.artifact.lifecycle.end-of-life.date"


@dataclass(frozen=True, slots=True)
class EndOfLifeArtifact:
    """What to attach to a manifest: its type, its content, and the annotations of its manifest."""

    artifact_type: str
    data: bytes
    annotations: Mapping[str, str]


def end_of_life_artifact(
    lifecycle: Lifecycle,
    image: str,
    distribution: str,
    architecture: str,
    today: datetime.date,
) -> EndOfLifeArtifact | None:
    """What to attach to an image or index; None if it still gets updates.

    The result depends on the day only in whether there is one, so an image has at most one.

    Args:
        lifecycle: how long images are supported.
        image: `nodejs20`.
        distribution: `debian12`.
        architecture: OCI's name; empty for an index.
        today: the day of the release.

    Raises:
        ToolError: the lifecycle does not have the image.
    """
    last = lifecycle.support(image, distribution, architecture).end_of_life
    if today <= last:
        return None
    return EndOfLifeArtifact(ARTIFACT_TYPE, b"{}", {ANNOTATION: last.isoformat()})
