"""why, graph and diff: from locks alone."""

from __future__ import annotations

import pytest

from tools.lib.apt.testing_repository import date, stanza
from tools.lib.cli.errors import run
from tools.lock.__main__ import main
from tools.lock.testing import MANIFEST, Workspace


@pytest.fixture
def locked(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A lock of two sets, and no network."""
    packages = [
        stanza("app", Depends="a, b"),
        stanza("a", Depends="c"),
        stanza("b"),
        stanza("c", Depends="a"),
        stanza("loop", Depends="pool"),
        stanza("pool", Depends="loop"),
    ]
    workspace.repository.write_suite("stable", {"amd64": packages})
    workspace.manifest.write_text(MANIFEST + "  more: {base: [app], packages: [loop]}\n")
    assert workspace.lock() == 0
    monkeypatch.setenv("DISTROLESS_MIRROR", "http://127.0.0.1:1")
    return workspace


def test_why_shows_the_chain(locked: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert locked.lock("why", "c", "pool", "app") == 0
    path = str(locked.path)
    assert capsys.readouterr().out.splitlines() == [
        f"{path}: set app: app -> a -> c 1.0 (amd64)",
        f"{path}: set more: loop -> pool 1.0 (amd64)",
        f"{path}: set app: app 1.0 (amd64)",
    ]


def test_why_of_an_unknown_package(locked: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert locked.lock("why", "ap") == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error == (
        f"error: {locked.path}: package not found: 'ap' (did you mean app or a?)"
        " (hint: to lock it, add it to `packages` and lock again)"
    )
    assert locked.lock("why") == 1


def test_graph(locked: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert locked.lock("graph", "app") == 0
    assert capsys.readouterr().out == (
        "app.amd64\n  a 1.0 -> c\n  app 1.0 -> a, b\n  b 1.0\n  c 1.0 -> a\n"
    )
    assert locked.lock("graph", "--dot", "more") == 0
    assert capsys.readouterr().out == (
        "digraph packages {\n"
        '  "loop_1.0_amd64" [label="loop\\n1.0\\namd64"];\n'
        '  "loop_1.0_amd64" -> "pool_1.0_amd64";\n'
        '  "pool_1.0_amd64" [label="pool\\n1.0\\namd64"];\n'
        '  "pool_1.0_amd64" -> "loop_1.0_amd64";\n'
        "}\n"
    )
    assert locked.lock("graph", "none") == 1
    assert "unknown set 'none' (hint: known sets: app, more)" in capsys.readouterr().err


def test_diff(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert workspace.lock() == 0
    old = workspace.directory / "old.lock.json"
    old.write_bytes(workspace.path.read_bytes())
    packages = [stanza("app", "2.0", Depends="other"), stanza("other")]
    workspace.repository.write_suite("stable", {"amd64": packages}, Date=date(-0.5))
    assert workspace.lock("--update") == 0
    capsys.readouterr()
    assert run(main, ["lock", "diff", str(old), str(workspace.path)]) == 0
    assert capsys.readouterr().out == "  app 1.0 -> 2.0\n- lib 1.0\n+ other 1.0\n"
    own = ["--manifest", str(workspace.manifest), "--lock", str(workspace.path)]
    assert run(main, ["lock", *own, "diff", str(old)]) == 0
    assert capsys.readouterr().out == "  app 1.0 -> 2.0\n- lib 1.0\n+ other 1.0\n"
    assert run(main, ["lock", "diff", str(old)]) == 1


def test_an_unknown_command_is_an_error(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert workspace.lock("explain") == 1
    assert "lock: unknown command 'explain' (hint: name a manifest (*.yaml), or" in (
        capsys.readouterr().err
    )
