from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.github.testing import TOKEN, FakeGitHub, fake_github
from tools.propose.__main__ import main

ARGUMENTS = ["--branch", "update", "--title", "Update", "--run-workflow", "ci.yml", "update.md"]


def git(directory: Path, *arguments: str) -> str:
    command = ["git", "-C", str(directory), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    """GitHub with a repository, and a clone of it as working directory."""
    monkeypatch.delenv("BUILD_WORKING_DIRECTORY", raising=False)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "a")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "a@example.com")
    remote, clone = tmp_path / "server/owner/name", tmp_path / "clone"
    subprocess.run(["git", "init", "--quiet", "--bare", str(remote)], check=True)
    subprocess.run(["git", "init", "--quiet", "-b", "main", str(clone)], check=True)
    monkeypatch.chdir(clone)
    (clone / "sub").mkdir()
    (clone / "lock").write_text("old")
    (clone / "sub/file").write_text("")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", "first")
    git(clone, "push", "--quiet", str(remote), "main")
    (clone / "update.md").write_text("what changed\n")
    with fake_github() as github:
        for name, value in github.environment(f"file://{tmp_path}/server").items():
            monkeypatch.setenv(name, value)
        yield github


def remote(*arguments: str) -> str:
    return git(Path("../server/owner/name"), *arguments)


def test_nothing_has_changed(github: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ARGUMENTS) == 0
    assert capsys.readouterr().out == "nothing has changed\n"
    assert github.requests == []


def test_one_pull_request_is_renewed(
    github: FakeGitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("lock").write_text("new")
    before = git(Path(), "status", "--porcelain")
    assert main(ARGUMENTS) == 0
    assert capsys.readouterr().out.splitlines() == [
        "update: pushed",
        "pull request 1: opened",
        "update: started ci.yml",
    ]
    pull = {"title": "Update", "body": "what changed\n", "head": "update", "base": "main"}
    assert github.pulls == [{"number": 1, **pull}]
    assert github.dispatched == [("ci.yml", "update")]
    # The description is not committed, and the working tree is as it was.
    assert remote("diff", "--stat", "--name-only", "main", "update") == "lock"
    assert git(Path(), "status", "--porcelain") == before
    assert git(Path(), "branch", "--list") == "* main"
    pushed = remote("rev-parse", "update")

    # The next day: the same changes.
    Path("update.md").write_text("the same\n")
    assert main(ARGUMENTS) == 0
    assert capsys.readouterr().out.splitlines() == [
        "update: is up to date",
        "pull request 1: renewed",
    ]
    assert remote("rev-parse", "update") == pushed
    assert len(github.dispatched) == 1

    # Others, on top of a new commit.
    git(Path(), "commit", "--quiet", "--allow-empty", "-m", "second")
    Path("lock").write_text("newer")
    assert main(ARGUMENTS) == 0
    assert remote("show", "update:lock") == "newer"
    assert remote("log", "--format=%s", "update").split("\n") == ["Update", "second", "first"]
    assert [each["body"] for each in github.pulls] == ["the same\n"]
    assert len(github.dispatched) == 2


def test_subdirectory(github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("lock").write_text("new")
    monkeypatch.chdir("sub")
    assert main([*ARGUMENTS[:-1], "../update.md"]) == 0
    assert git(Path("../../server/owner/name"), "show", "update:lock") == "new"


def error(*arguments: str) -> str:
    Path("lock").write_text("new")
    with pytest.raises(ToolError) as caught:
        main([*ARGUMENTS, *arguments])
    text = str(caught.value)
    assert TOKEN not in text
    return text


def test_errors(github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    assert error("--base", "update") == (
        "--branch update: is the branch to merge into (hint: name another one)"
    )
    monkeypatch.setenv("GITHUB_SERVER_URL", "file:///nowhere")
    assert error().startswith("git ls-remote: fatal: '/nowhere/owner/name' does not appear to be")
    monkeypatch.delenv("GITHUB_REPOSITORY")
    assert error() == "GITHUB_REPOSITORY is not set (hint: workflows set it with `env`)"
