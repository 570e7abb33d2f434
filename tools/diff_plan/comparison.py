"""What differs between two plans: tags that are added, removed, or name another digest.

Tags of a commit are left out: they are those of the other tags.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tools.lib.cli.files import dump_json
from tools.lib.data.json_values import Json
from tools.lib.oci.descriptor import Digest
from tools.lib.release.plan import COMMIT, Plan, PlannedRepository

VERSION = 1
_SHORT = 19


@dataclass(frozen=True, slots=True)
class Change:
    """A tag, or the index of a target: what it names before and after; None if it is not there."""

    name: str
    before: Digest | None
    after: Digest | None


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """The differences: of tags by repository, and of the indexes of targets."""

    repositories: Mapping[str, tuple[Change, ...]]
    targets: tuple[Change, ...]

    def encode(self) -> bytes:
        """The differences as JSON; docs/formats.md describes it."""
        return dump_json(
            {
                "version": VERSION,
                "repositories": {
                    name: _to_json(changes) for name, changes in self.repositories.items()
                },
                "targets": [
                    {"target": each.name, "before": each.before, "after": each.after}
                    for each in self.targets
                ],
            }
        )

    def text(self) -> str:
        """The differences for people."""
        lines: list[str] = []
        for name, changes in self.repositories.items():
            lines.append(f"{name}:")
            lines += [f"  {each}" for each in _lines(changes)]
        return "\n".join([*lines, self.summary])

    def markdown(self) -> str:
        """The differences for a comment of a pull request: folded, by repository."""
        lines = ["### Release", "", f"{self.summary}.", ""]
        for name, changes in self.repositories.items():
            shown = [each.replace("~", "!", 1) for each in _lines(changes)]
            lines += [f"<details><summary>{name}</summary>", "", "```diff", *shown, "```", ""]
            lines += ["</details>", ""]
        return "\n".join(lines)

    @property
    def summary(self) -> str:
        """How many tags are added, removed and moved."""
        found = [each for changes in self.repositories.values() for each in changes]
        added = sum(each.before is None for each in found)
        removed = sum(each.after is None for each in found)
        moved = len(found) - added - removed
        return f"{added} tags added, {removed} removed, {moved} moved"


def compare(before: Plan, after: Plan) -> PlanDifference:
    """The differences between two plans."""
    old, new = _tags(before), _tags(after)
    repositories = {
        name: tuple(changes)
        for name in sorted({*old, *new})
        if (changes := list(_changes(old.get(name, {}), new.get(name, {}))))
    }
    return PlanDifference(repositories, tuple(_changes(_targets(before), _targets(after))))


def _tags(plan: Plan) -> dict[str, dict[str, Digest]]:
    return {each.name: _tags_of(each) for each in plan.repositories}


def _tags_of(repository: PlannedRepository) -> dict[str, Digest]:
    return {tag: digest for tag, digest in repository.tags.items() if COMMIT not in tag}


def _targets(plan: Plan) -> dict[str, Digest]:
    return {index.target: index.digest for each in plan.repositories for index in each.indexes}


def _changes(before: Mapping[str, Digest], after: Mapping[str, Digest]) -> Iterator[Change]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield Change(name, before.get(name), after.get(name))


def _to_json(changes: tuple[Change, ...]) -> Json:
    return {
        "added": {each.name: each.after for each in changes if each.before is None},
        "removed": {each.name: each.before for each in changes if each.after is None},
        "moved": {
            each.name: {"before": each.before, "after": each.after}
            for each in changes
            if each.before is not None and each.after is not None
        },
    }


def _lines(changes: Sequence[Change]) -> list[str]:
    width = max(len(each.name) for each in changes)
    return [_line(each, width) for each in changes]


def _line(change: Change, width: int) -> str:
    name = change.name.ljust(width)
    if change.before is None:
        return f"+ {name}  {change.after}"
    if change.after is None:
        return f"- {name}  {change.before}"
    return f"~ {name}  {change.before[:_SHORT]}… -> {change.after[:_SHORT]}…"
