"""Workflows are made of commands that a person can run, and of actions that cannot change."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.workflows.step_table import ELSEWHERE, NOT_RUN, PROJECT
from tests.workflows.workflows import Workflow, read_workflows

DIRECTORY = Path(os.environ.get("GITHUB_DIRECTORY", ".github"))
WORKFLOWS = read_workflows(DIRECTORY / "workflows")
COMMANDS = {step.run for workflow in WORKFLOWS for step in workflow.steps if step.run}

each_workflow = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda each: each.name)


def test_workflows() -> None:
    names = [each.name.removesuffix(".yml") for each in WORKFLOWS]
    assert names == ["ci", "image-diff", "release", "update", "verify"]
    assert [each.document["name"] for each in WORKFLOWS] == names


def test_every_command_is_in_one_table() -> None:
    tables: list[Mapping[str, object]] = [PROJECT, ELSEWHERE, NOT_RUN]
    missing = [each for each in COMMANDS if sum(each in table for table in tables) != 1]
    assert not missing, "add them to tests/workflows/step_table.py"


def test_no_table_has_a_command_that_no_workflow_has() -> None:
    assert not {*PROJECT, *ELSEWHERE, *NOT_RUN} - COMMANDS


@pytest.mark.parametrize("command", ELSEWHERE)
def test_another_test_runs(command: str) -> None:
    path, text = ELSEWHERE[command]
    assert text in Path(path).read_text()


@each_workflow
def test_a_step_is_one_command(workflow: Workflow) -> None:
    for step in workflow.steps:
        assert bool(step.run) != bool(step.uses)
        assert "\n" not in step.run.strip()
        assert "${{" not in step.run  # a value is data, not a part of a command
        if step.run and not step.run.startswith("sudo sysctl "):
            assert re.match(r"\./(bazelw|knife) [^;|&<>`]+$", step.run), step.run


@each_workflow
def test_actions_are_pinned(workflow: Workflow) -> None:
    assert len(workflow.actions) == sum(bool(step.uses) for step in workflow.steps)
    for action, version in workflow.actions:
        assert re.fullmatch(r"[a-z-]+/[a-z-]+@[0-9a-f]{40}", action)
        assert re.fullmatch(r"v\d+\.\d+\.\d+", version)


def test_an_action_has_one_version() -> None:
    pinned = {action for workflow in WORKFLOWS for action, _ in workflow.actions}
    assert len(pinned) == len({each.partition("@")[0] for each in pinned})


@each_workflow
def test_permissions_are_the_least(workflow: Workflow) -> None:
    assert workflow.document["permissions"] == {}
    expected = {
        "ci.yml": {"contents": "read"},
        "image-diff.yml": {"contents": "read", "pull-requests": "write"},
        "release.yml": {"contents": "read", "id-token": "write"},
        "update.yml": {"actions": "write", "contents": "write", "pull-requests": "write"},
        "verify.yml": {"contents": "read"},
    }
    for job in workflow.jobs.values():
        assert job["permissions"] == expected[workflow.name]
        assert job["timeout-minutes"] <= 240


@each_workflow
def test_no_secrets(workflow: Workflow) -> None:
    assert not re.search(r"\bsecrets(\.\w|\[)", workflow.text)
    for step in workflow.steps:
        if step.uses.startswith("actions/checkout@"):
            assert step.inputs["persist-credentials"] is False
        if "GITHUB_TOKEN" in step.environment:
            assert step.run.startswith(("./knife comment ", "./knife propose "))
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(workflow.triggers)


def test_both_architectures() -> None:
    (ci,) = (each for each in WORKFLOWS if each.name == "ci.yml")
    runners = ci.jobs["test"]["strategy"]["matrix"]["runner"]
    assert runners == ["ubuntu-24.04", "ubuntu-24.04-arm"]


def test_dependabot_updates_actions() -> None:
    document = yaml.safe_load((DIRECTORY / "dependabot.yml").read_text())
    assert [each["package-ecosystem"] for each in document["updates"]] == ["github-actions"]
