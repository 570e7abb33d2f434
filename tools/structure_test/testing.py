"""Images for the tests, made in memory, and the busybox that runs in them."""

from __future__ import annotations

import gzip
import io
import json
import os
import platform
import shutil
import sys
import tarfile
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tools.lib.archive import ar
from tools.lib.archive import tar_reader as tar
from tools.lib.archive.decompress import chunks
from tools.lib.cli.errors import run
from tools.lib.data.json_values import Json, compact
from tools.lib.oci.documents import CONFIG, INDEX, LAYER, MANIFEST, Descriptor, describe, digest_of
from tools.lib.oci.layout import select_image
from tools.structure_test.__main__ import main
from tools.structure_test.image import ImageFiles

DEBIAN = {"arm": "armhf", "ppc64le": "ppc64el"}
"""Debian's names of OCI's architectures, where they differ."""

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
HOST = _MACHINES.get(platform.machine(), platform.machine())
"""This machine's architecture, in OCI's name."""

APPLETS = ("cat", "id", "ls", "sh", "sleep", "stat", "test", "touch")


class Entry(NamedTuple):
    """An entry of a layer; `kind` is tarfile's, `link` a symlink's text or a hard link's target."""

    name: str
    data: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    kind: bytes = tarfile.REGTYPE
    link: str = ""


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
    """Writes an OCI layout of one image; returns its path."""
    image = write_image(path, *layers, config=config, architecture=architecture)
    return write_index(path, [image])


def write_index(path: Path, manifests: Iterable[Descriptor]) -> str:
    """Makes a layout of the directory that has these images' blobs; returns its path."""
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
    """Writes the blobs of an image, its layers compressed by gzip.

    Args:
        path: directory of the layout.
        layers: tars, the lowest first.
        config: how the image runs: the config's `config`.
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
    """An image of one layer, opened for tests that run no command."""
    layout = write_layout(path, layer(*entries), config=config)
    return ImageFiles(layout, select_image(layout, None))


def shell(architecture: str = HOST) -> list[Entry]:
    """A file system with busybox as its shell, and users as the images have them."""
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


class Ran(NamedTuple):
    """What came of a run of the tool."""

    status: int
    stdout: str
    stderr: str


class Started(NamedTuple):
    """A run of the tool that may still go on."""

    process: int
    outputs: tuple[int, int]

    def wait(self) -> Ran:
        _, status = os.waitpid(self.process, 0)
        texts = []
        for output in self.outputs:
            with open(output, encoding="utf-8") as file:
                file.seek(0)
                texts.append(file.read())
        return Ran(os.waitstatus_to_exitcode(status), *texts)


def start_tool(*arguments: str) -> Started:
    """Runs the tool in a process of its own, for it moves to other namespaces."""
    outputs = os.memfd_create("stdout"), os.memfd_create("stderr")
    process = os.fork()
    if process != 0:
        return Started(process, outputs)
    status = 70
    try:
        os.dup2(outputs[0], 1)
        os.dup2(outputs[1], 2)
        sys.stdout, sys.stderr = (
            open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            for number in (1, 2)
        )
        status = run(main, ["structure_test", *arguments])
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def run_tool(*arguments: str) -> Ran:
    return start_tool(*arguments).wait()


def sh(script: str, **more: Any) -> dict[str, Any]:
    """A command test that runs a script."""
    return {"command": "sh", "args": ["-c", script], **more}


def stdout(result: dict[str, Any]) -> str:
    """What the command of a test wrote, in a report in JSON; that it did well is checked."""
    assert result["Pass"], result
    text: str = result.get("Stdout", "")
    return text


def write_config(path: Path, **fields: object) -> str:
    """Writes a config of schema 2.0.0; returns its path."""
    path.write_text(json.dumps({"schemaVersion": "2.0.0", **fields}))
    return str(path)


def busybox(architecture: str = HOST) -> bytes:
    """Debian's static busybox, from the packages that BUSYBOX_DEBS names, else this machine's."""
    debs = os.environ.get("BUSYBOX_DEBS", "").split()
    if not debs and architecture == HOST:
        own = shutil.which("busybox")
        assert own, "the tests run busybox: install Debian's package busybox-static"
        return Path(own).read_bytes()
    suffix = f"_{DEBIAN.get(architecture, architecture)}.deb"
    deb = next((deb for deb in debs if deb.endswith(suffix)), None)
    assert deb, f"BUSYBOX_DEBS names no busybox-static*{suffix}"
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
    blob = describe(media_type, data, {})
    target = path / "blobs" / blob.digest.replace(":", "/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return blob
