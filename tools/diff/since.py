"""Compares all images among some targets with what they were at a commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tools.diff.target import committed_images_of_patterns, images_of_patterns
from tools.lib.cli.errors import ToolError
from tools.lib.diff.compare import compare_sets
from tools.lib.diff.images import ImageSet
from tools.lib.diff.result import CommitDiff
from tools.lib.oci.descriptor import Platform
from tools.lib.workspace.bazel import Bazel


def compare_since(
    bazel: Bazel,
    workspace: str,
    commit: str,
    patterns: Sequence[str],
    platform: Platform | None = None,
) -> CommitDiff:
    """Compares images of the workspace as it is with those of a commit.

    Images that an index among the targets refers to are compared as a part of it only.

    Args:
        bazel: runs in the workspace.
        workspace: the directory.
        commit: what git takes for one.
        patterns: of targets, such as `//java/...`.
        platform: compares only images for it.

    Raises:
        ToolError: a build failed, or there are no images.
    """
    olds = _without_parts_of_indexes(committed_images_of_patterns(workspace, commit, patterns))
    news = _without_parts_of_indexes(images_of_patterns(bazel, patterns))
    if not olds and not news:
        raise ToolError(f"{' '.join(patterns)}: no images", "name targets or patterns: //java/...")
    both = sorted(olds.keys() & news.keys())
    diffs = [compare_sets(olds[label], news[label], platform=platform) for label in both]
    return CommitDiff(
        commit=commit,
        only_old=tuple(sorted(olds.keys() - news.keys())),
        only_new=tuple(sorted(news.keys() - olds.keys())),
        equal=tuple(each.new_name for each in diffs if each.is_equal),
        diffs=tuple(each for each in diffs if not each.is_equal),
    )


def _without_parts_of_indexes(images: Mapping[str, ImageSet]) -> dict[str, ImageSet]:
    parts = {
        image.digest for each in images.values() if each.index is not None for image in each.images
    }
    return {
        label: each
        for label, each in images.items()
        if each.index is not None or each.digest not in parts
    }
