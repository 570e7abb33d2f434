"""Builds the plan of the working tree, and that of a commit in a checkout of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence

from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import read_document
from tools.lib.release.plan import Plan, parse_plan
from tools.lib.workspace.bazel import Bazel
from tools.lib.workspace.checkout import checkout

_TARGET = "//:release_plan"


def build_plan(workspace: str, flags: Sequence[str]) -> Plan:
    """The plan of a workspace.

    Args:
        workspace: its directory.
        flags: of the build.

    Raises:
        ToolError: the build failed.
    """
    return _build(Bazel(workspace), flags)


def build_plan_of_commit(workspace: str, commit: str, flags: Sequence[str]) -> Plan:
    """The plan of a commit.

    Raises:
        ToolError: git does not know the commit, or the build failed.
    """
    with checkout(workspace, commit) as directory, error_context(f"{_TARGET} at {commit}"):
        bazel = Bazel(directory)
        try:
            return _build(bazel, flags)
        finally:
            bazel.shut_down()


def _build(bazel: Bazel, flags: Sequence[str]) -> Plan:
    try:
        bazel.run("build", *flags, "--", _TARGET)
    except ToolError as error:
        raise ToolError(
            error.message, "its output above says why; old commits have no plan"
        ) from None
    path = os.path.join(bazel.run("info", *flags, "bazel-bin").strip(), "release_plan.json")
    return parse_plan(read_document(path), path)
