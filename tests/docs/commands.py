"""The shell commands in pages of Markdown.

A command is a line of a block of code, indented or in fences, or inline code, that starts with one
of the programs that users of this project run.
"""

from __future__ import annotations

import re
from pathlib import Path

PROGRAMS = frozenset(
    {
        *("./bazelw", "./knife", "bazel", "bazelisk", "python3", "pip"),
        *("skopeo", "crane", "docker", "podman", "ctr", "nerdctl", "oras", "regctl", "umoci"),
        *("apt-get", "cosign", "curl", "dpkg", "git", "gpg", "grype", "kubectl", "mkdir", "rm"),
        *("buildah", "mvn", "syft", "trivy", "wget"),
    }
)
_SHELLS = frozenset({"", "console", "sh", "shell", "bash"})
_FENCE = re.compile(r" *```(\w*)")
_INLINE = re.compile(r"`((?:\./bazelw|\./knife|bazel) [^`]+)`")


def find_commands(text: str) -> list[str]:
    """The commands of a page, without prompts and comments, in order."""
    commands = []
    language: str | None = None
    previous, indented = "", False
    for line in _joined(text):
        fence = _FENCE.match(line)
        if fence:
            language = fence[1] if language is None else None
        elif language is not None:
            if language in _SHELLS:
                commands += _command(line)
        elif line.startswith("    ") and (indented or not previous):
            indented = True
            commands += _command(line)
        else:
            indented = indented and not line
            commands += [command for each in _INLINE.findall(line) for command in _command(each)]
        previous = line.strip()
    return commands


def find_blocks(text: str, language: str) -> list[str]:
    """The blocks in fences of a language, without the fences."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def read_pages(paths: list[Path]) -> dict[str, list[str]]:
    """The pages that have each command."""
    found: dict[str, list[str]] = {}
    for path in paths:
        for command in find_commands(path.read_text()):
            found.setdefault(command, []).append(str(path))
    return found


def _joined(text: str) -> list[str]:
    return text.replace("\\\n", " ").splitlines()


def _command(line: str) -> list[str]:
    command = re.sub(r"\s+#\s.*", "", line.strip()).removeprefix("$ ")
    command = " ".join(command.split())
    words = [word for word in command.split() if not re.match(r"[A-Za-z_]\w*=", word)]
    # `bazel run` is a name, and "..." is no argument.
    least = 3 if words and words[0] == "bazel" else 2
    complete = len(words) >= least and "..." not in words
    return [command] if complete and words[0] in PROGRAMS else []
