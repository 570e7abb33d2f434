"""What is pushed: an image, an index, or any other artifact, with all that it refers to.

The documents and blobs come from files of a build, and from OCI image layouts.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    parse_object,
    read_document,
    require_list,
    require_string,
)
from tools.lib.oci.descriptor import INDEX, Descriptor, Digest, digest_of, parse_descriptor
from tools.lib.oci.layout import find_blob
from tools.lib.oci.manifest import parse_index
from tools.lib.registry.blob_source import BlobSource, BlobStore, Origin
from tools.lib.registry.document import Document

_MAX_DOCUMENTS = 10000


@dataclass(frozen=True, slots=True)
class ManifestContent:
    """A manifest and the blobs that it refers to; an index has none."""

    document: Document
    blobs: tuple[BlobSource, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """All documents, each after those that it refers to: the last one is the root."""

    manifests: tuple[ManifestContent, ...]

    @property
    def root(self) -> Document:
        """The image, or the index."""
        return self.manifests[-1].document

    @property
    def blobs(self) -> dict[Digest, BlobSource]:
        """All blobs, each once."""
        return {blob.digest: blob for each in self.manifests for blob in each.blobs}


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """Where blobs are: files by their digests, and directories that are layouts.

    `origins` has those that are in repositories only. `store` has all others.
    """

    files: Mapping[Digest, str]
    layouts: Sequence[str] = ()
    origins: Mapping[Digest, Origin] = field(default_factory=dict)
    store: BlobStore | None = None

    def find(self, digest: Digest) -> str | None:
        """The path of a blob."""
        return self.files.get(digest) or find_blob(self.layouts, digest)


def files_by_digest(paths: Iterable[str]) -> dict[Digest, str]:
    """Small files, such as manifests and configs, by the digests of their contents."""
    return {digest_of(read_document(path)): path for path in paths}


def layout_root(layout: str) -> Descriptor:
    """The image or index that a layout is about: the only one in its index.json.

    Raises:
        ToolError: there are none or several.
    """
    path = f"{layout}/index.json"
    if not os.path.isfile(path):
        raise ToolError(f"{layout}: not an OCI image layout: it has no index.json")
    roots = {each.digest: each for each in parse_index(read_document(path), path).manifests}
    if len(roots) != 1:
        raise ToolError(
            f"{path}: {len(roots)} images or indexes", "the layout must have one; make an index"
        )
    return next(iter(roots.values()))


def collect(root: Descriptor, files: LocalFiles, where: str) -> Content:
    """All that is reachable from a manifest or an index.

    A layer that may not be redistributed (it has `urls`) is left out if it is not at hand.

    Args:
        root: its descriptor.
        files: where the rest is.
        where: names the image in errors.

    Raises:
        ToolError: something is missing, or a document is not valid.
    """
    done: dict[Digest, ManifestContent] = {}
    _collect(root, files, where, done)
    return Content(tuple(done.values()))


def _collect(
    item: Descriptor, files: LocalFiles, where: str, done: dict[Digest, ManifestContent]
) -> None:
    if item.digest in done:
        return
    if len(done) > _MAX_DOCUMENTS:
        raise ToolError(f"{where}: more than {_MAX_DOCUMENTS} manifests")
    path = files.find(item.digest)
    if path is None:
        raise ToolError(f"{where}: manifest {item.digest} is missing", "build the image again")
    data = read_document(path)
    if digest_of(data) != item.digest:
        raise ToolError(f"{path}: its digest is not {item.digest}", "build the image again")
    fields = parse_object(data, path)
    media_type = require_string(fields.get("mediaType") or item.media_type, f"{path}: mediaType")
    if "manifests" in fields or item.media_type == INDEX:
        for child in parse_index(data, path).manifests:
            _collect(child, files, where, done)
        done[item.digest] = ManifestContent(Document(media_type, data), ())
        return
    references = [fields.get("config"), *require_list(fields.get("layers") or [], path)]
    descriptors = [parse_descriptor(each, f"{path}: blobs") for each in references if each]
    blobs = []
    for each in descriptors:
        if blob := files.find(each.digest):
            blobs.append(_source(each, blob))
        elif origin := files.origins.get(each.digest):
            blobs.append(BlobSource(each.digest, each.size, origin=origin))
        elif files.store and not each.urls:
            blobs.append(BlobSource(each.digest, each.size, store=files.store))
        elif not each.urls:
            raise ToolError(f"{where}: blob {each.digest} is missing", "build the image again")
    done[item.digest] = ManifestContent(Document(media_type, data), tuple(blobs))


def _source(blob: Descriptor, path: str) -> BlobSource:
    size = os.stat(path).st_size
    if size != blob.size:
        raise ToolError(
            f"{path}: {size} bytes, but blob {blob.digest} has {blob.size}", "build it again"
        )
    return BlobSource(blob.digest, size, path)
