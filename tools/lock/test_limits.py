"""Dependencies that would take hours or gigabytes are refused in seconds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tools.lib.apt import candidates
from tools.lib.apt.testing_repository import stanza
from tools.lib.debian import relations
from tools.lib.resolver import solver
from tools.lock.testing import Workspace


def chain(length: int) -> list[str]:
    """Packages of which each depends on the next."""
    return [
        stanza("app", Depends="p0"),
        *(stanza(f"p{number}", Depends=f"p{number + 1}") for number in range(length)),
        stanza(f"p{length}"),
    ]


@pytest.mark.parametrize(
    ("module", "name", "limit", "packages", "message"),
    [
        (
            relations,
            "_MAX_RELATIONS",
            10,
            [stanza("app", Depends=",\n ".join(f"a{number}" for number in range(11)))],
            "stable: app 1.0: Depends: more than 10 packages",
        ),
        (
            relations,
            "_MAX_RELATIONS",
            10,
            [stanza("app", Depends="|".join("a" * 11))],
            "stable: app 1.0: Depends: more than 10 packages",
        ),
        (
            candidates,
            "_MAX_PROVIDERS",
            10,
            [stanza("app", Depends="x"), *(stanza(f"p{n}", Provides="x") for n in range(11))],
            "more than 10 packages provide x",
        ),
        (candidates, "_MAX_STEPS", 10, chain(9), "amd64: resolving takes more than 10 steps"),
        (solver, "_MAX_PACKAGES", 10, chain(9), "sets.app: more than 10 packages"),
    ],
)
def test_a_limit_is_an_error(
    workspace: Workspace,
    fails: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    module: object,
    name: str,
    limit: int,
    packages: list[str],
    message: str,
) -> None:
    monkeypatch.setattr(module, name, limit)
    workspace.repository.write_suite("stable", {"amd64": packages})
    assert fails().startswith(f"error: {workspace.manifest}: {message}")


def test_problems_are_looked_for_up_to_a_limit(
    workspace: Workspace, fails: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solver, "_MAX_PROBLEMS", 10)
    packages = [f"p{number}" for number in range(30)]
    workspace.repository.write_suite(
        "stable",
        {
            "amd64": [
                stanza("app", Depends=", ".join(packages)),
                *(stanza(name, Conflicts=", ".join(packages)) for name in packages),
            ]
        },
    )
    assert fails().endswith("; and 2 more")
    workspace.repository.write_suite(
        "stable", {"amd64": [stanza("app", Depends="|".join(["none"] * 1000) + ", b")]}
    )
    # A long chain is cut.
    assert len(fails()) < 1000
