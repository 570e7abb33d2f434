"""The commands of the workflows run, with a GitHub, a Sigstore and a registry on loopback."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inner_bazel.inner_bazel import InnerBazel, copy_source_tree
from tests.workflows.github_job import Job, github_job
from tests.workflows.step_table import PROJECT
from tools.lib.github.testing import TOKEN
from tools.lib.workspace.checkout import checkout_directory

_OLD = 'nsswitch(name = "nsswitch")'
_NEW = 'nsswitch(name = "nsswitch", databases = {"hosts": ["files", "dns"], "x": ["files"]})'
_VISIBLE_TO_TESTS = """repository = repository,
                    visibility = ["//tests:__subpackages__"]"""
_VISIBLE = 'repository = repository, visibility = ["//visibility:public"]'
_RELEASED = '    entries = ["//static:static_debian12.release"],\n'


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workflows")


@pytest.fixture(scope="module")
def job(directory: Path) -> Iterator[Job]:
    with github_job(directory) as job:
        yield job


@pytest.fixture(scope="module")
def bazel(directory: Path, job: Job) -> Iterator[InnerBazel]:
    """Bazel in a copy of the checkout, as a workflow of a pull request has it: two commits."""
    checkout = copy_source_tree(directory / "distroless")
    with InnerBazel(checkout, directory / "root") as bazel:
        # All of it takes long.
        rewrite(checkout / "private/distroless_image.bzl", re.escape(_VISIBLE_TO_TESTS), _VISIBLE)
        rewrite(checkout / "BUILD.bazel", r"    entries = \[\n(        .*\n)+    \],\n", _RELEASED)
        shell(bazel, job, "git init -q -b main && git add . && git commit -qm base")
        shell(bazel, job, f"git init -q --bare {directory}/server/owner/name")
        rewrite(checkout / "static/BUILD.bazel", re.escape(_OLD), _NEW)
        shell(bazel, job, "git commit -qam change")
        (checkout / "update.md").write_text("what is new\n")
        yield bazel
        shell(bazel, job, f"rm -rf {shlex.quote(checkout_directory(str(checkout)))}*")


def rewrite(path: Path, pattern: str, text: str) -> None:
    changed, count = re.subn(pattern, text, path.read_text())
    assert count == 1
    path.write_text(changed)


def shell(bazel: InnerBazel, job: Job, command: str) -> str:
    exports = (f"export {key}={shlex.quote(value)}; " for key, value in job.environment.items())
    done = bazel.shell("".join(exports) + command)
    assert done.returncode == 0, f"{command}\n{done.stdout[-5000:]}{done.stderr[-5000:]}"
    assert TOKEN not in done.stdout + done.stderr
    return done.stdout


def test_commands(bazel: InnerBazel, job: Job) -> None:
    outputs = {}
    for command, instead in PROJECT.items():
        if command.startswith("./knife propose "):
            # What ./knife update does.
            lock = bazel.workspace / "private/lock/debian12.lock.json"
            lock.write_text(lock.read_text() + "\n")
        program, what = command.split()[:2]
        outputs[f"{program} {what}"] = shell(bazel, job, instead or command)

    assert_released(outputs["./bazelw run"], job)
    assert outputs["./knife verify"].endswith("the rebuilt image is the same\n")

    (comment,) = job.github.comments
    body = comment["body"]
    assert body.startswith("<!-- image-diff -->\n### Release\n\n0 tags added, 0 removed, ")
    assert "<details><summary>static-debian12</summary>" in body
    assert "\n\n### Images compared with `HEAD^1`\n" in body
    assert "! /etc/nsswitch.conf: size " in body
    assert outputs["./knife comment"] == "pull request 12: commented\n"

    (pull,) = job.github.pulls
    assert (pull["head"], pull["base"], pull["body"]) == ("update", "main", "what is new\n")
    assert job.github.dispatched == [("ci.yml", "update")]
    remote = bazel.workspace.parent / "server/owner/name"
    changed = shell(bazel, job, f"git -C {remote} diff --name-only update^ update")
    assert changed == "private/lock/debian12.lock.json\n"


def assert_released(output: str, job: Job) -> None:
    registry = job.environment["REGISTRY"]
    assert output.startswith(f"{registry}: ")
    name = f"{registry}/static-debian12:latest"
    done = subprocess.run(["crane", "digest", name], capture_output=True, text=True)
    assert re.fullmatch(r"sha256:[0-9a-f]{64}\n", done.stdout), done.stderr


def test_secrets_are_in_no_file(bazel: InnerBazel) -> None:
    assert TOKEN not in (bazel.workspace / ".git/config").read_text()
    assert not os.path.exists(bazel.workspace / ".git/shallow")
