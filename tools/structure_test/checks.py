"""Existence, content and metadata tests. Each check yields its errors."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping

from tools.lib.oci.image_config import RunConfig
from tools.lib.rootfs.tree import Inode, PathError, Tree
from tools.structure_test import patterns
from tools.structure_test.config import (
    Config,
    ContentTest,
    ExistenceTest,
    MetadataTest,
    Variable,
)
from tools.structure_test.go_mode import go_mode
from tools.structure_test.image import ImageFiles
from tools.structure_test.licenses import license_files, tree_names

_MAX_NAME = 255  # bytes, on Linux
_MAX_COMPARED = 2000
_EXECUTABLE = {"owner": 0o100, "group": 0o010, "other": 0o001, "any": 0o111}


def files_to_read(tree: Tree, config: Config) -> Iterator[Inode]:
    """The existing files that the tests of `config` read."""
    paths = [test.path for test in config.contents]
    for test in config.licenses:
        paths += [path for _, path in license_files(tree, test)]
    for path in paths:
        try:
            yield tree.resolve(path).inode
        except PathError:
            continue  # The test reports it.


def check_existence(tree: Tree, test: ExistenceTest) -> Iterator[str]:
    """Checks whether a path exists, its mode and its owner. A link at its end is not followed."""
    try:
        found = tree.resolve(test.path, follow=False)
    except PathError as error:
        if test.should_exist:
            yield f"expected {test.path}, but {error}{_suggestions(tree, test.path)}"
        return
    mode = go_mode(found.inode.mode)
    if not test.should_exist:
        yield f"expected no {test.path}, found {mode} {found.inode.uid}:{found.inode.gid}"
        return
    if test.permissions and test.permissions != mode:
        yield f"{test.path}: permissions: expected {test.permissions}, found {mode}"
    for what, expected, actual in (
        ("uid", test.uid, found.inode.uid),
        ("gid", test.gid, found.inode.gid),
    ):
        if expected not in (-1, actual):
            yield f"{test.path}: {what}: expected {expected}, found {actual}"
    if test.executable_by and not found.inode.mode & _EXECUTABLE[test.executable_by]:
        yield f"{test.path}: expected to be executable by {test.executable_by}, found {mode}"


def check_content(image: ImageFiles, test: ContentTest) -> Iterator[str]:
    """Checks the content of a file. Links are followed inside the image."""
    try:
        text = image.read_text(test.path)
    except PathError as error:
        yield f"expected {test.path}, but {error}{_suggestions(image.tree, test.path)}"
        return
    yield from patterns.check(test.path, text, test.expected, test.excluded)


def check_metadata(config: RunConfig, test: MetadataTest) -> Iterator[str]:
    """Checks the image's config."""
    yield from _check_variables("environment variable", config.env, test.env)
    for name in test.unbound_env:
        if name in config.env:
            yield f"environment variable {name}: expected none, found {config.env[name]!r}"
    yield from _check_variables("label", config.labels, test.labels)
    for port in test.exposed_ports:
        if not _exposes(config.exposed_ports, port):
            yield f"exposed port {port}: not found in {_list(config.exposed_ports)}"
    for port in test.unexposed_ports:
        if _exposes(config.exposed_ports, port):
            yield f"exposed port {port}: expected none, found {_list(config.exposed_ports)}"
    for volume in test.volumes:
        if volume not in config.volumes:
            yield f"volume {volume}: not found in {_list(config.volumes)}"
    for volume in test.unmounted_volumes:
        if volume in config.volumes:
            yield f"volume {volume}: expected none, found {_list(config.volumes)}"
    for what, expected, actual in (
        ("entrypoint", test.entrypoint, config.entrypoint),
        ("cmd", test.cmd, config.cmd),
        ("workdir", test.workdir or None, config.workdir),
        ("user", test.user or None, config.user),
    ):
        if expected is not None and expected != actual:
            yield f"{what}: expected {_json(expected)}, found {_json(actual)}"


def _check_variables(
    what: str, actual: Mapping[str, str], expected: Iterable[Variable]
) -> Iterator[str]:
    for variable in expected:
        value = actual.get(variable.key)
        if value is None:
            yield f"{what} {variable.key}: not found in {_list(actual)}"
        elif variable.is_regex:
            yield from patterns.check(f"{what} {variable.key}", value, [variable.value], ())
        elif value != variable.value:
            yield f"{what} {variable.key}: expected {variable.value!r}, found {value!r}"


def _exposes(ports: Iterable[str], wanted: str) -> bool:
    """Whether a port is exposed. Without a protocol, `wanted` means any; a config's means tcp."""
    for port in ports:
        number, _, protocol = port.partition("/")
        wanted_number, _, wanted_protocol = wanted.partition("/")
        if number == wanted_number and wanted_protocol in ("", protocol or "tcp"):
            return True
    return False


def _suggestions(tree: Tree, path: str) -> str:
    """Paths that the author of a test may have meant. Empty if the path exists."""
    with contextlib.suppress(PathError):
        tree.resolve(path, follow=False)
        return ""
    from difflib import get_close_matches  # Slow to import, and only needed for errors.

    above, _, name = path.rstrip("/").rpartition("/")
    # Comparing names is slow.
    names = [] if len(name) > _MAX_NAME else tree_names(tree, above)[:_MAX_COMPARED]
    near = [f"{above}/{each}" for each in get_close_matches(name, names, 2)]
    same = [at.path for at in tree.walk() if at.path.endswith(f"/{name}")][:3] if name else []
    found = list(dict.fromkeys(same + near))[:3]
    return f"; did you mean {' or '.join(found)}?" if found else ""


def _list(values: Iterable[str]) -> str:
    return ", ".join(values) or "an empty list"


def _json(value: str | tuple[str, ...]) -> str:
    return json.dumps(value, ensure_ascii=False)
