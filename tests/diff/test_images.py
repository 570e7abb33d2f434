"""Compares images of this build: as layouts, and in a registry to which skopeo copied them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.registry.docker_registry import docker_registry
from tools.diff.__main__ import main

INDEX = os.environ["INDEX"]
DEBUG_INDEX = os.environ["DEBUG_INDEX"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BUILD_WORKING_DIRECTORY", "DOCKER_CONFIG", "REGISTRY_AUTH_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def copy_to(repository: str, layout: str, tag: str) -> str:
    assert shutil.which("skopeo"), "skopeo is not on PATH (hint: apt-get install skopeo)"
    name = f"{repository}:{tag}"
    copy = ["skopeo", "copy", "--quiet", "--all", "--preserve-digests", "--dest-tls-verify=false"]
    subprocess.run([*copy, f"oci:{layout}", f"docker://{name}"], check=True)
    return name


def differences(tmp_path: Path, old: str, new: str, *flags: str) -> dict[str, Any]:
    path = tmp_path / "diff.json"
    status = main([old, new, "--insecure", "--json", str(path), *flags])
    document: dict[str, Any] = json.loads(path.read_text())
    assert status == (0 if document["equal"] else 1)
    return document


def test_registry_and_layout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with docker_registry(tmp_path) as host:
        plain = copy_to(f"{host}/static", INDEX, "latest")
        debug = copy_to(f"{host}/static", DEBUG_INDEX, "debug")
        assert main([f"docker://{host}/static", INDEX, "--insecure"]) == 0
        assert capsys.readouterr().out == f"equal: {host}/static and {INDEX}\n"
        assert main([f"{plain}", INDEX, "--insecure", "--platform", "linux/arm64"]) == 0
        remote = differences(tmp_path, plain, debug)
        every_layer = differences(tmp_path, plain, debug, "--all-layers")
        mixed = differences(tmp_path, plain, DEBUG_INDEX)
    local = differences(tmp_path, INDEX, DEBUG_INDEX)
    assert {each["platform"] for each in local["images"]} >= {"linux/amd64", "linux/arm64/v8"}
    for document in (every_layer, mixed):
        for image, expected in zip(document["images"], local["images"], strict=True):
            assert image["packages"] == expected["packages"]
            # skopeo's copies are the same bytes.
            assert image["old_digest"] == expected["old_digest"]
    for image, expected in zip(every_layer["images"], local["images"], strict=True):
        assert image == expected
    for image, expected in zip(remote["images"], local["images"], strict=True):
        assert image["unread_layers"] == 1
        known = {each["path"] for each in expected["files"]}
        # Directories that the base has too.
        extra = [each for each in image["files"] if each["path"] not in known]
        assert {each["new"]["type"] for each in extra} <= {"directory"}


def test_debug_image(tmp_path: Path) -> None:
    document = differences(tmp_path, INDEX, DEBUG_INDEX, "--platform", "linux/amd64")
    (image,) = document["images"]
    (package,) = image["packages"]
    assert (package["name"], package["old"]) == ("busybox-static", None)
    # Directories of both get the time of what is new in them.
    files = {each["path"]: each for each in image["files"] if each["differs"] != ["mtime"]}
    assert all(each["old"] is None for each in files.values())
    busybox = files["/busybox/busybox"]
    assert (busybox["package"], busybox["new"]["mode"]) == ("busybox-static", "0755")
    assert files["/busybox/sh"]["new"]["link"] == "busybox"
    assert [".".join(each["path"]) for each in image["config"] if each["path"][0] == "config"] == [
        "config.Entrypoint",
        "config.Env.PATH",
    ]
    assert image["manifest"] == [
        {
            "path": ["annotations", "org.opencontainers.image.licenses"],
            "old": "GPL-2.0-or-later AND MPL-2.0",
            "new": "GPL-2.0-only AND GPL-2.0-or-later AND MPL-2.0",
        }
    ]
    layers = image["layers"]
    assert (layers["old"], layers["new"], layers["only_old"]) == (1, 2, [])
    (added,) = layers["only_new"]
    compressed = image["sizes"]["compressed"]
    assert compressed["new"] - compressed["old"] == added["size"]
    unpacked = image["sizes"]["unpacked"]
    sizes = sum(each["new"].get("size", 0) for each in files.values())
    assert unpacked["new"] - unpacked["old"] == unpacked["change"] == sizes
