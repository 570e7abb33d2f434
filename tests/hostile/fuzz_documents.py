"""Mutated documents: parts, layers, layouts, tests of images, manifests and locks."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from tests.hostile.fuzz_archives import ENTRIES, TAR, Case, mutate_layer
from tests.hostile.mutations import mutate_bytes, mutate_json
from tests.hostile.tool_runs import convert_deb
from tests.hostile.unpacked_layers import write_layout
from tools.lib.debian.lock import Lock, LockedPackage, Sha256, package_key, render_lock
from tools.lib.debian.manifest_hash import manifest_sha256
from tools.lib.debian.names import DebianArchitecture, PackageName, Version
from tools.lib.debian.testing import deb


@cache
def _part() -> Mapping[str, bytes]:
    """The outputs of the tool `deb` for a good package."""
    with TemporaryDirectory() as name:
        directory = Path(name)
        convert_deb(deb(*ENTRIES, sums=b""), directory).check()
        return {
            "part.json": (directory / "out.json").read_bytes(),
            "blob": (directory / "out.blob").read_bytes(),
            "layer.json": (directory / "out.layer.json").read_bytes(),
        }


_CONFIG = {
    "os": "linux",
    "architecture": "amd64",
    "config": {"Env": ["PATH=/bin"], "Cmd": ["a"], "User": "0", "Labels": {"a": "b"}},
    "rootfs": {"type": "layers", "diff_ids": [f"sha256:{0:064}"]},
    "history": [{"created_by": "x"}],
}


def part(dice: random.Random) -> Case:
    """A part.json that is joined to a layer, listed, searched or checked."""
    files = {**_part(), "config.json": json.dumps(_CONFIG).encode()}
    files["part.json"] = mutate_json(dice, files["part.json"])
    if dice.random() < 0.1:
        files["blob"] = mutate_bytes(dice, files["blob"])
    module, arguments, outputs = dice.choice(
        [
            (
                "tools.oci_layer",
                ["--part", "part.json", "blob", "--blob-out=o", "--layer-out=o.json", "--label=x"],
                ["o", "o.json"],
            ),
            ("tools.listing", ["--part=part.json", "--listing-out=o"], ["o"]),
            (
                "tools.ld_so_cache",
                ["--part=part.json", "--blob-out=o", "--part-out=o.json", "--label=x"],
                ["o", "o.json"],
            ),
            (
                "tools.check_image",
                ["--part=part.json", "--base-config=config.json", "--report-out=o"],
                ["o"],
            ),
        ]
    )
    return Case(files, module, arguments, outputs)


def layer(dice: random.Random) -> Case:
    """A layer.json and the options of an image, which become its config and manifest."""
    options = {
        "os": "linux",
        "architecture": "amd64",
        "version": 1,
        "user": "1:1",
        "workdir": "/",
        "env": [["A", "B"]],
        "cmd": ["a"],
        "exposed_ports": ["80/tcp"],
        "labels": {"a": "b"},
    }
    files = {"layer.json": _part()["layer.json"], "options.json": json.dumps(options).encode()}
    name = dice.choice(list(files))
    files[name] = mutate_json(dice, files[name])
    outputs = ["c", "m", "d"]
    arguments = ["--layer", "0", "layer.json", "--image", "image", "options.json"]
    flags = ["--config-out=c", "--manifest-out=m", "--digest-out=d"]
    return Case(files, "tools.oci_image", [*arguments, *flags], outputs)


@cache
def _layout() -> Mapping[str, bytes]:
    with TemporaryDirectory() as name:
        root = Path(name) / "layout"
        write_layout(root, TAR)
        return {
            f"layout/{path.relative_to(root)}": path.read_bytes()
            for path in root.rglob("*")
            if path.is_file()
        }


_TESTS = {
    "schemaVersion": "2.0.0",
    "globalEnvVars": [{"key": "A", "value": "b"}],
    "fileExistenceTests": [
        {"name": "a", "path": "/usr/bin/a", "shouldExist": True, "permissions": "-rwxr-xr-x"}
    ],
    "fileContentTests": [{"name": "b", "path": "/usr/bin/b", "expectedContents": ["#!.*"]}],
    "licenseTests": [{"debian": True, "files": ["/usr/bin/a"]}],
    "metadataTest": {
        "envVars": [{"key": "A", "value": "b"}],
        "workdir": "/",
        "exposedPorts": ["80"],
    },
}


def layout(dice: random.Random) -> Case:
    """A layout that is imported or tested."""
    files = _mutated_layout(dice)
    if dice.random() < 0.5:
        outputs = ["m", "c"]
        arguments = ["--layout=layout", "--manifest-out=m", "--config-out=c"]
        return Case(files, "tools.oci_import", arguments, outputs)
    files["tests.yaml"] = json.dumps(_TESTS).encode()
    return Case(files, "tools.structure_test", ["--image=layout", "--config=tests.yaml"])


def compared_layouts(dice: random.Random) -> Case:
    """A layout that is compared with one from which it was made."""
    changed = {
        path.replace("layout/", "changed/", 1): data for path, data in _mutated_layout(dice).items()
    }
    outputs = ["o.json", "o.md"]
    arguments = ["layout", "changed", "--json=o.json", "--markdown=o.md"]
    return Case({**_layout(), **changed}, "tools.diff", arguments, outputs)


def _mutated_layout(dice: random.Random) -> dict[str, bytes]:
    """The files of a layout. Changed blobs get their right digests, but not all."""
    files = dict(_layout())
    index = json.loads(files["layout/index.json"])
    manifest_path = _blob(index["manifests"][0])
    manifest = json.loads(files[manifest_path])
    kind = dice.choice(["index", "manifest", "config", "layer", "layer", "bytes"])
    if kind == "index":
        files["layout/index.json"] = mutate_json(dice, files["layout/index.json"])
    elif kind == "bytes":
        name = dice.choice(list(files))
        files[name] = mutate_bytes(dice, files[name])
    else:
        if kind == "config":
            old = manifest["config"]
            manifest["config"] = _put(files, old, mutate_json(dice, files[_blob(old)]))
        elif kind == "layer":
            manifest["layers"][0] = _put(files, manifest["layers"][0], mutate_layer(dice))
        data = json.dumps(manifest).encode()
        if kind == "manifest":
            data = mutate_json(dice, data)
        index["manifests"][0] = _put(files, index["manifests"][0], data)
        files["layout/index.json"] = json.dumps(index).encode()
    return files


def _blob(descriptor: Mapping[str, str]) -> str:
    return "layout/blobs/" + descriptor["digest"].replace(":", "/")


def _put(files: dict[str, bytes], old: Mapping[str, object], data: bytes) -> dict[str, object]:
    digest = hashlib.sha256(data).hexdigest()
    files[f"layout/blobs/sha256/{digest}"] = data
    return {**old, "digest": f"sha256:{digest}", "size": len(data)}


def structure_tests(dice: random.Random) -> Case:
    """Tests of files and metadata, in YAML; none of them runs a command."""
    data = mutate_json(dice, json.dumps(_TESTS).encode())
    if dice.random() < 0.3:
        data = mutate_bytes(dice, _yaml(_TESTS))
    files = {**_layout(), "tests.yaml": data.replace(b"commandTests", b"")}
    output = dice.choice(["text", "json", "junit"])
    arguments = ["--image=layout", "--config=tests.yaml", f"--output={output}"]
    return Case(files, "tools.structure_test", arguments)


def _yaml(value: object) -> bytes:
    return yaml.safe_dump(value).encode()


_MANIFEST = {
    "version": 1,
    "architectures": ["amd64"],
    "keyring": "key.pgp",
    "sources": [
        {"archive": "debian", "suites": ["trixie"], "components": ["main"], "keys": ["0" * 40]}
    ],
    "dependencies": "explicit",
    "sets": {"a": {"packages": ["b"], "ignored_dependencies": {"c": "why"}}},
}


def lock(dice: random.Random) -> Case:
    """A manifest and its lock, which are compared."""
    manifest = _yaml(_MANIFEST)
    if dice.random() < 0.3:
        manifest = mutate_bytes(dice, manifest)
    elif dice.random() < 0.3:
        manifest = mutate_json(dice, json.dumps(_MANIFEST).encode())
    key = package_key("b", "1", "amd64")
    package = LockedPackage(
        name=PackageName("b"),
        version=Version("1"),
        architecture=DebianArchitecture("amd64"),
        sha256=Sha256("0" * 64),
        size=5,
        url="https://example.com/b.deb",
        depends=(),
    )
    locked = Lock(
        manifest_sha256=manifest_sha256(manifest),
        packages={key: package},
        sets={"a": {"amd64": (key,)}},
    )
    data = mutate_json(dice, render_lock(locked))
    files = {"m.yaml": manifest, "m.lock.json": data, "key.pgp": b""}
    return Case(files, "tools.lock", ["--check", "m.yaml"])
