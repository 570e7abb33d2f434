"""Reads the configs of container-structure-test, schemas 1.0.0 and 2.0.0."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tools.lib.cli.errors import ToolError
from tools.lib.data.yaml_fields import Field
from tools.structure_test.schema import (
    BindMount,
    CommandTest,
    Config,
    ContentTest,
    ExistenceTest,
    LicenseTest,
    MetadataTest,
    RunOptions,
    Variable,
)

T = TypeVar("T")


_COMMON = (
    "schemaVersion",
    "globalEnvVars",
    "commandTests",
    "fileContentTests",
    "fileExistenceTests",
    "licenseTests",
)
_EXECUTABLE_BY = ("owner", "group", "other", "any")


def parse_config(document: Field) -> Config:
    """Reads a whole file; a ToolError names the place and what was expected there."""
    if not isinstance(document.value, dict):
        raise document.expected("a mapping with schemaVersion and tests")
    version = document.value.get("schemaVersion")
    if version is None:
        raise ToolError(f"{document.file}: no schemaVersion", 'write schemaVersion: "2.0.0"')
    if version == "2.0.0":
        fields = document.mapping(*_COMMON, "metadataTest", "containerRunOptions")
        command, existence = _command_2, _existence_2
    elif version == "1.0.0":
        fields = document.mapping(*_COMMON)
        command, existence = _command_1, _existence_1
    else:
        raise Field(document.file, "schemaVersion", version).expected('"2.0.0" or "1.0.0"')
    return Config(
        file=document.file,
        commands=_each(fields, "commandTests", command),
        contents=_each(fields, "fileContentTests", _content),
        existence=_each(fields, "fileExistenceTests", existence),
        licenses=_each(fields, "licenseTests", _license),
        metadata=_metadata(fields["metadataTest"]) if "metadataTest" in fields else None,
        env=_each(fields, "globalEnvVars", _variable),
        options=_options(fields["containerRunOptions"])
        if "containerRunOptions" in fields
        else RunOptions(),
    )


def _each(fields: dict[str, Field], key: str, parse: Callable[[Field], T]) -> tuple[T, ...]:
    return fields[key].each(parse) if key in fields else ()


def _texts(fields: dict[str, Field], key: str) -> tuple[str, ...]:
    return fields[key].strings() if key in fields else ()


def _text(fields: dict[str, Field], key: str) -> str:
    return fields[key].string() if key in fields else ""


def _boolean(fields: dict[str, Field], key: str, default: bool) -> bool:
    return fields[key].boolean() if key in fields else default


def _integer(fields: dict[str, Field], key: str, default: int) -> int:
    return fields[key].integer() if key in fields else default


def _required(field: Field, fields: dict[str, Field], key: str) -> Field:
    if key not in fields:
        raise ToolError(f"{field.place}: {key} is missing")
    return fields[key]


def _variable(field: Field) -> Variable:
    fields = field.mapping("key", "value")
    return Variable(_required(field, fields, "key").nonempty_string(), _text(fields, "value"))


def _pattern(field: Field) -> Variable:
    fields = field.mapping("key", "value", "isRegex")
    return Variable(
        _required(field, fields, "key").nonempty_string(),
        _text(fields, "value"),
        _boolean(fields, "isRegex", False),
    )


def _name_of_variable(field: Field) -> str:
    return _pattern(field).key if isinstance(field.value, dict) else field.nonempty_string()


_COMMAND_KEYS = (
    "name",
    "setup",
    "teardown",
    "envVars",
    "command",
    "exitCode",
    "expectedOutput",
    "excludedOutput",
    "expectedError",
    "excludedError",
)


def _command_1(field: Field) -> CommandTest:
    fields = field.mapping(*_COMMAND_KEYS)
    return _command(field, fields, _argv(_required(field, fields, "command")))


def _command_2(field: Field) -> CommandTest:
    fields = field.mapping(*_COMMAND_KEYS, "args")
    program = _required(field, fields, "command").nonempty_string()
    return _command(field, fields, (program, *_texts(fields, "args")))


def _command(field: Field, fields: dict[str, Field], command: tuple[str, ...]) -> CommandTest:
    return CommandTest(
        name=_required(field, fields, "name").nonempty_string(),
        command=command,
        setup=_each(fields, "setup", _argv),
        teardown=_each(fields, "teardown", _argv),
        env=_each(fields, "envVars", _variable),
        exit_code=_integer(fields, "exitCode", 0),
        expected_output=_texts(fields, "expectedOutput"),
        excluded_output=_texts(fields, "excludedOutput"),
        expected_error=_texts(fields, "expectedError"),
        excluded_error=_texts(fields, "excludedError"),
    )


def _argv(field: Field) -> tuple[str, ...]:
    argv = field.strings()
    if not argv or not argv[0]:
        raise field.expected("a list that begins with a program")
    return argv


def _existence_1(field: Field) -> ExistenceTest:
    return _existence(field, field.mapping("name", "path", "shouldExist", "permissions"))


def _existence_2(field: Field) -> ExistenceTest:
    keys = ("name", "path", "shouldExist", "permissions", "uid", "gid", "isExecutableBy")
    return _existence(field, field.mapping(*keys))


def _existence(field: Field, fields: dict[str, Field]) -> ExistenceTest:
    executable_by = _text(fields, "isExecutableBy")
    if executable_by and executable_by not in _EXECUTABLE_BY:
        raise fields["isExecutableBy"].expected("owner, group, other or any")
    return ExistenceTest(
        name=_required(field, fields, "name").nonempty_string(),
        path=_required(field, fields, "path").nonempty_string(),
        should_exist=_boolean(fields, "shouldExist", True),
        permissions=_text(fields, "permissions"),
        uid=_integer(fields, "uid", -1),
        gid=_integer(fields, "gid", -1),
        executable_by=executable_by,
    )


def _content(field: Field) -> ContentTest:
    fields = field.mapping("name", "path", "expectedContents", "excludedContents")
    return ContentTest(
        name=_required(field, fields, "name").nonempty_string(),
        path=_required(field, fields, "path").nonempty_string(),
        expected=_texts(fields, "expectedContents"),
        excluded=_texts(fields, "excludedContents"),
    )


def _license(field: Field) -> LicenseTest:
    fields = field.mapping("debian", "files")
    return LicenseTest(
        debian=_boolean(fields, "debian", False),
        files=_texts(fields, "files"),
    )


def _metadata(field: Field) -> MetadataTest | None:
    fields = field.mapping(
        "envVars",
        "unboundEnvVars",
        "labels",
        "exposedPorts",
        "unexposedPorts",
        "volumes",
        "unmountedVolumes",
        "entrypoint",
        "cmd",
        "workdir",
        "user",
    )
    test = MetadataTest(
        env=_each(fields, "envVars", _pattern),
        unbound_env=_each(fields, "unboundEnvVars", _name_of_variable),
        labels=_each(fields, "labels", _pattern),
        exposed_ports=_texts(fields, "exposedPorts"),
        unexposed_ports=_texts(fields, "unexposedPorts"),
        volumes=_texts(fields, "volumes"),
        unmounted_volumes=_texts(fields, "unmountedVolumes"),
        entrypoint=fields["entrypoint"].strings() if "entrypoint" in fields else None,
        cmd=fields["cmd"].strings() if "cmd" in fields else None,
        workdir=_text(fields, "workdir"),
        user=_text(fields, "user"),
    )
    return None if test == MetadataTest() else test


def _options(field: Field) -> RunOptions:
    fields = field.mapping(
        "user",
        "privileged",
        "allocateTty",
        "envFile",
        "envVars",
        "capabilities",
        "bindMounts",
    )
    return RunOptions(
        user=_text(fields, "user"),
        privileged=_boolean(fields, "privileged", False),
        tty=_boolean(fields, "allocateTty", False),
        env_file=_text(fields, "envFile"),
        env_names=_texts(fields, "envVars"),
        capabilities=_each(fields, "capabilities", _capability),
        bind_mounts=_each(fields, "bindMounts", _bind_mount),
    )


def _capability(field: Field) -> str:
    name = field.nonempty_string().upper().removeprefix("CAP_")
    if not name.replace("_", "").isalnum():
        raise field.expected("the name of a capability such as NET_BIND_SERVICE")
    return name


def _bind_mount(field: Field) -> BindMount:
    match field.string().split(":"):
        case [source, target] if source and target.startswith("/"):
            return BindMount(source, target, False)
        case [source, target, "ro" | "rw" as access] if source and target.startswith("/"):
            return BindMount(source, target, access == "ro")
    raise field.expected("SOURCE:/TARGET or SOURCE:/TARGET:ro")
