"""Compares JSON documents value by value."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from tools.lib.data.json_values import Json
from tools.lib.diff.result import FieldChange

_Keys = tuple[str, ...]

_ENVIRONMENT = ("config", "Env")


def compare_documents(
    old: Json, new: Json, *, without: Collection[_Keys] = ()
) -> tuple[FieldChange, ...]:
    """The values that differ, sorted by their keys.

    Args:
        old: a document.
        new: a document.
        without: keys of values that are left out.
    """
    olds, news = _leaves(old, without), _leaves(new, without)
    changes = [
        FieldChange(keys, olds.get(keys, ()), news.get(keys, ()))
        for keys in sorted({*olds, *news})
        if _text(olds.get(keys, ())) != _text(news.get(keys, ()))
    ]
    if not any(change.path[:2] == _ENVIRONMENT for change in changes):
        changes += _reordered_environment(old, new)
    return tuple(changes)


def _text(value: object) -> str:
    # In Python True is 1, and 1 is 1.0.
    return json.dumps(value, sort_keys=True)


def _leaves(document: Json, without: Collection[_Keys]) -> dict[_Keys, tuple[object, ...]]:
    """The values that are not objects with members, each as a tuple of one, by their keys."""
    leaves: dict[_Keys, tuple[object, ...]] = {}
    pending: list[tuple[_Keys, object]] = [((), document)]
    while pending:
        keys, value = pending.pop()
        if keys in without:
            continue
        children = _children(keys, value)
        if children:
            pending += [((*keys, key), child) for key, child in children.items()]
        elif keys:
            leaves[keys] = (value,)
    return leaves


def _children(keys: _Keys, value: object) -> Mapping[str, object]:
    """What to look into: objects, lists of objects, and the environment by its names."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list):
        return {}
    if all(isinstance(each, dict) for each in value):
        return {str(number): each for number, each in enumerate(value)}
    if keys == _ENVIRONMENT and all(isinstance(each, str) for each in value):
        variables = {name: text for name, _, text in (each.partition("=") for each in value)}
        # Of a repeated name programs may see any value: such lists are compared as they are.
        return variables if len(variables) == len(value) else {}
    return {}


def _reordered_environment(old: Json, new: Json) -> list[FieldChange]:
    olds, news = (_environment(each) for each in (old, new))
    if olds == news:
        return []
    return [FieldChange(_ENVIRONMENT, (olds,), (news,))]


def _environment(document: Json) -> object:
    config = document.get("config")
    return config.get("Env") if isinstance(config, dict) else None
