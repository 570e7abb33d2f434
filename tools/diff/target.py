"""Builds targets of images, here or at a commit, and describes what was built."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from dataclasses import replace

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import parse_object, require_string
from tools.lib.diff.built_images import BuiltTarget, built_images, parse_target
from tools.lib.diff.images import ComparedImage, Cost, ImageSet, LayerSource
from tools.lib.diff.layer_content import LayerContent
from tools.lib.diff.layout_images import layout_images
from tools.lib.oci.descriptor import Digest
from tools.lib.part.part_json import read_part
from tools.lib.workspace.bazel import Bazel
from tools.lib.workspace.checkout import checkout

_DESCRIBE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "describe_images.star")


def target_images(bazel: Bazel, label: str, name: str) -> ImageSet:
    """Builds a target with the workspace as it is.

    Args:
        bazel: runs in the workspace.
        label: the target.
        name: as the user wrote it.

    Raises:
        ToolError: the build failed, or the target is neither an image, an index nor a layout.
    """
    targets = _describe(bazel, [label])
    if len(targets) != 1:
        raise ToolError(f"{name}: {len(targets)} targets", "name one image or index")
    (target,) = targets.values()
    if not target.images:
        bazel.run("build", "--", label)
        if len(target.files) != 1 or not os.path.isdir(target.files[0]):
            raise ToolError(f"{name}: neither an image, an index nor a directory with a layout")
        return layout_images(target.files[0], name)
    _build(bazel, [label], [target])
    return built_images(target, name, read_part)


def images_of_patterns(bazel: Bazel, patterns: Sequence[str]) -> dict[str, ImageSet]:
    """Builds the images and indexes among targets with the workspace as it is.

    Those that are tagged `manual`, or are not compatible with this machine, are left out.

    Args:
        bazel: runs in the workspace.
        patterns: of targets, such as `//java/...`.

    Returns:
        The images by the labels of their targets.

    Raises:
        ToolError: the build failed.
    """
    targets = f'kind("^oci_image(_index)? rule$", {" + ".join(patterns)})'
    query = f'{targets} except attr(tags, "\\bmanual\\b", {targets})'
    labels = bazel.run("query", "--", query).split()
    found = _describe(bazel, labels) if labels else {}
    found = {label: target for label, target in found.items() if target.images}
    _build(bazel, list(found), list(found.values()))
    read_once = functools.cache(read_part)
    return {label: built_images(target, label, read_once) for label, target in found.items()}


def committed_images(workspace: str, commit: str, label: str, name: str) -> ImageSet:
    """Builds a target at a commit, and reads all of its layers.

    Raises:
        ToolError: as for `target_images`, or the commit is unknown.
    """
    with checkout(workspace, commit) as directory:
        bazel = Bazel(directory)
        try:
            return _with_contents(target_images(bazel, label, name), {})
        finally:
            bazel.shut_down()


def committed_images_of_patterns(
    workspace: str, commit: str, patterns: Sequence[str]
) -> dict[str, ImageSet]:
    """Builds targets at a commit, and reads all of their layers; see `images_of_patterns`."""
    contents: dict[Digest, LayerContent] = {}
    with checkout(workspace, commit) as directory:
        bazel = Bazel(directory)
        try:
            found = images_of_patterns(bazel, patterns)
            return {
                label: replace(_with_contents(images, contents), name=f"{label}@{commit}")
                for label, images in found.items()
            }
        finally:
            bazel.shut_down()


def _describe(bazel: Bazel, labels: Sequence[str]) -> dict[str, BuiltTarget]:
    """What targets will consist of once they are built, by their labels."""
    flags = ("--output=starlark", f"--starlark:file={_DESCRIBE}")
    lines = bazel.run("cquery", *flags, "--", f"set({' '.join(labels)})").splitlines()
    root = bazel.run("info", "execution_root").strip()
    return {
        require_string(parse_object(line.encode(), "cquery").get("label"), "label"): parse_target(
            line.encode(), root, "cquery"
        )
        for line in lines
    }


def _build(bazel: Bazel, labels: Sequence[str], targets: Sequence[BuiltTarget]) -> None:
    if not labels:
        return
    bazel.run("build", "--output_groups=metadata", "--", *labels)
    if not all(os.path.exists(image.manifest) for each in targets for image in each.images):
        # A commit before there was this output group.
        bazel.run("build", "--", *labels)


def _with_contents(images: ImageSet, contents: dict[Digest, LayerContent]) -> ImageSet:
    """The same images, with layers that need no files any more; adds these to `contents`."""

    def load(layer: LayerSource) -> LayerSource:
        digest = layer.descriptor.digest
        if digest not in contents:
            contents[digest] = layer.read()
        content = functools.partial(contents.__getitem__, digest)
        return LayerSource(layer.descriptor, Cost.METADATA, content)

    def image(each: ComparedImage) -> ComparedImage:
        return replace(each, layers=tuple(load(layer) for layer in each.layers))

    return replace(images, images=tuple(image(each) for each in images.images))
