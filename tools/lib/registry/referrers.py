"""What is attached to a manifest: referrers (distribution-spec 1.1, "Listing Referrers").

A registry without the API has the list under a tag, `sha256-<hex>`, which clients write.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    MAX_DOCUMENT,
    Json,
    compact,
    parse_object,
    require_list,
    require_string,
)
from tools.lib.oci.descriptor import (
    INDEX,
    MANIFEST,
    Descriptor,
    Digest,
    describe,
    digest_of,
    parse_descriptor,
)
from tools.lib.oci.manifest import Index, parse_index
from tools.lib.registry.blob_locations import BlobLocations
from tools.lib.registry.blob_source import BlobSource
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.document import Document
from tools.lib.registry.download import download_blob
from tools.lib.registry.errors import NotFoundError, RegistryError
from tools.lib.registry.push import PushReport
from tools.lib.registry.transport import read_bounded
from tools.lib.registry.upload import mount_blob, upload_blob

EMPTY = "application/vnd.oci.empty.v1+json"
"""The media type of an empty config (image-spec 1.1, "Guidance for an Empty Descriptor")."""

_EMPTY_DATA = b"{}"
EMPTY_DIGEST = digest_of(_EMPTY_DATA)
"""The config of all artifacts."""
_MAX_PAGES = 100
_MAX_ARTIFACT = 128 << 20
_NO_API = frozenset({400, 404, 405, 406, 501})
"""Statuses of registries that do not have the API."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that is attached to a manifest.

    Attributes:
        artifact_type: says what it is.
        data: its content.
        annotations: of its manifest; a list of referrers shows them.
    """

    artifact_type: str
    data: bytes
    annotations: Mapping[str, str] = field(default_factory=dict)

    def manifest(self, subject: Descriptor) -> bytes:
        """The manifest that attaches it to a subject; the same each time."""
        fields: Json = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": self.artifact_type,
            "config": describe(EMPTY, _EMPTY_DATA).to_json(),
            "layers": [describe(self.artifact_type, self.data).to_json()],
            "subject": {
                "mediaType": subject.media_type,
                "digest": subject.digest,
                "size": subject.size,
            },
        }
        if self.annotations:
            fields["annotations"] = dict(self.annotations)
        return compact(fields)


class Referrers:
    """The referrers in one repository. Several threads may use it, each for another subject.

    Args:
        client: the repository; to push, it must be writable.
        locations: of blobs, shared by all that push to the registry: what another repository has is
            mounted from there.
    """

    def __init__(self, client: RepositoryClient, locations: BlobLocations | None = None) -> None:
        self._client = client
        self._locations = locations or BlobLocations()
        self._has_api: bool | None = None
        self._present: set[Digest] = set()

    def list(self, subject: Digest) -> tuple[Descriptor, ...]:
        """Descriptors of the manifests that are attached to a subject.

        `artifact_type_of` gives their types. Their annotations may be missing: not every client
        copies them.
        """
        if self._has_api is not False:
            found = self._from_api(subject)
            self._has_api = found is not None
            if found is not None:
                return found
        return self._from_tag(subject).manifests

    def has(self, referrer: Digest) -> bool:
        """Whether a manifest is there that the list names.

        A registry with the API lists what it has. Where clients write the list, they may have
        written anything.
        """
        return bool(self._has_api) or self._client.head_manifest(referrer) == referrer

    def read(self, referrer: Descriptor) -> Artifact:
        """The file that a referrer attaches: its only layer.

        Raises:
            RegistryError: it cannot be read.
            ToolError: it is not a manifest with one layer.
        """
        document = self._client.get_manifest(referrer.digest)
        where = f"{self._client.registry.host}/{self._client.where(str(referrer.digest))}"
        fields = parse_object(document.data, where)
        layers = require_list(fields.get("layers"), f"{where}: layers")
        if len(layers) != 1:
            raise ToolError(f"{where}: {len(layers)} layers, must be one")
        layer = parse_descriptor(layers[0], f"{where}: layers[0]")
        if layer.size > _MAX_ARTIFACT:
            raise ToolError(f"{where}: larger than {_MAX_ARTIFACT >> 20} MiB")
        out = io.BytesIO()
        download_blob(self._client, layer, out)
        config = parse_descriptor(fields.get("config"), f"{where}: config")
        return Artifact(
            require_string(fields.get("artifactType") or config.media_type, f"{where}: type"),
            out.getvalue(),
            parse_descriptor({**referrer.to_json(), **_annotations(fields)}, where).annotations,
        )

    def push(self, subject: Descriptor, artifacts: Sequence[Artifact]) -> PushReport:
        """Attaches files to a subject, unless they are attached.

        Of two clients that attach to one subject at the same time in a registry without the API,
        one may lose its entry in the list; the next `push` adds it again.
        """
        report = PushReport()
        before = self.list(subject.digest)
        known = {each.digest for each in before}
        added: dict[Digest, Descriptor] = {}
        for artifact in artifacts:
            data = artifact.manifest(subject)
            descriptor = replace(
                describe(MANIFEST, data),
                annotations=artifact.annotations,
                other={"artifactType": artifact.artifact_type},
            )
            if descriptor.digest in added:
                continue
            if descriptor.digest in known and self.has(descriptor.digest):
                continue
            for content in (_EMPTY_DATA, artifact.data):
                self._bring(BlobSource(digest_of(content), len(content), data=content), report)
            self._client.put_manifest(Document(MANIFEST, data), descriptor.digest)
            report.manifests += 1
            added[descriptor.digest] = descriptor
        if added and not self._has_api:
            self._write_tag(subject.digest, list(added.values()))
            report.tags += 1
        return report

    def _from_api(self, subject: Digest) -> tuple[Descriptor, ...] | None:
        """The list by the API; None if the registry does not have it."""
        where = self._client.where(f"referrers of {subject}")
        url = self._client.url(f"referrers/{subject}")
        found: list[Descriptor] = []
        for _ in range(_MAX_PAGES):
            try:
                response = self._client.registry.call(
                    "GET", url, 200, where=where, scope=self._client.scope
                )
            except RegistryError as error:
                if error.status in _NO_API and not found:
                    return None
                raise
            page = read_bounded(response, MAX_DOCUMENT, where)
            found += parse_index(page, f"{self._client.registry.host}/{where}").manifests
            link = response.links.get("next", {}).get("url")
            if not link:
                return tuple(found)
            url = self._client.registry.url(urljoin(url, link))
        raise RegistryError(f"{self._client.registry.host}/{where}: more than {_MAX_PAGES} pages")

    def _from_tag(self, subject: Digest) -> Index:
        try:
            document = self._client.get_manifest(_tag_of(subject))
        except NotFoundError:
            return Index(())
        return parse_index(document.data, self._client.where(f"tag {_tag_of(subject)}"))

    def _write_tag(self, subject: Digest, added: Sequence[Descriptor]) -> None:
        """Adds to the list of a registry without the API; others may have changed it meanwhile."""
        before = self._from_tag(subject)
        kept = {each.digest: each for each in (*before.manifests, *added)}
        index = replace(before, manifests=tuple(kept.values()))
        self._client.put_manifest(Document(INDEX, index.encode()), _tag_of(subject))

    def _bring(self, blob: BlobSource, report: PushReport) -> None:
        with self._locations.lock(blob.digest):
            if blob.digest in self._present:
                return
            if self._client.has_blob(blob.digest):
                report.present += 1
            elif any(
                mount_blob(self._client, blob.digest, source)
                for source in self._locations.sources(blob.digest, self._client.repository.path)
            ):
                report.mounted += 1
            else:
                upload_blob(self._client, blob)
                report.uploaded += 1
                report.uploaded_bytes += blob.size
            self._present.add(blob.digest)
            self._locations.add(blob.digest, self._client.repository.path)


def artifact_type_of(referrer: Descriptor) -> str:
    """The artifact type that a list of referrers gives; "" if it gives none."""
    return str(referrer.other.get("artifactType") or "")


def _annotations(fields: Json) -> Json:
    return {"annotations": fields["annotations"]} if fields.get("annotations") else {}


def _tag_of(subject: Digest) -> str:
    return subject.replace(":", "-")
