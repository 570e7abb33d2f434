"""What a release consists of: the plan, the files of the images, and what describes them."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import read_document
from tools.lib.lifecycle.lifecycle import read_lifecycle
from tools.lib.oci.descriptor import INDEX, Descriptor, Digest, describe, digest_of
from tools.lib.oci.layer import read_layer
from tools.lib.registry.blob_source import BlobStore
from tools.lib.registry.content import LocalFiles, ManifestContent, collect, files_by_digest
from tools.lib.registry.referrers import Artifact
from tools.lib.release.plan import Plan, parse_plan
from tools.release.end_of_life import find_ended


@dataclass(frozen=True, slots=True)
class Predicate:
    """What an attestation says of an image: a JSON file.

    Attributes:
        type: its predicate type.
        path: the file; "" if it is empty, as that of a signature.
    """

    type: str
    path: str


@dataclass(frozen=True, slots=True)
class ReleaseContent:
    """A release, or a part of it.

    Attributes:
        plan: the repositories.
        manifests: the images and indexes of the plan.
        predicates: what describes them, to be signed.
        artifacts: what is attached to them unsigned.
    """

    plan: Plan
    manifests: Mapping[Digest, ManifestContent]
    predicates: Mapping[Digest, tuple[Predicate, ...]]
    artifacts: Mapping[Digest, Artifact]

    def descriptor(self, digest: Digest) -> Descriptor:
        """The descriptor of an image or an index."""
        document = self.manifests[digest].document
        return describe(document.media_type, document.data)

    def repositories_by_digest(self) -> dict[Digest, list[str]]:
        """The names of the repositories that get an image or an index: images first."""
        images: dict[Digest, list[str]] = {}
        indexes: dict[Digest, list[str]] = {}
        for repository in self.plan.repositories:
            for index in repository.indexes:
                indexes.setdefault(index.digest, []).append(repository.name)
                for image in index.images:
                    images.setdefault(image.digest, []).append(repository.name)
        return images | indexes


@dataclass(frozen=True, slots=True)
class ReleaseFiles:
    """The files that the build passes to the program.

    Attributes:
        plan: release_plan.json.
        indexes: paths of indexes.
        images: manifest and config of each image.
        layers: layer.json and blob of each layer.
        predicates: manifest or index, predicate type and predicate. An empty file is none.
        lifecycle: lifecycle.json; "" for none.
    """

    plan: str
    indexes: Sequence[str]
    images: Sequence[Sequence[str]]
    layers: Sequence[Sequence[str]]
    predicates: Sequence[Sequence[str]]
    lifecycle: str = ""


def read_release(
    files: ReleaseFiles,
    only: Sequence[str],
    today: datetime.date,
    store: BlobStore | None = None,
) -> ReleaseContent:
    """Reads a release.

    Args:
        files: of the build.
        only: names of repositories; [] for all.
        today: the day of the release.
        store: has the layers without a file.

    Raises:
        ToolError: a file is missing, or not what it should be.
    """
    whole = parse_plan(read_document(files.plan), files.plan)
    plan = whole.select(only)
    documents = [*files.indexes, *(path for image in files.images for path in image)]
    layers = {read_layer(layer).descriptor.digest: blob for layer, blob in files.layers}
    local = LocalFiles({**files_by_digest(documents), **layers}, store=store)
    manifests: dict[Digest, ManifestContent] = {}
    for repository in plan.repositories:
        for index in repository.indexes:
            if index.digest in manifests:
                continue
            found = collect(Descriptor(INDEX, index.digest, 0), local, index.target)
            manifests |= {each.document.digest: each for each in found.manifests}
    predicates: dict[Digest, tuple[Predicate, ...]] = {}
    for document, kind, path in files.predicates:
        if not os.path.getsize(path):
            continue
        digest = digest_of(read_document(document))
        predicates[digest] = (*predicates.get(digest, ()), Predicate(kind, path))
    _check(plan, manifests)
    ended = {}
    if files.lifecycle:
        ended = find_ended(whole, read_lifecycle(files.lifecycle), today)
    return ReleaseContent(plan, manifests, predicates, ended)


def _check(plan: Plan, manifests: Mapping[Digest, ManifestContent]) -> None:
    for repository in plan.repositories:
        for index in repository.indexes:
            for image in index.images:
                if image.digest not in manifests:
                    raise ToolError(
                        f"{index.target}: image {image.digest} is not in the index",
                        "build the plan and the images again",
                    )
