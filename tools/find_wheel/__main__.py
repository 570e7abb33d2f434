"""find_wheel: chooses the wheel of a locked requirement for an image. A repository rule runs it.

It prints JSON: `null` if the image does not need the requirement, otherwise the file's name, URL
and sha256. Standard library only.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence

from tools.find_wheel.index import IndexFile, parse_index
from tools.find_wheel.markers import environment, evaluate
from tools.find_wheel.tags import MACHINES, Target, parse_version, rank
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.data.json_values import require_list, require_object, require_string, require_strings


def main(argv: Sequence[str]) -> int:
    parser = Parser("find_wheel", "Chooses the wheel of a locked requirement.")
    parser.add_argument("--requirements", required=True, help="JSON, as requirements.bzl makes it")
    parser.add_argument("--index-file", help="the page of the project; without it, only markers")
    parser.add_argument("--index-url", default="", help="where the page is from")
    parser.add_argument("--python-version", required=True, help="such as 3.11")
    parser.add_argument("--architecture", required=True, choices=sorted(MACHINES))
    parser.add_argument("--glibc", required=True, help="such as 2.36")
    args = parser.parse_args(argv)
    target = Target(
        parse_version(args.python_version, "python_version"),
        args.architecture,
        parse_version(args.glibc, "glibc"),
    )
    requirement = needed(json.loads(args.requirements), target)
    result = requirement
    if requirement and args.index_file:
        with open(args.index_file, "rb") as source:
            files = parse_index(source.read(), args.index_url)
        wheel = choose(requirement, files, target)
        result = {"filename": wheel.filename, "url": wheel.url, "sha256": wheel.sha256}
    print(json.dumps(result))
    return 0


def needed(requirements: object, target: Target) -> Mapping[str, object] | None:
    """The first requirement whose marker holds.

    A project may have several, for different versions of Python.
    """
    variables = environment(target)
    for value in require_list(requirements, "requirements"):
        requirement = require_object(value, "requirements")
        if evaluate(require_string(requirement.get("marker"), "marker"), variables):
            return requirement
    return None


def choose(
    requirement: Mapping[str, object], files: Sequence[IndexFile], target: Target
) -> IndexFile:
    """The best wheel among those that the requirement has a hash of.

    Raises:
        ToolError: none fits.
    """
    name = f"{requirement.get('name')}=={requirement.get('version')}"
    hashes = set(require_strings(requirement.get("hashes"), f"{name}: hashes"))
    locked = [file for file in files if file.sha256 in hashes]
    wheels = [file for file in locked if file.filename.endswith(".whl")]
    ranked = [(order, file) for file in wheels if (order := rank(file.filename, target))]
    if ranked:
        return max(ranked, key=lambda item: (item[0], item[1].filename))[1]
    version = ".".join(map(str, target.python))
    image = f"Python {version} on {target.architecture}"
    if not locked:
        raise ToolError(
            f"{name}: the index has no file with one of the locked hashes",
            "lock the requirements again, or set `index` to the index that they are from",
        )
    if not wheels:
        raise ToolError(
            f"{name}: only a source distribution is locked, and those are not built",
            "choose a version that has wheels, or add your own wheel's hash and set `index`",
        )
    unlocked = [file for file in files if rank(file.filename, target) and _same(file, wheels[0])]
    if unlocked:
        raise ToolError(
            f"{name}: no hash is locked of {unlocked[0].filename}, which fits {image}",
            "lock the hashes of all wheels, as uv pip compile --generate-hashes does",
        )
    names = ", ".join(sorted(file.filename for file in wheels)[:3])
    raise ToolError(
        f"{name}: no wheel for {image} (glibc {'.'.join(map(str, target.glibc))})",
        f"python_version must be that of the image; locked: {names}",
    )


def _same(file: IndexFile, other: IndexFile) -> bool:
    """Whether two wheels are of one version."""
    return file.filename.split("-")[:2] == other.filename.split("-")[:2]


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
