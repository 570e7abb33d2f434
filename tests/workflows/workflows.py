"""Reads the workflows of GitHub Actions in .github."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_USES = re.compile(r"^\s*(?:- )?uses: (\S+)(?:  ?# (\S+))?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a job: a command, or an action."""

    workflow: str
    run: str
    uses: str
    environment: dict[str, str]
    inputs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow: its text, its document, and the steps of all jobs."""

    name: str
    text: str
    document: dict[Any, Any]

    @property
    def triggers(self) -> dict[str, Any]:
        # YAML 1.1 reads `on` as true.
        triggers: dict[str, Any] = self.document[True]
        return triggers

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        jobs: dict[str, dict[str, Any]] = self.document["jobs"]
        return jobs

    @property
    def steps(self) -> Iterator[Step]:
        for job in self.jobs.values():
            for step in job["steps"]:
                yield Step(
                    self.name,
                    step.get("run", ""),
                    step.get("uses", ""),
                    step.get("env", {}),
                    step.get("with", {}),
                )

    @property
    def actions(self) -> list[tuple[str, str]]:
        """The actions as they are written, with the comments behind them."""
        return _USES.findall(self.text)


def read_workflows(directory: Path) -> list[Workflow]:
    """All workflows, sorted by name."""
    workflows = []
    for path in sorted(directory.glob("*.yml")):
        text = path.read_text()
        workflows.append(Workflow(path.name, text, yaml.safe_load(text)))
    return workflows
