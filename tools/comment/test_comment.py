from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.comment.__main__ import main
from tools.lib.cli.errors import ToolError
from tools.lib.github.github import MAX_BODY
from tools.lib.github.testing import TOKEN, FakeGitHub, fake_github


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BUILD_WORKING_DIRECTORY", raising=False)
    with fake_github() as github:
        for name, value in github.environment().items():
            monkeypatch.setenv(name, value)
        yield github


def test_one_comment_is_renewed(github: FakeGitHub, capsys: pytest.CaptureFixture[str]) -> None:
    # It is beyond the first page of comments.
    github.comments += [{"id": number, "body": "x"} for number in range(1, 151)]
    Path("a.md").write_text("one\n")
    Path("b.md").write_text("\n")
    files = ["a.md", "b.md", "missing.md"]
    arguments = ["--pull-request", "7", *files]
    assert main(arguments) == 0
    assert github.comments[150:] == [{"id": 151, "body": "<!-- knife -->\none\n"}]
    assert main(arguments) == 0
    Path("b.md").write_text("two")
    assert main(arguments) == 0
    assert github.comments[150:] == [{"id": 151, "body": "<!-- knife -->\none\n\ntwo\n"}]
    assert main([*arguments, "--name", "other"]) == 0
    assert len(github.comments) == 152
    assert capsys.readouterr().out.splitlines() == [
        "pull request 7: commented",
        "pull request 7: the comment is up to date",
        "pull request 7: renewed the comment",
        "pull request 7: commented",
    ]


def test_long_comment(github: FakeGitHub) -> None:
    Path("a.md").write_text("0123456789\n" * 10_000)
    assert main(["--pull-request", "7", "a.md"]) == 0
    body = github.comments[0]["body"]
    assert MAX_BODY - 20 < len(body) <= MAX_BODY
    assert body.endswith("\n0123456789\n\nThe rest is too long for GitHub.\n")


def error() -> str:
    Path("a.md").write_text("one\n")
    with pytest.raises(ToolError) as caught:
        main(["--pull-request", "7", "a.md"])
    text = str(caught.value)
    assert TOKEN not in text
    return text


def test_errors(github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "other")
    assert error() == (
        "owner/name: GET issues/7/comments: HTTP 401: Bad credentials "
        "(hint: GITHUB_TOKEN is not valid)"
    )
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("GITHUB_REPOSITORY", "other/name")
    assert "HTTP 404: Not Found (hint: check GITHUB_REPOSITORY" in error()
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:1")
    assert error() == (
        "http://127.0.0.1:1: GET issues/7/comments: ConnectionError (hint: try again)"
    )
    monkeypatch.delenv("GITHUB_TOKEN")
    assert error() == "GITHUB_TOKEN is not set (hint: workflows set it with `env`)"
