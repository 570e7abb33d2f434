"""The plan of a release: repositories and tags, and the digests that they name.

docs/formats.md describes the file. Tags of the commit have `{commit}` in place of it: the plan of
a build does not depend on who builds it, and when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.cli.files import dump_json
from tools.lib.data.json_values import (
    Json,
    parse_object,
    require_int,
    require_list,
    require_object,
    require_string,
    require_string_map,
)
from tools.lib.oci.descriptor import Digest, parse_digest
from tools.lib.oci.reference import check_tag

COMMIT = "{commit}"
VERSION = 1


@dataclass(frozen=True, slots=True)
class PlannedImage:
    """An image of one architecture."""

    architecture: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class PlannedIndex:
    """An index; `target` is the label that it is built from."""

    target: str
    digest: Digest
    images: tuple[PlannedImage, ...]

    @property
    def digests(self) -> tuple[Digest, ...]:
        """Its images, and then itself."""
        return (*(image.digest for image in self.images), self.digest)


@dataclass(frozen=True, slots=True)
class PlannedRepository:
    """What a repository gets; `tags` are names of the indexes and of their images."""

    name: str
    indexes: tuple[PlannedIndex, ...]
    tags: Mapping[str, Digest]


@dataclass(frozen=True, slots=True)
class Plan:
    """All repositories, in their order."""

    repositories: tuple[PlannedRepository, ...]

    def select(self, names: Sequence[str]) -> Plan:
        """The plan of some repositories; of all if `names` is empty.

        Raises:
            ToolError: a name is not in the plan.
        """
        known = {each.name for each in self.repositories}
        for name in names:
            if name not in known:
                raise ToolError(
                    f"--only {name}: the release has no such repository",
                    "./bazelw build //:release_plan lists them",
                )
        return Plan(tuple(each for each in self.repositories if not names or each.name in names))


def tags_of(variant: str, index: PlannedIndex) -> dict[str, Digest]:
    """The tags of an index in a repository.

    Args:
        variant: `latest`, `nonroot`, `debug` or `debug-nonroot`.
        index: the index.
    """
    named = {variant: index.digest}
    named |= {f"{variant}-{image.architecture}": image.digest for image in index.images}
    return named | {f"{tag}-{COMMIT}": digest for tag, digest in named.items()}


def write_plan(plan: Plan) -> bytes:
    """The plan as JSON."""
    repositories: Json = {
        each.name: {
            "indexes": [_index_to_json(index) for index in each.indexes],
            "tags": dict(each.tags),
        }
        for each in plan.repositories
    }
    return dump_json({"version": VERSION, "repositories": repositories})


def parse_plan(data: bytes, where: str) -> Plan:
    """Reads a plan.

    Raises:
        ToolError: it is not a plan, or of a version that this reader does not know.
    """
    fields = parse_object(data, where)
    version = require_int(fields.get("version"), f"{where}: version", 1 << 31)
    if version != VERSION:
        raise ToolError(
            f"{where}: version {version} of the plan, must be {VERSION}",
            "use the program of the commit that wrote it",
        )
    repositories = require_object(fields.get("repositories"), f"{where}: repositories")
    return Plan(
        tuple(
            _parse_repository(name, value, f"{where}: repositories.{name}")
            for name, value in sorted(repositories.items())
        )
    )


def _index_to_json(index: PlannedIndex) -> Json:
    images = [{"architecture": each.architecture, "digest": each.digest} for each in index.images]
    return {"target": index.target, "digest": index.digest, "images": images}


def _parse_repository(name: str, value: object, where: str) -> PlannedRepository:
    fields = require_object(value, where)
    items = require_list(fields.get("indexes"), f"{where}.indexes")
    indexes = [_parse_index(item, f"{where}.indexes[{i}]") for i, item in enumerate(items)]
    tags = require_string_map(fields.get("tags"), f"{where}.tags")
    known = {digest for index in indexes for digest in index.digests}
    for tag, digest in tags.items():
        check_tag(tag.replace(COMMIT, "0" * 40))
        if digest not in known:
            raise ToolError(f"{where}.tags.{tag}: no index or image has the digest {digest!r:.80}")
    return PlannedRepository(
        name, tuple(indexes), {tag: Digest(digest) for tag, digest in tags.items()}
    )


def _parse_index(value: object, where: str) -> PlannedIndex:
    fields = require_object(value, where)
    images = []
    for i, item in enumerate(require_list(fields.get("images"), f"{where}.images")):
        image = require_object(item, f"{where}.images[{i}]")
        images.append(
            PlannedImage(
                require_string(image.get("architecture"), f"{where}.images[{i}].architecture"),
                parse_digest(image.get("digest"), f"{where}.images[{i}].digest"),
            )
        )
    return PlannedIndex(
        require_string(fields.get("target"), f"{where}.target"),
        parse_digest(fields.get("digest"), f"{where}.digest"),
        tuple(images),
    )
