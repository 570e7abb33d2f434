"""Provenance of images: how they were built, and of what (SLSA v1, https://slsa.dev/provenance/v1).

docs/provenance.md describes the build type. The build writes what it knows; a release adds who
built, and the commit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    Json,
    require_list,
    require_object,
    require_string,
    require_string_map,
    require_strings,
)

_PAGE = "https://github.com/GoogleContainerTools/distroless/blob/main/docs/provenance.md"
BUILD_TYPE = f"{_PAGE}#build-type-v1"
"""Names the format of what the build was given."""
SOME_MACHINE = f"{_PAGE}#some-machine"
"""Names a builder of which nothing is known."""

_SETTING = re.compile(r"(@[a-z0-9_.-]+)?//[A-Za-z0-9_/.-]*:[A-Za-z0-9_.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, order=True)
class Material:
    """What went into an image from elsewhere.

    Attributes:
        url: that of the lock; "" if there is none, as for a layer of an imported image.
        sha256: in hex; "" if only another hash of it is locked, as for npm's packages.
        media_type: of an imported layer, else "".
    """

    url: str = ""
    sha256: str = ""
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What was built.

    Attributes:
        repository: URL of a git repository.
        commit: hash of a commit in it.
    """

    repository: str
    commit: str


@dataclass(frozen=True, slots=True)
class Builder:
    """Who built.

    Attributes:
        id: a URI, such as that of a workflow at a commit; what may be trusted is decided by it.
        invocation: a URI of this run, or "".
    """

    id: str
    invocation: str = ""


@dataclass(frozen=True, slots=True)
class Provenance:
    """How an image or an index was built.

    Attributes:
        target: label of the image or index, `//static:static_debian12`.
        platforms: what the image or the index is for, `linux/arm64`.
        settings: values of the build settings that change images, by their labels,
            `@distroless//rules:compression`.
        rules: version of this rule set, or "".
        materials: sorted, each once.
        source, builder: what a release adds.
    """

    target: str
    platforms: tuple[str, ...]
    settings: Mapping[str, str]
    rules: str
    materials: tuple[Material, ...]
    source: Source | None = None
    builder: Builder | None = None

    def predicate(self) -> Json:
        """The predicate of an attestation."""
        dependencies = [_material_to_json(each) for each in self.materials]
        parameters: Json = {
            "target": self.target,
            "platforms": list(self.platforms),
            "settings": dict(self.settings),
        }
        if self.source:
            source = _source_to_json(self.source)
            parameters["source"] = source
            dependencies.insert(0, source)
        predicate: Json = {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": parameters,
                "internalParameters": {"rules": self.rules},
                "resolvedDependencies": dependencies,
            }
        }
        if self.builder:
            details: Json = {"builder": {"id": self.builder.id}}
            if self.builder.invocation:
                details["metadata"] = {"invocationId": self.builder.invocation}
            predicate["runDetails"] = details
        return predicate


def find_builder(environment: Mapping[str, str]) -> Builder:
    """Who builds here: a workflow of GitHub Actions, or somebody's machine."""
    if environment.get("GITHUB_ACTIONS") != "true":
        return Builder(SOME_MACHINE)
    server = environment.get("GITHUB_SERVER_URL", "https://github.com")
    run = f"{server}/{environment.get('GITHUB_REPOSITORY', '')}/actions/runs"
    return Builder(
        f"{server}/{environment.get('GITHUB_WORKFLOW_REF', '')}",
        f"{run}/{environment.get('GITHUB_RUN_ID', '')}"
        f"/attempts/{environment.get('GITHUB_RUN_ATTEMPT', '1')}",
    )


def sorted_materials(materials: Iterable[Material]) -> tuple[Material, ...]:
    """Materials in their order, each once."""
    return tuple(sorted(set(materials)))


def parse_provenance(predicate: Json, where: str) -> Provenance:
    """Reads a predicate.

    Raises:
        ToolError: it is invalid, or of another build type.
    """
    definition = require_object(predicate.get("buildDefinition"), f"{where}: buildDefinition")
    if definition.get("buildType") != BUILD_TYPE:
        raise ToolError(
            f"{where}: unknown buildType {definition.get('buildType')!r:.200}",
            "the image is of another project, or of another version of this one",
        )
    path = f"{where}: externalParameters"
    parameters = require_object(definition.get("externalParameters"), path)
    internal = require_object(definition.get("internalParameters") or {}, f"{where}: internal")
    source = parameters.get("source")
    listed = require_list(definition.get("resolvedDependencies") or [], f"{where}: dependencies")
    details = predicate.get("runDetails")
    return Provenance(
        require_string(parameters.get("target"), f"{path}.target"),
        tuple(require_strings(parameters.get("platforms"), f"{path}.platforms")),
        _parse_settings(parameters.get("settings"), where),
        require_string(internal.get("rules") or "", f"{where}: rules"),
        tuple(
            _parse_material(each, f"{where}: resolvedDependencies[{number}]")
            for number, each in enumerate(listed)
            if each != source
        ),
        None if source is None else _parse_source(source, f"{path}.source"),
        None if details is None else _parse_builder(details, f"{where}: runDetails"),
    )


def _parse_settings(value: object, where: str) -> Mapping[str, str]:
    """Whoever rebuilds gives them to Bazel as flags, so they must not be anything else."""
    settings = require_string_map(value, f"{where}: externalParameters.settings")
    for label in settings:
        if not _SETTING.fullmatch(label):
            raise ToolError(f"{where}: {label!r:.80} is not the label of a build setting")
    return settings


def _material_to_json(material: Material) -> Json:
    """A resource descriptor (in-toto attestation, spec/v1/resource_descriptor.md)."""
    fields: Json = {}
    if material.url:
        fields["uri"] = material.url
    if material.sha256:
        fields["digest"] = {"sha256": material.sha256}
    if material.media_type:
        fields["mediaType"] = material.media_type
    return fields


def _parse_material(value: object, where: str) -> Material:
    fields = require_object(value, where)
    digest = require_string_map(fields.get("digest") or {}, f"{where}.digest")
    return Material(
        require_string(fields.get("uri") or "", f"{where}.uri"),
        digest.get("sha256", ""),
        require_string(fields.get("mediaType") or "", f"{where}.mediaType"),
    )


def _source_to_json(source: Source) -> Json:
    # The URI is SPDX's form of a download location.
    return {"uri": f"git+{source.repository}", "digest": {"gitCommit": source.commit}}


def _parse_source(value: object, where: str) -> Source:
    fields = require_object(value, where)
    uri = require_string(fields.get("uri"), f"{where}.uri")
    digest = require_string_map(fields.get("digest") or {}, f"{where}.digest")
    commit = require_string(digest.get("gitCommit"), f"{where}.digest.gitCommit")
    if not _COMMIT.fullmatch(commit):
        raise ToolError(f"{where}.digest.gitCommit: {commit!r:.80} is not the hash of a commit")
    return Source(uri.removeprefix("git+"), commit)


def _parse_builder(value: object, where: str) -> Builder:
    fields = require_object(value, where)
    builder = require_object(fields.get("builder"), f"{where}.builder")
    metadata = require_object(fields.get("metadata") or {}, f"{where}.metadata")
    return Builder(
        require_string(builder.get("id"), f"{where}.builder.id"),
        require_string(metadata.get("invocationId") or "", f"{where}.metadata.invocationId"),
    )
