"""An architecture is added by data, as docs/architecture.md describes it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from tests.e2e.additions import add
from tests.inner_bazel.inner_bazel import InnerBazel, copy_source_tree
from tools.lib.debian.manifest_hash import manifest_sha256
from tools.lib.debian.testing import deb, directory, file, symlink

# By file: the text that is added after another text.
DATA = {
    "rules/private/architectures.bzl": {
        "DEBIAN_ARCHITECTURES = {\n": """\
    "made-up": struct(
        oci = "madeup",
        variant = "",
        triplet = "madeup-linux-gnu",
        loader = "/lib/ld-madeup.so.1",
    ),
"""
    },
    "tools/lib/debian/architectures.py": {
        "ARCHITECTURES = (\n": """\
    Architecture(
        name="madeup",
        debian="made-up",
        triplet="madeup-linux-gnu",
        loader="/lib/ld-madeup.so.1",
        machine=ElfMachine(64, "little", 65000),
        qemu="madeup",
        uname=("madeup",),
    ),
"""
    },
    "private/distributions.bzl": {
        "_DEBIAN_NAMES = [": '"made-up", ',
        '    "debian13": struct(\n        architectures = [': '"madeup", ',
    },
    "private/lock/debian13.yaml": {"\narchitectures: [": "made-up, "},
}


def base_files() -> bytes:
    """Debian 13's base-files, as far as an image needs it."""
    control = b"Package: base-files\nVersion: 13.8\nArchitecture: made-up\nDescription: made up\n"
    return deb(
        directory("./usr/lib"),
        symlink("./lib", "usr/lib"),
        symlink("./bin", "usr/bin"),
        symlink("./sbin", "usr/sbin"),
        directory("./usr/bin"),
        directory("./usr/sbin"),
        directory("./usr/share/doc/base-files"),
        file("./usr/share/doc/base-files/copyright", b"made up\n"),
        file("./usr/lib/os-release", b"ID=debian\n"),
        control=control,
    )


def lock_it(workspace: Path, package: Path) -> None:
    """Adds the architecture to the lock of Debian 13, with a package file of its own."""
    data = base_files()
    package.write_bytes(data)
    path = workspace / "private/lock/debian13.lock.json"
    lock: dict[str, Any] = json.loads(path.read_text())
    key = "base-files_13.8_made-up"
    lock["packages"][key] = {
        "name": "base-files",
        "version": "13.8",
        "architecture": "made-up",
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "url": package.as_uri(),
        "depends": [],
        "relations": {},
    }
    for name in ("static", "ca-certificates"):
        keys = lock["sets"][name]["amd64"]
        lock["sets"][name]["made-up"] = sorted(
            key if each.startswith("base-files_") else each for each in keys
        )
    manifest = (workspace / "private/lock/debian13.yaml").read_bytes()
    lock["manifest_sha256"] = manifest_sha256(manifest)
    path.write_text(json.dumps(lock))


def test_an_architecture_is_added_by_data_alone(tmp_path: Path) -> None:
    workspace = copy_source_tree(tmp_path / "workspace")
    add(workspace, DATA)
    lock_it(workspace, tmp_path / "base-files_13.8_made-up.deb")
    image = "static_nonroot_madeup_debian13"
    with InnerBazel(workspace, tmp_path / "root") as bazel:
        bazel.succeed("build", f"//static:{image}")
        bazel.succeed("test", "//tests/rules:test_architectures")
        layout = bazel.built(f"static/{image}")
        manifest = json.loads(blob(layout, json.loads((layout / "index.json").read_text())))
        config = json.loads((layout / "blobs/sha256" / digest(manifest["config"])).read_text())
        assert (config["os"], config["architecture"]) == ("linux", "madeup")


def blob(layout: Path, index: dict[str, Any]) -> str:
    return (layout / "blobs/sha256" / digest(index["manifests"][0])).read_text()


def digest(descriptor: dict[str, str]) -> str:
    return descriptor["digest"].removeprefix("sha256:")
