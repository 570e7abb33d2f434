"""Actions as Bazel tells them: those that ran (execution log), and all that there are (aquery)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple


class Action(NamedTuple):
    """An action by its mnemonic and its target's label."""

    mnemonic: str
    label: str


def actions_that_ran(log: str) -> list[Action]:
    """Actions of the main repository in a log of `--execution_log_json_file`, sorted."""
    ran = [Action(each["mnemonic"], each["targetLabel"]) for each in _documents(log)]
    return sorted(each for each in ran if each.label.startswith("//"))


def _documents(text: str) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder()
    at = 0
    while text := text[at:].lstrip():
        document, at = decoder.raw_decode(text)
        yield document


class ActionGraph:
    """The actions that `aquery --output=jsonproto` prints, and what each of them waits for."""

    def __init__(self, document: dict[str, Any]) -> None:
        labels = {each["id"]: each["label"] for each in document["targets"]}
        self._sets = {each["id"]: each for each in document["depSetOfFiles"]}
        self._made_by: dict[int, Action] = {}
        self._inputs: dict[Action, list[int]] = {}
        for each in document["actions"]:
            action = Action(each["mnemonic"], labels[each["targetId"]])
            self._made_by |= dict.fromkeys(each["outputIds"], action)
            self._inputs.setdefault(action, []).extend(each.get("inputDepSetIds", []))

    def waits_for(self, action: Action) -> set[Action]:
        """The actions of the main repository whose outputs an action reads, and theirs."""
        found: set[Action] = set()
        pending = [action]
        while pending:
            for other in self._direct(pending.pop()):
                if other not in found and other.label.startswith("//:"):
                    found.add(other)
                    pending.append(other)
        return found

    def _direct(self, action: Action) -> set[Action]:
        seen = set(self._inputs[action])
        pending = list(seen)
        found: set[Action] = set()
        while pending:
            files = self._sets[pending.pop()]
            artifacts = files.get("directArtifactIds", [])
            found |= {self._made_by[each] for each in artifacts if each in self._made_by}
            new = set(files.get("transitiveDepSetIds", [])) - seen
            seen |= new
            pending += new
        return found
