"""Compares labels of this repository, also at a commit, with `./knife diff`."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.inner_bazel.inner_bazel import InnerBazel, copy_source_tree
from tools.lib.workspace.checkout import checkout_directory

IMAGE = "//static:static_amd64_debian12"
_BUILD = "static/BUILD.bazel"
_NSSWITCH = 'nsswitch(name = "nsswitch")'


@pytest.fixture(scope="module")
def bazel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InnerBazel]:
    """Bazel in a copy of the checkout that is a git repository with one commit."""
    directory = tmp_path_factory.mktemp("diff")
    checkout = copy_source_tree(directory / "distroless")
    with InnerBazel(checkout, directory / "root") as bazel:
        # The inner Bazel's settings are in user.bazelrc, which .gitignore names.
        commit = "git add . && git -c user.name=a -c user.email=a@example.com commit -qm 1"
        done = bazel.shell(f"git init -q && {commit}")
        assert done.returncode == 0, done.stderr
        build = checkout / _BUILD
        text = build.read_text()
        assert text.count(_NSSWITCH) == 1
        databases = '{"hosts": ["files", "dns"], "x": ["files"]}'
        changed = f'nsswitch(name = "nsswitch", databases = {databases})'
        build.write_text(text.replace(_NSSWITCH, changed))
        yield bazel
        # It has a place in the user's cache, as the private root of Bazel has.
        made = checkout_directory(str(checkout))
        shutil.rmtree(made)
        os.unlink(f"{made}.lock")


def diff(bazel: InnerBazel, *arguments: str, status: int = 1) -> dict[str, Any]:
    done = bazel.shell(f"./knife diff --json - {' '.join(arguments)}")
    assert done.returncode == status, done.stdout + done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_commit(bazel: InnerBazel) -> None:
    document = diff(bazel, f"{IMAGE}@HEAD", IMAGE)
    (image,) = document["images"]
    assert image["packages"] == []
    assert [(each["path"], each["differs"]) for each in image["files"]] == [
        ("/etc/nsswitch.conf", ["size", "content"])
    ]
    assert image["config"] == []
    assert image["unread_layers"] == 0
    assert image["sizes"]["unpacked"]["old"] > 0


def test_all_images_since_a_commit(bazel: InnerBazel) -> None:
    index = "//static:static_debian12"
    document = diff(bazel, "--since", "HEAD", IMAGE, index, "//:all")
    # The image is in the index.
    (found,) = document["diffs"]
    assert (found["old"]["name"], found["new"]["name"]) == (f"{index}@HEAD", index)
    assert {each["platform"] for each in found["images"]} >= {"linux/amd64", "linux/arm64/v8"}
    for image in found["images"]:
        assert [each["path"] for each in image["files"]] == ["/etc/nsswitch.conf"]
    assert document["only_old"] == document["only_new"] == document["equal_images"] == []


def test_metadata_tells_what_the_layers_have(bazel: InnerBazel) -> None:
    debug = "//static:static_debug_amd64_debian12"
    document = diff(bazel, IMAGE, debug)
    bazel.succeed("build", IMAGE, debug)
    layouts = [f"bazel-bin/{each.removeprefix('//').replace(':', '/')}" for each in (IMAGE, debug)]
    expected = diff(bazel, *layouts)
    (image,), (other,) = document["images"], expected["images"]
    for each in (*image["files"], *other["files"]):
        # dpkg's lists have no links.
        if each["new"]["type"] != "file":
            del each["package"]
    assert image == other
    assert diff(bazel, debug, layouts[1], status=0)["equal"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (f"{IMAGE}@missing {IMAGE}", "missing: no such commit in "),
        ("//static/... //static/...", "//static/...: "),
        (f"//:knife {IMAGE}", "//:knife: neither an image, an index nor a directory"),
        (f"//:no_target {IMAGE}", "bazelw cquery failed in "),
    ],
)
def test_errors(bazel: InnerBazel, arguments: str, message: str) -> None:
    done = bazel.shell(f"./knife diff {arguments}")
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, done.stderr
    assert errors[0].startswith(f"error: {message}")
    assert done.returncode == 2
