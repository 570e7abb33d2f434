"""The files that pages of the documentation show.

A file is a block in fences whose first line is a comment with its name: `# BUILD.bazel`. A section
(`## ...`) is a package, in which all its BUILD.bazel blocks follow each other. The MODULE.bazel
blocks of all sections of a page are one file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```\w*\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ONCE = re.compile(r"^(?:bazel_dep\(|\w+ = use_extension\().*\n", re.MULTILINE)
_EXTENSION = re.compile(r'^(\w+) = use_extension\("(.+)", "(\w+)"\)$', re.MULTILINE)
_REPOSITORY = re.compile(r'^use_repo\((\w+), "(\w+)"\)$', re.MULTILINE)
_HEADING = re.compile(r"^## (.+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a page that shows files."""

    page: str
    """The file's name. All README.md share a workspace."""
    folder: str
    title: str
    """"" for what is above the first heading."""
    files: tuple[tuple[str, str], ...]
    """Name and text, in the order of the page. A name may be repeated."""

    @property
    def repositories(self) -> list[tuple[str, str]]:
        """What its extensions declare: `<file>%<extension>` and a repository."""
        text = "".join(text for name, text in self.files if name == "MODULE.bazel")
        extensions = {name: f"{file}%{symbol}" for name, file, symbol in _EXTENSION.findall(text)}
        return [(extensions[name], repository) for name, repository in _REPOSITORY.findall(text)]

    @property
    def package(self) -> str:
        name = f"{self.folder} {self.title or self.page}"
        return re.sub(r"\W+", "_", name.lower())


def read_sections(page: Path) -> list[Section]:
    """The sections of a page that show files."""
    parts = ["", *_HEADING.split(page.read_text())]
    sections = [
        Section(page.name, page.parent.name, title, tuple(_BLOCK.findall(text)))
        for title, text in zip(parts[::2], parts[1::2], strict=True)
    ]
    return [section for section in sections if section.files]


def write_workspace(directory: Path, sections: list[Section], header: str) -> None:
    """Writes the files of sections.

    Args:
        directory: the workspace, which is made.
        sections: of one page.
        header: what MODULE.bazel begins with.
    """
    directory.mkdir(parents=True)
    modules = [header]
    # Each section is complete, but a file declares a module and an extension once.
    once = set(_ONCE.findall(header))
    for section in sections:
        package = directory / section.package
        package.mkdir()
        for name, text in section.files:
            if name == "MODULE.bazel":
                modules.append(_without(text, once))
                once.update(_ONCE.findall(text))
            else:
                with (package / name).open("a") as file:
                    file.write(text)
    (directory / "MODULE.bazel").write_text("\n".join(modules))
    (directory / "BUILD.bazel").touch()


def _without(text: str, lines: set[str]) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if line not in lines)
