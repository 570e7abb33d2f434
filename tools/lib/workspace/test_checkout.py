from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.workspace.checkout import checkout, commit_digest


def git(directory: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    command = ["git", "-C", str(directory), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two commits, and changes that are not committed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GIT_DIR", "/nowhere")  # as in a hook
    directory = tmp_path / "repository"
    (directory / "sub").mkdir(parents=True)
    monkeypatch.delenv("GIT_DIR")
    git(tmp_path, "init", "--quiet", str(directory))
    for text in ("one", "two"):
        (directory / "sub/file").write_text(text)
        git(directory, "add", ".")
        git(directory, "commit", "--quiet", "-m", text)
    (directory / "sub/file").write_text("changed")
    (directory / "untracked").write_text("")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    return directory


def test_commits(repository: Path) -> None:
    seen = []
    for commit, text in (("HEAD~1", "one"), ("HEAD", "two"), ("HEAD^", "one")):
        with checkout(str(repository), commit) as directory:
            seen.append(directory)
            assert Path(directory, "sub/file").read_text() == text
            assert not os.path.exists(f"{directory}/untracked")
            # What a build leaves behind.
            Path(directory, "sub/file").write_text("junk")
            Path(directory, "junk").write_text("")
    assert len(set(seen)) == 1
    assert (repository / "sub/file").read_text() == "changed"


def test_new_commit(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with checkout(str(repository), "HEAD"):
        pass
    monkeypatch.delenv("GIT_DIR")
    git(repository, "commit", "--quiet", "-a", "-m", "three")
    with checkout(str(repository), "HEAD") as directory:
        assert Path(directory, "sub/file").read_text() == "changed"


def test_shallow_clone(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_DIR")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repository}", str(shallow))
    with checkout(str(shallow), "HEAD") as directory:
        assert Path(directory, "sub/file").read_text() == "two"
    with pytest.raises(ToolError, match="HEAD~1: no such commit"), checkout(str(shallow), "HEAD~1"):
        pass
    # As GitHub checks out a pull request: a commit that no branch leads to, and its parents.
    git(repository, "commit", "--quiet", "-a", "-m", "three")
    head = git(repository, "rev-parse", "HEAD")
    git(shallow, "fetch", "--quiet", "--depth=2", "origin", head)
    git(shallow, "checkout", "--quiet", "--detach", head)
    for commit, text in (("HEAD", "changed"), ("HEAD^1", "two")):
        with checkout(str(shallow), commit) as directory:
            assert Path(directory, "sub/file").read_text() == text


def test_workspace_in_a_subdirectory(repository: Path) -> None:
    (repository / "sub/user.bazelrc").write_text("mine")
    with checkout(str(repository / "sub"), "HEAD") as directory:
        assert Path(directory, "file").read_text() == "two"
        assert Path(directory, "user.bazelrc").read_text() == "mine"


@pytest.mark.parametrize("commit", ["missing", "--all", "", "HEAD:sub"])
def test_unknown_commit(repository: Path, commit: str) -> None:
    with pytest.raises(ToolError) as caught:
        commit_digest(str(repository), commit)
    assert str(caught.value) == (
        f"{commit}: no such commit in {repository} "
        "(hint: fetch it with git: a shallow clone lacks older ones)"
    )


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    with pytest.raises(ToolError, match="HEAD: no such commit in"):
        commit_digest(str(tmp_path), "HEAD")
