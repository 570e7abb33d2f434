"""What is built again after a change, and what waits for what, for three images in a chain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inner_bazel.inner_bazel import InnerBazel, source_tree
from tests.rebuild.actions import Action, ActionGraph, actions_that_ran

BUILD = """\
load("@distroless//rules:oci.bzl", "oci_image")
load("@distroless//rules:rootfs.bzl", "files")

[
    [
        files(name = name + "_files", srcs = {"/etc/%s.conf" % name: name + ".conf"}),
        oci_image(
            name = name,
            architecture = None if base else "amd64",
            base = base,
            base_name = "example.com/base" if base else None,
            tars = [name + "_files"],
        ),
    ]
    for name, base in [("low", None), ("middle", "low"), ("top", "middle")]
]
"""
IMAGES = ("low", "middle", "top")


@pytest.fixture(scope="module")
def bazel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InnerBazel]:
    """Bazel in a workspace in which `//:top` has been built."""
    directory = tmp_path_factory.mktemp("rebuild")
    workspace = directory / "workspace"
    workspace.mkdir()
    (workspace / "MODULE.bazel").write_text('bazel_dep(name = "distroless")\n')
    (workspace / "BUILD.bazel").write_text(BUILD)
    for name in IMAGES:
        (workspace / f"{name}.conf").write_text("1\n")
    override = f"--override_module=distroless={source_tree()}"
    with InnerBazel(workspace, directory / "root", [override]) as bazel:
        bazel.succeed("build", "//:top")
        yield bazel


def rebuild(bazel: InnerBazel, log: Path) -> list[Action]:
    """Builds `//:top` again; returns the actions that ran."""
    bazel.succeed("build", "//:top", f"--execution_log_json_file={log}")
    return actions_that_ran(log.read_text())


def test_other_bytes_in_a_file_of_the_lowest_image(bazel: InnerBazel, tmp_path: Path) -> None:
    (bazel.workspace / "low.conf").write_text("2\n")
    assert rebuild(bazel, tmp_path / "log") == [
        Action("FilesPart", "//:low_files"),
        Action("OciImage", "//:top"),
        Action("OciLayer", "//:low"),
        Action("OciLayout", "//:top"),
    ]
    assert rebuild(bazel, tmp_path / "nothing") == []


def test_another_path_in_the_lowest_image(bazel: InnerBazel, tmp_path: Path) -> None:
    build = bazel.workspace / "BUILD.bazel"
    build.write_text(BUILD.replace('"/etc/%s.conf" % name:', '"/etc/%s.conf2" % name:'))
    try:
        ran = rebuild(bazel, tmp_path / "log")
    finally:
        build.write_text(BUILD)
    assert ran == [
        Action("CheckImage", "//:top"),
        *(Action("FilesPart", f"//:{name}_files") for name in IMAGES),
        *(Action("LdSoCache", f"//:{name}") for name in IMAGES),
        Action("OciImage", "//:top"),
        *(Action("OciLayer", f"//:{name}") for name in IMAGES),
        Action("OciLayout", "//:top"),
    ]


@pytest.fixture(scope="module")
def graph(bazel: InnerBazel) -> ActionGraph:
    document = bazel.succeed("aquery", "deps(//:top)", "--output=jsonproto")
    return ActionGraph(json.loads(document))


def test_an_image_is_described_without_the_documents_of_its_base(graph: ActionGraph) -> None:
    assert graph.waits_for(Action("OciImage", "//:top")) == {
        Action(mnemonic, f"//:{name}{suffix}")
        for name in IMAGES
        for mnemonic, suffix in [
            ("FilesPart", "_files"),
            ("FileWrite", "_files"),
            ("FileWrite", ""),
            ("LdSoCache", ""),
            ("OciLayer", ""),
        ]
    }


def test_layers_do_not_wait_for_those_below(graph: ActionGraph) -> None:
    layers = {Action("OciLayer", f"//:{name}") for name in IMAGES}
    for layer in layers:
        assert graph.waits_for(layer) & layers == set()


def test_checks_wait_for_parts_alone(graph: ActionGraph) -> None:
    assert graph.waits_for(Action("CheckImage", "//:top")) == {
        Action(mnemonic, f"//:{name}{suffix}")
        for name in IMAGES
        for mnemonic, suffix in [
            ("FilesPart", "_files"),
            ("FileWrite", "_files"),
            ("FileWrite", ""),
            ("LdSoCache", ""),
        ]
    }
