"""What the user of an image asks for: options.json and the files that stand for single options.

The options are rules_oci's; so are the forms of the files. Every value is checked here, where its
origin is known, so that a mistake is told when the image is built and not when it is started.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    parse_object,
    read_document,
    require_list,
    require_string,
    require_string_map,
    require_strings,
)

_TEXTS = ("os", "architecture", "variant", "user", "workdir")
_MAPS = ("env", "labels", "annotations")
_LISTS = ("entrypoint", "cmd", "exposed_ports", "volumes")
FILE_FORMS = (*_MAPS, *_LISTS)

# Names of other worlds (uname, Debian, Bazel) for what OCI calls by Go's names.
_NOT_OCI = {
    "x86_64": "amd64",
    "k8": "amd64",
    "aarch64": "arm64",
    "armhf": "arm",
    "armel": "arm",
    "armv7": "arm",
    "armv7l": "arm",
    "i386": "386",
    "i686": "386",
    "ppc64el": "ppc64le",
    "mips64el": "mips64le",
    "loongarch64": "loong64",
}
# The largest id that runtimes take.
_MAX_ID = (1 << 31) - 1


class Settings(NamedTuple):
    """Options of an image. Empty means not given, but for entrypoint and cmd, where None does.

    `env` keeps its order, as its values may refer to those before.
    """

    os: str
    architecture: str
    variant: str
    user: str
    workdir: str
    env: Mapping[str, str]
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    entrypoint: list[str] | None
    cmd: list[str] | None
    exposed_ports: list[str]
    volumes: list[str]
    created: str


def read_settings(options_path: str, files: Mapping[str, str], created_path: str) -> Settings:
    """Reads and checks the options.

    Args:
        options_path: a JSON object; a null is an option that is not given. `env` is a list of
            pairs.
        files: for each of FILE_FORMS that is given as a file, its path.
        created_path: a file with one RFC 3339 time, or "".
    """
    options = parse_object(read_document(options_path), options_path)
    if unknown := set(options) - {*_TEXTS, *FILE_FORMS}:
        raise ToolError(f"{options_path}: {sorted(unknown)[0]!r} is no option")
    values: dict[str, Any] = {}
    for name in _TEXTS:
        values[name] = require_string(options.get(name) or "", f"{options_path}: {name}")
    for name in FILE_FORMS:
        path, given = files.get(name), options.get(name)
        if path and given is not None:
            raise ToolError(f"{options_path}: {name} is given here and by {path}: choose one")
        where = path or f"{options_path}: {name}"
        if path:
            values[name] = _read_file_form(name, path)
        elif name == "env":
            values[name] = _pairs(given or [], where)
        elif name in _MAPS:
            values[name] = require_string_map(given or {}, where)
        else:
            values[name] = None if given is None else require_strings(given, where)
        if values[name] is not None:
            _CHECKS[name](values[name], where)
    values["exposed_ports"] = values["exposed_ports"] or []
    values["volumes"] = values["volumes"] or []
    values["created"] = _read_created(created_path) if created_path else ""
    settings = Settings(**values)
    _check_platform(settings, options_path)
    _check_user(settings.user, f"{options_path}: user")
    if settings.workdir and not settings.workdir.startswith("/"):
        raise ToolError(f"{options_path}: workdir {settings.workdir!r} is not absolute")
    return settings


def _pairs(value: object, where: str) -> dict[str, str]:
    """A list of `[key, value]`, whose order counts, as that of an object's keys does not."""
    pairs: dict[str, str] = {}
    for i, item in enumerate(require_list(value, where)):
        pair = require_strings(item, f"{where}[{i}]")
        if len(pair) != 2:
            raise ToolError(f"{where}[{i}]: {len(pair)} texts, not a key and its value")
        pairs[pair[0]] = pair[1]
    return pairs


