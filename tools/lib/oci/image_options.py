"""The options of an image: options.json, and files that stand for single options.

The options and the formats of the files are rules_oci's. Values are checked when they are read,
where their origin is known: an error at build time is better than one when a container starts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    parse_object,
    read_document,
    require_bool,
    require_list,
    require_string,
    require_string_map,
    require_strings,
)
from tools.lib.debian.architectures import ARCHITECTURES
from tools.lib.oci.rfc3339 import parse_time

VERSION = 1
"""Of options.json."""

FILE_FORMS: dict[str, Literal["map", "command", "list"]] = {
    "env": "map",
    "labels": "map",
    "annotations": "map",
    "entrypoint": "command",
    "cmd": "command",
    "exposed_ports": "list",
    "volumes": "list",
}
"""The options that can also be given as a file, and its format.

map: lines of KEY=VALUE. command: an argument a line. list: items separated by newlines or commas.
"""

_STRINGS = ("os", "architecture", "variant", "user", "workdir", "base_name")
_ANNOTATE_CREATED = "annotate_created"

# What uname, Debian and Bazel call an architecture, and Go's name, which is OCI's.
_OCI_NAMES = {name: each.name for each in ARCHITECTURES for name in (*each.uname, each.debian)} | {
    "k8": "amd64",
    "armv7": "arm",
}
_MAX_ID = (1 << 31) - 1
"""The largest uid and gid that runtimes accept."""


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """What an image adds to its base, or declares without one.

    An empty value means that the option is not given. entrypoint and cmd are None then; an empty
    one removes the base's. `env` is ordered: a value can refer to the variables before it.
    `base_name` is a reference of the base for an annotation; `annotate_created` asks for one with
    the time of creation.
    """

    os: str = ""
    architecture: str = ""
    variant: str = ""
    user: str = ""
    workdir: str = ""
    base_name: str = ""
    annotate_created: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    created: str = ""


def read_options(path: str, files: Mapping[str, str], created: str, name: str = "") -> ImageOptions:
    """Reads and validates the options.

    Args:
        path: options.json, an object with a `version`. A null is an option that is not given;
            `env` is a list of pairs.
        files: the paths of the options that are given as files.
        created: a file that contains an RFC 3339 time, or "".
        name: names the image in errors; by default `path`.
    """
    name = name or path
    fields = parse_object(read_document(path), path)
    if fields.pop("version", None) != VERSION:
        raise ToolError(f"{path}: not an options.json of version {VERSION}")
    if unknown := sorted(fields.keys() - {*_STRINGS, *FILE_FORMS, _ANNOTATE_CREATED}):
        raise ToolError(f"{name}: unknown option {unknown[0]!r:.80}")
    values: dict[str, Any] = {}
    for option in _STRINGS:
        value = require_string(fields.get(option) or "", f"{name}: {option}")
        _check_no_nul([value], f"{name}: {option}")
        values[option] = value
    values[_ANNOTATE_CREATED] = require_bool(
        fields.get(_ANNOTATE_CREATED) or False, f"{name}: {_ANNOTATE_CREATED}"
    )
    for option, form in FILE_FORMS.items():
        where, given, file = f"{name}: {option}", fields.get(option), files.get(option)
        if file and given is not None:
            raise ToolError(f"{where}: given twice, as a value and as the file {file}")
        if file:
            read = _read_map(file, option) if form == "map" else _read_list(file, form)
            values[option] = _check(option, read, file)
        elif given is not None:
            values[option] = _check(option, _convert(option, form, given, where), where)
    options = ImageOptions(**values, created=_read_created(created) if created else "")
    _check_platform(options, name)
    _check_user(options.user, f"{name}: user")
    if options.workdir and not options.workdir.startswith("/"):
        raise ToolError(f"{name}: workdir: {options.workdir!r:.80} is not an absolute path")
    return options


def _convert(option: str, form: str, value: object, where: str) -> Any:
    """The value of an option in options.json."""
    if option == "env":
        return _pairs(value, where)
    if form == "map":
        return require_string_map(value, where)
    return tuple(require_strings(value, where))


def _pairs(value: object, where: str) -> dict[str, str]:
    """A list of `[key, value]`: JSON objects written by Bazel are sorted, and env is ordered."""
    pairs: dict[str, str] = {}
    for i, item in enumerate(require_list(value, where)):
        pair = require_strings(item, f"{where}[{i}]")
        if len(pair) != 2:
            raise ToolError(f"{where}[{i}]: must be a key and a value, not {len(pair)} strings")
        pairs[pair[0]] = pair[1]
    return pairs


def _read_lines(path: str) -> list[str]:
    try:
        text = read_document(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ToolError(f"{path}: not UTF-8: {error}") from None
    return [line.removesuffix("\r") for line in text.split("\n")]


def _read_map(path: str, option: str) -> dict[str, str]:
    pairs = {}
    for number, line in enumerate(_read_lines(path), 1):
        if not line:
            continue
        key, equals, value = line.partition("=")
        # A label without a value has a meaning, a variable without one does not.
        if not key or (option == "env" and not equals):
            raise ToolError(f"{path}:{number}: {line!r:.80} is not KEY=VALUE")
        pairs[key] = value
    return pairs


def _read_list(path: str, form: str) -> tuple[str, ...]:
    lines = _read_lines(path)
    if form == "command":
        return tuple(line for line in lines if line)
    return tuple(item.strip() for line in lines for item in line.split(",") if item.strip())


def _read_created(path: str) -> str:
    created = "\n".join(_read_lines(path)).strip()
    parse_time(created, path)
    return created


def _check(option: str, value: Any, where: str) -> Any:
    """The value of an option, once it is validated."""
    _check_no_nul([*value, *(value.values() if isinstance(value, dict) else ())], where)
    _CHECKS[option](value, where)
    return value


def _check_no_nul(texts: Iterable[str], where: str) -> None:
    for text in texts:
        if "\0" in text:
            raise ToolError(f"{where}: {text!r:.80} contains a NUL")


def _check_names(pairs: Mapping[str, str], where: str) -> None:
    if "" in pairs:
        raise ToolError(f"{where}: empty name of the value {pairs['']!r:.80}")


def _check_env(env: Mapping[str, str], where: str) -> None:
    _check_names(env, where)
    for name in env:
        if re.search(r"[=\s]", name):
            raise ToolError(f"{where}: invalid variable name {name!r:.80}: it has a space or =")


def _check_command(command: tuple[str, ...], where: str) -> None:
    if command and not command[0]:
        raise ToolError(f"{where}: the first string is empty")


def _check_ports(ports: tuple[str, ...], where: str) -> None:
    for port in ports:
        match = re.fullmatch(r"(\d{1,5})(/(tcp|udp|sctp))?", port, re.ASCII)
        if not match or not 1 <= int(match[1]) <= 65535:
            raise ToolError(
                f"{where}: invalid port {port!r:.80}",
                "PORT, PORT/tcp, PORT/udp or PORT/sctp, from 1 to 65535; no ranges",
            )


def _check_volumes(volumes: tuple[str, ...], where: str) -> None:
    for volume in volumes:
        if not volume.startswith("/"):
            raise ToolError(f"{where}: {volume!r:.80} is not an absolute path")


_CHECKS: dict[str, Callable[[Any, str], None]] = {
    "env": _check_env,
    "labels": _check_names,
    "annotations": _check_names,
    "entrypoint": _check_command,
    "cmd": _check_command,
    "exposed_ports": _check_ports,
    "volumes": _check_volumes,
}


def _check_platform(options: ImageOptions, where: str) -> None:
    for key, value in (("os", options.os), ("architecture", options.architecture)):
        if (oci := _OCI_NAMES.get(value.lower(), value.lower())) != value:
            raise ToolError(f"{where}: {key}: {value!r:.80} is not OCI's name", f"write {oci!r}")
    if options.variant and not options.architecture:
        raise ToolError(f"{where}: variant: {options.variant!r:.80} without an architecture")


def _check_user(user: str, where: str) -> None:
    if not user:
        return
    parts = user.split(":")
    if len(parts) > 2 or any(not re.fullmatch(r"[^\s:-][^\s:]*", part) for part in parts):
        raise ToolError(f"{where}: {user!r:.80} is not USER or USER:GROUP, names or numbers")
    for part in parts:
        if part.isdecimal() and (len(part) > 10 or int(part) > _MAX_ID):
            raise ToolError(f"{where}: {user!r:.80}: ids must be at most {_MAX_ID}")
