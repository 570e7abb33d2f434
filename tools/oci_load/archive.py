"""The archives that `docker load` and its relatives read.

docker: `docker save`'s format, a manifest.json that lists one image by paths in the archive, and
its tags (source: moby, image/tarexport). oci: an OCI image layout as a tar; it can have an index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import IO

from tools.lib.archive.tar_entry import END_OF_ARCHIVE, TarEntry, header, padding
from tools.lib.cli.files import dump_json
from tools.lib.data.json_values import compact
from tools.lib.oci.descriptor import describe
from tools.lib.oci.layout import blob_path
from tools.lib.oci.manifest import Index
from tools.lib.oci.reference import Reference
from tools.lib.registry.blob_source import BlobSource
from tools.lib.registry.content import Content
from tools.oci_load.selection import LoadableImage

_OCI_LAYOUT = compact({"imageLayoutVersion": "1.0.0"})


@dataclass(frozen=True, slots=True)
class Archive:
    """Files by path: documents first, then blobs sorted by digest."""

    documents: tuple[tuple[str, bytes], ...]
    blobs: tuple[BlobSource, ...]

    def write(self, out: IO[bytes]) -> None:
        """Writes the tar."""
        for path, data in self.documents:
            out.write(header(TarEntry(path, "file", 0o644, size=len(data))) + data)
            out.write(padding(len(data)))
        for blob in self.blobs:
            out.write(header(TarEntry(_path(blob), "file", 0o644, size=blob.size)))
            for chunk in blob.read():
                out.write(chunk)
            out.write(padding(blob.size))
        out.write(END_OF_ARCHIVE)


def docker_archive(image: LoadableImage, names: Sequence[Reference]) -> Archive:
    """The archive of an image for one platform."""
    by_digest = {blob.digest: blob for blob in image.blobs}
    manifest = image.image.manifest
    entry = {
        "Config": _path(by_digest[manifest.config.digest]),
        "RepoTags": [f"{name.repository.short_name}:{name.tag or 'latest'}" for name in names],
        "Layers": [_path(by_digest[layer.digest]) for layer in manifest.layers],
    }
    return Archive((("manifest.json", dump_json([entry])),), _sorted(image.blobs))


def oci_archive(content: Content, names: Sequence[Reference]) -> Archive:
    """The archive of an image or an index, which is listed once for each name."""
    root = describe(content.root.media_type, content.root.data)
    roots = [
        replace(
            root,
            annotations={
                "org.opencontainers.image.ref.name": name.tag or "latest",
                "io.containerd.image.name": f"{name.repository}:{name.tag or 'latest'}",
            },
        )
        for name in names
    ]
    documents = {
        blob_path("", each.document.digest)[1:]: each.document.data for each in content.manifests
    }
    return Archive(
        (
            ("oci-layout", _OCI_LAYOUT),
            ("index.json", Index(tuple(roots or [root])).encode()),
            *sorted(documents.items()),
        ),
        _sorted(content.blobs.values()),
    )


def _path(blob: BlobSource) -> str:
    return blob_path("", blob.digest).removeprefix("/")


def _sorted(blobs: Iterable[BlobSource]) -> tuple[BlobSource, ...]:
    unique = {blob.digest: blob for blob in blobs}
    return tuple(unique[digest] for digest in sorted(unique))
