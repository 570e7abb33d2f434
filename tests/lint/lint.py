"""Runs the linters over the whole workspace.

ruff, mypy and import-linter check Python, buildifier Starlark, actionlint and zizmor the workflows.

    ./knife lint [--fix]

Prints their findings. The exit status is 1 if there are any.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser

# import-linter has no module that `python -m` runs.
_LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def _tracked(*patterns: str) -> list[str]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns],
        check=True,
        capture_output=True,
    )
    # git also lists files whose deletion is not committed yet.
    return [name for name in os.fsdecode(listing.stdout).split("\0") if os.path.isfile(name)]


def _site_packages() -> list[str]:
    return [path for path in sys.path if path.endswith("/site-packages") and "pip_" in path]


def _wheel_program(name: str) -> str:
    """The path of the program in a wheel."""
    for path in _site_packages():
        binary = os.path.join(path, "bin", name)
        if os.path.exists(binary):
            return binary
    raise ToolError(f"{name}: not found among the Python packages", "run ./knife lint")


def _go_tool(name: str, *arguments: str) -> list[str]:
    """The command for a tool of go.mod, which go.sum verifies. Its directory is tests/lint."""
    if not shutil.which("go"):
        raise ToolError("go: not found", f"{name} is built from source: install Debian's golang")
    return ["go", "-C", "tests/lint", "tool", name, *arguments]


def _buildifier(fix: bool) -> list[str]:
    # Workspaces in tests/e2e are as their users wrote them, and test_lines counts their lines.
    tracked = _tracked("*.bzl", "*.bazel", ":(exclude,glob)tests/e2e/*/**")
    files = [os.path.abspath(name) for name in tracked]
    mode = ["-mode=fix", "-lint=fix"] if fix else ["-mode=check", "-lint=warn"]
    return _go_tool("buildifier", *mode, *files)


def _workflow_linters() -> dict[str, list[str]]:
    workflows = [os.path.abspath(name) for name in _tracked(".github/workflows/*.yml")]
    # Without the network: what it would ask GitHub is whether an action is known to be unsafe.
    zizmor = ["--offline", "--no-progress", "--quiet", "--strict-collection", "--persona=pedantic"]
    return {
        "actionlint": _go_tool("actionlint", "-no-color", *workflows),
        "zizmor": [_wheel_program("zizmor"), *zizmor, "--", ".github"],
    }


def main(argv: Sequence[str]) -> int:
    parser = Parser("lint", "Runs the linters over the workspace.")
    parser.add_argument("--fix", action="store_true", help="fix what can be fixed")
    options = parser.parse_args(argv)
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if not workspace:
        raise ToolError("BUILD_WORKSPACE_DIRECTORY is not set", "run ./knife lint")
    os.chdir(workspace)

    ruff = _wheel_program("ruff")
    fix = ["--fix"] if options.fix else []
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([workspace, *_site_packages()]))
    commands = {
        "ruff check": [ruff, "check", "--quiet", *fix],
        "ruff format": [ruff, "format", "--quiet", *([] if options.fix else ["--diff"])],
        "mypy": [
            *(sys.executable, "-m", "mypy"),
            *("--no-error-summary", "--cache-dir", ".mypy_cache"),
        ],
        "import-linter": [sys.executable, "-c", _LINT_IMPORTS, "--no-cache"],
        "buildifier": _buildifier(options.fix),
        **_workflow_linters(),
    }
    failed = []
    for name, command in commands.items():
        if subprocess.run(command, env=environment).returncode != 0:
            failed.append(name)
    for name in failed:
        print(f"lint: {name} failed", file=sys.stderr)
    print(f"lint: {len(commands) - len(failed)} of {len(commands)} linters passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
