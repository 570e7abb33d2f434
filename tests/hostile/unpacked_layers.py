"""What a layer unpacks to: by umoci, and as structure_test sees it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.diff.layer_content import content_of_tar
from tools.lib.diff.view import view_layers
from tools.lib.oci.descriptor import LAYER, Digest, describe, digest_of
from tools.lib.rootfs.layer_stream import members
from tools.lib.rootfs.tree import FileLocation, Tree

_TYPES = {
    "file": stat.S_IFREG,
    "directory": stat.S_IFDIR,
    "symlink": stat.S_IFLNK,
    "char": stat.S_IFCHR,
    "block": stat.S_IFBLK,
    "fifo": stat.S_IFIFO,
}


@dataclass(frozen=True, slots=True)
class Node:
    """A file of the unpacked layer, without its owner, which needs root to be set.

    `mode` is that of stat(2), without permissions for a link; `content` a hash, or a link's text.
    """

    mode: int
    content: str


def write_layout(path: Path, *layers: bytes) -> None:
    """Writes an OCI layout of one image, named `t`."""
    (path / "blobs/sha256").mkdir(parents=True)

    def put(media_type: str, data: bytes) -> dict[str, object]:
        digest = hashlib.sha256(data).hexdigest()
        (path / "blobs/sha256" / digest).write_bytes(data)
        kind = f"application/vnd.oci.image.{media_type}"
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data)}

    blobs = [put("layer.v1.tar", layer) for layer in layers]
    config = {
        "os": "linux",
        "architecture": "amd64",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [blob["digest"] for blob in blobs]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": put("config.v1+json", json.dumps(config).encode()),
        "layers": blobs,
    }
    descriptor = put("manifest.v1+json", json.dumps(manifest).encode())
    descriptor["annotations"] = {"org.opencontainers.image.ref.name": "t"}
    index = {"schemaVersion": 2, "manifests": [descriptor]}
    (path / "index.json").write_text(json.dumps(index))
    (path / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')


def by_umoci(layout: Path, bundle: Path) -> dict[bytes, Node] | str:
    """The files that umoci unpacks, by path; its message if it fails."""
    command = ["umoci", "unpack", "--rootless", "--image", f"{layout}:t", str(bundle)]
    result = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if result.returncode:
        return result.stderr
    root = os.fsencode(bundle / "rootfs")
    found: dict[bytes, Node] = {}
    for directory, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(directory, name)
            found[os.path.relpath(path, root)] = _node(path)
    for path in found:
        if os.path.isdir(os.path.join(root, path)):
            os.chmod(os.path.join(root, path), 0o700)
    shutil.rmtree(bundle)
    return found


def by_structure_test(*layers: Path) -> dict[bytes, Node]:
    """The files that structure_test sees; a ToolError if it refuses a layer."""
    tree = Tree()
    contents: dict[FileLocation, str] = {}
    for number, path in enumerate(layers):
        digest = Digest(f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}")

        def keep(ordinal: int, content: Iterator[bytes], number: int = number) -> None:
            data = b"".join(content)
            contents[FileLocation(number, ordinal)] = hashlib.sha256(data).hexdigest()

        tree.apply(members(str(path), digest, digest, keep))
    found: dict[bytes, Node] = {}
    for at in tree.walk():
        inode = at.inode
        if inode.is_link:
            node = Node(stat.S_IFLNK, inode.link)
        else:
            node = Node(inode.mode, contents[inode.source] if inode.source else "")
        found[path_bytes(at.path).lstrip(b"/")] = node
    return found


def by_diff(*layers: Path) -> dict[bytes, Node]:
    """The files that the comparison of images sees; a ToolError if it refuses a layer."""
    contents = []
    for path in layers:
        data = path.read_bytes()
        contents.append(content_of_tar(str(path), describe(LAYER, data), digest_of(data)))
    files = view_layers(contents).files
    found: dict[bytes, Node] = {}
    for name, state in files.items():
        if name == "/":
            continue
        node = Node(_TYPES[state.type] | state.mode, state.sha256)
        if state.type == "symlink":
            node = Node(stat.S_IFLNK, state.link)
        found[path_bytes(name).lstrip(b"/")] = node
    return found


def _node(path: bytes) -> Node:
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        text = os.readlink(path).decode("utf-8", "surrogateescape")
        return Node(stat.S_IFLNK, text)
    content = ""
    if stat.S_ISREG(status.st_mode):
        with open(path, "rb") as file:
            content = hashlib.sha256(file.read()).hexdigest()
    return Node(status.st_mode, content)