def _read_lines(path: str) -> list[str]:
    try:
        text = read_document(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ToolError(f"{path}: not UTF-8: {error}") from None
    return [line.removesuffix("\r") for line in text.split("\n")]


def _read_file_form(name: str, path: str) -> dict[str, str] | list[str]:
    lines = _read_lines(path)
    if name in ("entrypoint", "cmd"):
        return [line for line in lines if line]
    if name in _LISTS:
        return [item.strip() for line in lines for item in line.split(",") if item.strip()]
    pairs = {}
    for number, line in enumerate(lines, 1):
        key, equals, value = line.partition("=")
        if not line:
            continue
        # A label without a value has a meaning, a variable without one has none.
        if not key or (name == "env" and not equals):
            raise ToolError(f"{path}:{number}: {line!r:.80} is not KEY=VALUE")
        pairs[key] = value
    return pairs


def _read_created(path: str) -> str:
    created = "\n".join(_read_lines(path)).strip()
    seconds_of(created, path)
    return created


def seconds_of(text: str, where: str) -> float:
    """The seconds since 1970 of an RFC 3339 time."""
    from datetime import datetime  # its import takes as long as all else here

    full = r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)"
    try:
        if not re.fullmatch(full, text, re.ASCII):
            raise ValueError
        return datetime.fromisoformat(text.upper()).timestamp()
    except ValueError:
        example = "as 2025-01-31T12:00:00Z"
        raise ToolError(f"{where}: {text!r:.80} is no RFC 3339 time", example) from None


def _check_pairs(pairs: Mapping[str, str], where: str) -> None:
    if "" in pairs:
        raise ToolError(f"{where}: an empty name, of the value {pairs['']!r:.80}")


def _check_env(env: Mapping[str, str], where: str) -> None:
    _check_pairs(env, where)
    for key, value in env.items():
        if re.search(r"[=\s\0]", key) or "\0" in value:
            raise ToolError(f"{where}: {key!r:.80} is no variable's name: it has a space, = or NUL")


def _check_command(command: list[str], where: str) -> None:
    for text in command:
        if "\0" in text:
            raise ToolError(f"{where}: {text!r:.80} holds a NUL")
    if command and not command[0]:
        raise ToolError(f"{where}: the first text is empty")


def _check_ports(ports: list[str], where: str) -> None:
    for port in ports:
        match = re.fullmatch(r"(\d{1,5})(/(tcp|udp|sctp))?", port, re.ASCII)
        if not match or not 1 <= int(match[1]) <= 65535:
            hint = "PORT, PORT/tcp, PORT/udp or PORT/sctp, PORT from 1 to 65535; no ranges"
            raise ToolError(f"{where}: {port!r:.80} is no port", hint)


def _check_volumes(volumes: list[str], where: str) -> None:
    for volume in volumes:
        if not volume.startswith("/"):
            raise ToolError(f"{where}: volume {volume!r:.80} is not an absolute path")


_CHECKS: dict[str, Any] = {
    "env": _check_env,
    "labels": _check_pairs,
    "annotations": _check_pairs,
    "entrypoint": _check_command,
    "cmd": _check_command,
    "exposed_ports": _check_ports,
    "volumes": _check_volumes,
}


def _check_platform(settings: Settings, where: str) -> None:
    for key, name in (("os", settings.os), ("architecture", settings.architecture)):
        if (oci := _NOT_OCI.get(name.lower(), name.lower())) != name:
            raise ToolError(f"{where}: {key} {name!r:.80} is not OCI's name", f"it is {oci!r}")
    if settings.variant and not settings.architecture:
        raise ToolError(f"{where}: a variant ({settings.variant!r}) without an architecture")


def _check_user(user: str, where: str) -> None:
    if not user:
        return
    parts = user.split(":")
    if len(parts) > 2 or any(not re.fullmatch(r"[^\s:-][^\s:]*", part) for part in parts):
        raise ToolError(f"{where} {user!r:.80} is not USER or USER:GROUP, names or numbers")
    for part in parts:
        if part.isdecimal() and (len(part) > 10 or int(part) > _MAX_ID):
            raise ToolError(f"{where} {user!r:.80}: ids end at {_MAX_ID}")
