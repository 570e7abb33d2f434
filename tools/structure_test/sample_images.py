"""Images for tests, made in memory, with Debian's busybox as their only program."""

from __future__ import annotations

import gzip
import io
import os
import platform
import shutil
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.lib.archive import ar
from tools.lib.archive import tar_reader as tar
from tools.lib.archive.decompress import chunks
from tools.lib.data.json_values import Json, compact
from tools.lib.debian.architectures import find_architecture, find_machine
from tools.lib.oci.descriptor import CONFIG, INDEX, LAYER, MANIFEST, Descriptor, describe, digest_of
from tools.lib.oci.layout import select_image
from tools.structure_test.image import ImageFiles

_HOST = find_machine(platform.machine())
assert _HOST
HOST = _HOST.name
"""OCI's name of this machine's architecture."""

APPLETS = ("cat", "id", "ls", "sh", "sleep", "stat", "test", "touch")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a layer."""

    name: str
    data: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    kind: bytes = tarfile.REGTYPE
    """A type of tarfile."""
    link: str = ""
    """The text of a symlink, or the target of a hard link."""


def directory(name: str, mode: int = 0o755, uid: int = 0, gid: int = 0) -> Entry:
    return Entry(name, b"", mode, uid, gid, tarfile.DIRTYPE)


def symlink(name: str, target: str) -> Entry:
    return Entry(name, mode=0o777, kind=tarfile.SYMTYPE, link=target)


def hardlink(name: str, target: str) -> Entry:
    return Entry(name, kind=tarfile.LNKTYPE, link=target)


def layer(*entries: Entry) -> bytes:
    """The tar of a layer."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry in entries:
            info = tarfile.TarInfo(entry.name)
            info.size, info.mode, info.type = len(entry.data), entry.mode, entry.kind
            info.uid, info.gid, info.linkname = entry.uid, entry.gid, entry.link
            archive.addfile(info, io.BytesIO(entry.data))
    return out.getvalue()


def write_layout(
    path: Path, *layers: bytes, config: Mapping[str, object] | None = None, architecture: str = HOST
) -> str:
    """Writes an OCI layout of one image. Returns its path."""
    image = write_image(path, *layers, config=config, architecture=architecture)
    return write_index(path, [image])


def write_index(path: Path, manifests: Iterable[Descriptor]) -> str:
    """Writes the index of a layout whose directory already has the blobs. Returns its path."""
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [descriptor.to_json() for descriptor in manifests],
    }
    (path / "index.json").write_bytes(compact(index))
    (path / "oci-layout").write_bytes(b'{"imageLayoutVersion":"1.0.0"}')
    return str(path)


def write_image(
    path: Path, *layers: bytes, config: Mapping[str, object] | None = None, architecture: str = HOST
) -> Descriptor:
    """Writes the blobs of an image, with layers compressed by gzip.

    Args:
        path: directory of the layout.
        layers: tars, from the bottom up.
        config: the `config` field of the image's config.
        architecture: OCI's name.
    """
    document: Json = {
        "os": "linux",
        "architecture": architecture,
        "config": config or {},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(each) for each in layers]},
    }
    packed = [gzip.compress(each, 1, mtime=0) for each in layers]
    manifest: Json = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _write_blob(path, CONFIG, compact(document)).to_json(),
        "layers": [_write_blob(path, LAYER + "+gzip", each).to_json() for each in packed],
    }
    return _write_blob(path, MANIFEST, compact(manifest))


def open_image(
    path: Path, *entries: Entry, config: Mapping[str, object] | None = None
) -> ImageFiles:
    """Opens an image of one layer for tests without commands."""
    layout = write_layout(path, layer(*entries), config=config)
    return ImageFiles(layout, select_image(layout, None))


def shell(architecture: str = HOST) -> list[Entry]:
    """A file system with busybox as its shell, and the users of our images."""
    passwd = "root:x:0:0:root:/root:/bin/sh\nnonroot:x:65532:65532:nonroot:/home/nonroot:/bin/sh\n"
    return [
        directory("bin"),
        Entry("bin/busybox", busybox(architecture), 0o755),
        *(symlink(f"bin/{name}", "busybox") for name in APPLETS),
        directory("etc"),
        Entry("etc/passwd", passwd.encode()),
        Entry("etc/group", b"root:x:0:\nnonroot:x:65532:\nextra:x:500:nonroot\n"),
        directory("home"),
        directory("home/nonroot", 0o700, 65532, 65532),
        directory("root", 0o700),
        directory("tmp", 0o1777),
    ]


def busybox(architecture: str = HOST) -> bytes:
    """Debian's static busybox, from one of the packages in BUSYBOX_DEBS, else from this machine."""
    debs = os.environ.get("BUSYBOX_DEBS", "").split()
    if not debs and architecture == HOST:
        own = shutil.which("busybox")
        assert own, "the tests run busybox: install Debian's package busybox-static"
        return Path(own).read_bytes()
    suffix = f"_{find_architecture(architecture).debian}.deb"
    deb = next((deb for deb in debs if deb.endswith(suffix)), None)
    assert deb, f"BUSYBOX_DEBS does not name busybox-static*{suffix}"
    with open(deb, "rb") as file:
        archive = ar.members(file, os.path.getsize(deb))
        member = next(each for each in archive if each.name.startswith("data.tar"))
        file.seek(member.offset)
        packed = io.BytesIO(file.read(member.size))
    data = b"".join(chunks(packed, member.name.removeprefix("data.tar")))

    def read_at(offset: int, size: int) -> bytes:
        return data[offset : offset + size]

    found = next(
        each
        for each in tar.members(read_at, len(data))
        if each.entry.type == "file" and each.entry.path.endswith("bin/busybox")
    )
    return b"".join(tar.content(found, read_at))


def _write_blob(path: Path, media_type: str, data: bytes) -> Descriptor:
    blob = describe(media_type, data)
    target = path / "blobs" / blob.digest.replace(":", "/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return blob
