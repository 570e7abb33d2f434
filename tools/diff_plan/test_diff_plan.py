import json
import subprocess
from pathlib import Path

import pytest

from tools.diff_plan.__main__ import main
from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Digest, digest_of
from tools.lib.release.plan import (
    Plan,
    PlannedImage,
    PlannedIndex,
    PlannedRepository,
    tags_of,
    write_plan,
)

# In place of Bazel: the plan is a file of the workspace, which a build copies.
BAZELW = """\
#!/bin/sh
echo "$PWD: $*" >> "$LOG"
command=$1
shift $(($# - 1))
case $command in
  build) test -e plan.json || { echo "no such target '$1'" >&2; exit 1; }
    mkdir -p out && cp plan.json out/release_plan.json ;;
  info) echo "$PWD/out" ;;
esac
"""


def plan(**variants: str) -> bytes:
    """The plan of `a-debian13` and `a`; a variant's content is a text."""
    indexes = {}
    for variant, text in variants.items():
        image = PlannedImage("arm64", digest_of(f"{text} arm64".encode()))
        indexes[variant] = PlannedIndex(f"//a:{variant}", digest_of(text.encode()), (image,))
    tags: dict[str, Digest] = {}
    for variant, index in indexes.items():
        tags |= tags_of(variant, index)
    repositories = [
        PlannedRepository(name, tuple(indexes.values()), tags) for name in ("a", "a-debian13")
    ]
    return write_plan(Plan(tuple(repositories)))


def git(directory: Path, *arguments: str) -> None:
    names = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", str(directory), *names, *arguments], check=True)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose only commit has an old plan."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    git(workspace, "init", "--quiet")
    (workspace / "bazelw").write_text(BAZELW)
    (workspace / "bazelw").chmod(0o755)
    (workspace / "plan.json").write_bytes(plan(latest="old", debug="same", nonroot="gone"))
    git(workspace, "add", ".")
    git(workspace, "commit", "--quiet", "--message", "a")
    (workspace / "plan.json").write_bytes(plan(latest="new", debug="same", extra="more"))
    monkeypatch.setenv("BUILD_WORKSPACE_DIRECTORY", str(workspace))
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("BUILD_WORKING_DIRECTORY", raising=False)
    monkeypatch.chdir(tmp_path)
    return workspace


def short(text: str) -> str:
    return digest_of(text.encode())[:19] + "…"


def expected(name: str) -> list[str]:
    return [
        f"{name}:",
        f"  + extra          {digest_of(b'more')}",
        f"  + extra-arm64    {digest_of(b'more arm64')}",
        f"  ~ latest         {short('old')} -> {short('new')}",
        f"  ~ latest-arm64   {short('old arm64')} -> {short('new arm64')}",
        f"  - nonroot        {digest_of(b'gone')}",
        f"  - nonroot-arm64  {digest_of(b'gone arm64')}",
    ]


def test_a_commit(workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = ["--json", "diff.json", "--markdown", "diff.md"]
    assert main(["HEAD", *outputs, "--", "--config=x"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        *expected("a"),
        *expected("a-debian13"),
        "4 tags added, 4 removed, 4 moved",
    ]
    document = json.loads((tmp_path / "diff.json").read_text())
    assert document["version"] == 1
    assert document["repositories"].keys() == {"a", "a-debian13"}
    assert document["repositories"]["a"]["moved"]["latest"] == {
        "before": digest_of(b"old"),
        "after": digest_of(b"new"),
    }
    assert document["repositories"]["a"]["added"].keys() == {"extra", "extra-arm64"}
    assert document["repositories"]["a"]["removed"].keys() == {"nonroot", "nonroot-arm64"}
    assert document["targets"] == [
        {"target": "//a:extra", "before": None, "after": digest_of(b"more")},
        {"target": "//a:latest", "before": digest_of(b"old"), "after": digest_of(b"new")},
        {"target": "//a:nonroot", "before": digest_of(b"gone"), "after": None},
    ]
    builds = [line for line in (tmp_path / "log").read_text().splitlines() if " build " in line]
    assert len(builds) == 2
    assert all(line.endswith("--config=x -- //:release_plan") for line in builds)
    assert builds[0].startswith(str(tmp_path / "cache"))
    assert builds[1].startswith(str(workspace))
    markdown = (tmp_path / "diff.md").read_text().splitlines()
    assert markdown[:4] == ["### Release", "", "4 tags added, 4 removed, 4 moved.", ""]
    changes = [line.strip().replace("~", "!", 1) for line in expected("a")[1:]]
    folded = ["<details><summary>a</summary>", "", "```diff", *changes, "```", "", "</details>"]
    assert markdown[4 : 4 + len(folded)] == folded


def test_a_plan_of_an_earlier_build(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("old.json").write_bytes((workspace / "plan.json").read_bytes())
    assert main(["old.json"]) == 0
    assert capsys.readouterr().out == "0 tags added, 0 removed, 0 moved\n"


def test_an_unknown_commit(workspace: Path) -> None:
    with pytest.raises(ToolError, match=f"^nothing: no such commit in {workspace} "):
        main(["nothing"])


def test_a_commit_without_a_plan(workspace: Path) -> None:
    git(workspace, "rm", "--quiet", "--cached", "plan.json")
    git(workspace, "commit", "--quiet", "--message", "b")
    with pytest.raises(ToolError) as caught:
        main(["HEAD"])
    message = str(caught.value)
    assert message.startswith("//:release_plan at HEAD: bazelw build failed in ")
    assert message.endswith(" (hint: its output above says why; old commits have no plan)")
