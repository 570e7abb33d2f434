"""Brings a blob to a repository by the cheapest way: it is there, it is mounted, or it is sent."""

from __future__ import annotations

from typing import Literal

from tools.lib.cli.progress import Progress
from tools.lib.registry.blob_locations import BlobLocations
from tools.lib.registry.blob_source import BlobSource
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.origins import Origins
from tools.lib.registry.upload import mount_blob, upload_blob

Way = Literal["present", "mounted", "sent"]


def push_blob(
    client: RepositoryClient,
    blob: BlobSource,
    locations: BlobLocations,
    progress: Progress,
    *,
    origins: Origins | None = None,
    mount_first: bool = False,
) -> Way:
    """Makes sure that a repository has a blob; returns how.

    Args:
        client: the repository.
        blob: its content.
        locations: where it can be mounted from; it is added.
        progress: is told of the bytes that are sent.
        origins: downloads the blob if it is in another repository and cannot be mounted.
        mount_first: whether to try mounts before asking for the blob, which saves a request if
            another repository has it and this one probably does not.
    """
    way = _push(client, blob, locations, progress, origins or Origins(), mount_first)
    locations.add(blob.digest, client.repository.path)
    return way


def _push(
    client: RepositoryClient,
    blob: BlobSource,
    locations: BlobLocations,
    progress: Progress,
    origins: Origins,
    mount_first: bool,
) -> Way:
    if mount_first and _mount(client, blob, locations):
        return "mounted"
    if client.has_blob(blob.digest):
        return "present"
    if not mount_first and _mount(client, blob, locations):
        return "mounted"
    progress.expect(blob.size)
    with origins.local(blob) as local:
        upload_blob(client, local, progress.advance)
    return "sent"


def _mount(client: RepositoryClient, blob: BlobSource, locations: BlobLocations) -> bool:
    repository = client.repository
    sources = locations.sources(blob.digest, repository.path)
    origin = blob.origin.repository if blob.origin else None
    if origin and origin.host == repository.host and origin.path != repository.path:
        sources = list(dict.fromkeys([*sources[:1], origin.path, *sources]))
    return any(mount_blob(client, blob.digest, source) for source in sources)
