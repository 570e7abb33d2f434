import subprocess
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.release.commit import check_commit, find_commit


def git(directory: Path, *arguments: str) -> str:
    names = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    done = subprocess.run(
        ["git", "-C", str(directory), *names, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "a file").write_text("a")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "a")
    return tmp_path


def test_the_commit_that_is_checked_out(checkout: Path) -> None:
    (checkout / "untracked").write_text("")
    assert find_commit(str(checkout)) == git(checkout, "rev-parse", "HEAD")


def test_changes_that_are_not_committed(checkout: Path) -> None:
    (checkout / "a file").write_text("b")
    with pytest.raises(ToolError) as caught:
        find_commit(str(checkout))
    assert str(caught.value) == (
        '"a file": not committed (hint: commit the changes, or give --commit)'
    )


def test_no_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(ToolError) as caught:
        find_commit(str(tmp_path))
    assert str(caught.value) == (
        "git status failed: fatal: not a git repository (or any of the parent directories): .git "
        "(hint: run it in a checkout, or give --commit)"
    )


@pytest.mark.parametrize("commit", ["", "a b", "HEAD", "a" * 39, "A" * 40])
def test_what_is_no_commit(commit: str) -> None:
    with pytest.raises(ToolError, match="not the hash of a commit"):
        check_commit(commit)
