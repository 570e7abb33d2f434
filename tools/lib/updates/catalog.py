"""Which images contain a locked package: from the build graph itself.

`bazel query` prints the targets of the image declarations with their attributes. Following the
attributes from an image ends at the repositories of packages. A query loads BUILD files only: no
package is downloaded, and nothing is built.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import Json, parse_object, require_list, require_object
from tools.lib.data.json_values import require_string as string

# Declarations of images; each has one of these for its debug variant, too.
_ENTRIES = 'kind("^catalog_entry rule$", //... - //tests/...)'
_ENTRY = ".catalog_entry"
_QUERY = ("query", "--noshow_progress", "--ui_event_filters=-info", "--output=streamed_jsonproto")
# The repository of a package: @@_main~apt~debian12_libc6_amd64//:part, and + instead of ~ in later
# versions of Bazel.
_PACKAGE = re.compile(r"@@[^/~+]*[~+](?:apt|nodejs)[~+]([^/]+)//.*")
_LOCKED = re.compile(r"([a-z0-9.-]+)_([a-z0-9+.-]+)_.*")
_NODE = re.compile(r"(node[0-9]+)_[a-z0-9]+")
# A package of this repository, or one of a repository that this repository names.
_LOADABLE = re.compile(r"(@[A-Za-z0-9_.-]+)?//[^:]*:.*")
# Attributes that say how to build or test, not what is in an image.
_SKIPPED = frozenset(
    ("data", "package_metadata", "tags", "target_compatible_with", "visibility", "waivers")
)

Attributes = Mapping[str, tuple[str, ...]]
"""Of a target: the attributes that are labels, and the strings of `catalog_entry`."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """The images, and their packages.

    Attributes:
        images: by distribution, the names of its images, sorted.
        containing: by lock and package, as repositories spell it, the names of the images that
            contain it, sorted. A name is `static-debian12`, or `static-debian12:debug` if only the
            debug image has the package.
    """

    images: Mapping[str, tuple[str, ...]]
    containing: Mapping[tuple[str, str], tuple[str, ...]]

    def images_with(self, lock: str, package: str) -> tuple[str, ...]:
        """The images that contain a package of a lock."""
        # Names of repositories have no +: that of libstdc++6 is libstdcxx6.
        return self.containing.get((lock, package.replace("+", "x")), ())


def query_catalog() -> Catalog:
    """Asks Bazel in the current directory.

    Raises:
        ToolError: the query failed.
    """
    return build_catalog(_bazel_query)


def build_catalog(query: Callable[[str], Iterable[str]]) -> Catalog:
    """The catalog of what `query` says.

    Args:
        query: the lines that `bazel query --output=streamed_jsonproto` prints for an expression.
    """
    targets = dict(read_targets(query(f"siblings({_ENTRIES})")))
    # Attributes lead to other packages of this repository, such as //private, and to repositories
    # of aliases, such as @debian12.
    asked = {_package(label) for label in targets}
    while packages := sorted(_missing(targets) - asked):
        asked.update(packages)
        targets |= read_targets(query(" + ".join(f"{each}:all" for each in packages)))
    images: dict[str, set[str]] = {}
    plain: dict[tuple[str, str], set[str]] = {}
    debug: dict[tuple[str, str], set[str]] = {}
    for label, attributes in targets.items():
        if label.endswith(_ENTRY) and "distribution" in attributes:
            (image,), (distribution,) = attributes["image"], attributes["distribution"]
            name = f"{image.replace('_', '-')}-{distribution}"
            images.setdefault(distribution, set()).add(name)
            found = debug if attributes["debug"] == ("true",) else plain
            for package in _packages(label.removesuffix(_ENTRY), targets):
                found.setdefault(package, set()).add(name)
    return Catalog(
        {distribution: tuple(sorted(names)) for distribution, names in images.items()},
        {
            package: (
                *sorted(plain.get(package, ())),
                *sorted(
                    f"{name}:debug"
                    for name in debug.get(package, set()) - plain.get(package, set())
                ),
            )
            for package in sorted(plain.keys() | debug.keys())
        },
    )


def read_targets(lines: Iterable[str]) -> Iterator[tuple[str, Attributes]]:
    """The rules that a query prints: their labels and attributes."""
    for number, line in enumerate(lines, 1):
        where = f"bazel query: line {number}"
        target = parse_object(line.encode(), where)
        if target.get("type") != "RULE":
            continue
        rule = require_object(target.get("rule"), where)
        attributes = {}
        for item in require_list(rule.get("attribute"), f"{where}.attribute"):
            attribute = require_object(item, f"{where}.attribute")
            name = string(attribute.get("name"), f"{where}.attribute")
            if name[0].isalpha() and name not in _SKIPPED:
                attributes[name] = tuple(_values(attribute))
        yield string(rule.get("name"), where), attributes


def _values(attribute: Json) -> Iterator[str]:
    kind = attribute.get("type")
    if kind in ("LABEL", "STRING", "BOOLEAN"):
        value = attribute.get("stringValue")
        if isinstance(value, str):
            yield value
    elif kind == "LABEL_LIST":
        for item in require_list(attribute.get("stringListValue", []), "bazel query"):
            yield string(item, "bazel query")
    elif kind == "LABEL_KEYED_STRING_DICT":
        for item in require_list(attribute.get("labelKeyedStringDictValue", []), "bazel query"):
            yield string(require_object(item, "bazel query").get("key"), "bazel query")


def _missing(targets: Mapping[str, Attributes]) -> set[str]:
    """The packages of labels that images lead to and that were not asked for yet."""
    reached = {
        label
        for entry in targets
        if entry.endswith(_ENTRY)
        for label in _reachable(entry.removesuffix(_ENTRY), targets)
    }
    return {
        _package(label)
        for label in reached
        if label not in targets and _LOADABLE.fullmatch(label) and not _PACKAGE.fullmatch(label)
    }


def _packages(image: str, targets: Mapping[str, Attributes]) -> Iterator[tuple[str, str]]:
    """The lock and the name of each package in an image or index."""
    for label in _reachable(image, targets):
        if match := _PACKAGE.fullmatch(label):
            if locked := _LOCKED.fullmatch(match[1]):
                yield locked[1], locked[2]
            elif node := _NODE.fullmatch(match[1]):
                yield "nodejs", node[1]


def _reachable(start: str, targets: Mapping[str, Attributes]) -> set[str]:
    """All labels that attributes lead to."""
    found = {start}
    todo = [start]
    while todo:
        for values in targets.get(todo.pop(), {}).values():
            for value in values:
                if "//" in value and value not in found:
                    found.add(value)
                    todo.append(value)
    return found


def _package(label: str) -> str:
    return label.partition(":")[0]


def _bazel_query(expression: str) -> Collection[str]:
    command = [os.path.join(os.getcwd(), "bazelw"), *_QUERY, "--", expression]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise ToolError("bazel query failed", "its output above says why")
    return result.stdout.splitlines()
