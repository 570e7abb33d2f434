"""Reads configs in container-structure-test's schemas 1.0.0 and 2.0.0.

Source of the format: pkg/types/v1 and pkg/types/v2 of container-structure-test.
"""

from __future__ import annotations

from tools.lib.cli.errors import ToolError
from tools.lib.data.yaml_fields import Field
from tools.structure_test.config import (
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
from tools.structure_test.mapping import Mapping, with_yaml_keys

_CONFIG_KEYS = (
    "schemaVersion",
    "globalEnvVars",
    "commandTests",
    "fileContentTests",
    "fileExistenceTests",
    "licenseTests",
)
_CONFIG_2_KEYS = (*_CONFIG_KEYS, "metadataTest", "containerRunOptions")
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
_EXISTENCE_KEYS = ("name", "path", "shouldExist", "permissions")
_CONTENT_KEYS = ("name", "path", "expectedContents", "excludedContents")
_METADATA_KEYS = (
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
_OPTION_KEYS = (
    "user",
    "privileged",
    "allocateTty",
    "envFile",
    "envVars",
    "capabilities",
    "bindMounts",
)
_EXECUTABLE_BY = ("owner", "group", "other", "any")


def read_config(document: Field) -> Config:
    """Reads a config.

    Raises:
        ToolError: a field is unknown, missing or has a wrong value. The message names the field.
    """
    version = _version(document)
    if version == "2.0.0":
        fields = Mapping(document, *_CONFIG_2_KEYS)
        read_command, read_existence = _command_2, _existence_2
    elif version == "1.0.0":
        fields = Mapping(document, *_CONFIG_KEYS)
        read_command, read_existence = _command_1, _existence_1
    else:
        raise Field(document.file, "schemaVersion", version).expected('"2.0.0" or "1.0.0"')
    metadata, options = fields.get("metadataTest"), fields.get("containerRunOptions")
    return Config(
        file=document.file,
        commands=fields.each("commandTests", read_command),
        contents=fields.each("fileContentTests", _content),
        existence=fields.each("fileExistenceTests", read_existence),
        licenses=fields.each("licenseTests", _license),
        metadata=_metadata(metadata) if metadata else None,
        env=fields.each("globalEnvVars", _variable),
        options=_run_options(options) if options else RunOptions(),
    )


def _version(document: Field) -> object:
    if not isinstance(document.value, dict):
        raise document.expected("a mapping with schemaVersion and tests")
    version = with_yaml_keys(document, _CONFIG_KEYS).value.get("schemaVersion")
    if version is None:
        raise ToolError(
            f"{document.file}: schemaVersion is missing", 'write schemaVersion: "2.0.0"'
        )
    return version


def _variable(field: Field) -> Variable:
    fields = Mapping(field, "key", "value")
    key = fields.required("key")
    if "=" in key.nonempty_string():
        raise key.expected("a name without '='")
    return Variable(key.string(), fields.string("value"))


def _expected_variable(field: Field) -> Variable:
    fields = Mapping(field, "key", "value", "isRegex")
    return Variable(
        fields.required("key").nonempty_string(), fields.string("value"), fields.boolean("isRegex")
    )


def _variable_name(field: Field) -> str:
    """The name of an unbound variable: a mapping with `key`, or just the name."""
    if isinstance(field.value, dict):
        return _expected_variable(field).key
    return field.nonempty_string()


def _command_1(field: Field) -> CommandTest:
    fields = Mapping(field, *_COMMAND_KEYS)
    return _command(fields, _argv(fields.required("command")))


def _command_2(field: Field) -> CommandTest:
    fields = Mapping(field, *_COMMAND_KEYS, "args")
    program = fields.required("command").nonempty_string()
    return _command(fields, (program, *fields.strings("args")))


def _command(fields: Mapping, command: tuple[str, ...]) -> CommandTest:
    return CommandTest(
        name=fields.required("name").nonempty_string(),
        command=command,
        setup=fields.each("setup", _argv),
        teardown=fields.each("teardown", _argv),
        env=fields.each("envVars", _variable),
        exit_code=fields.integer("exitCode", 0),
        expected_output=fields.strings("expectedOutput"),
        excluded_output=fields.strings("excludedOutput"),
        expected_error=fields.strings("expectedError"),
        excluded_error=fields.strings("excludedError"),
    )


def _argv(field: Field) -> tuple[str, ...]:
    argv = field.strings()
    if not argv or not argv[0]:
        raise field.expected("a list that starts with a program")
    return argv


def _existence_1(field: Field) -> ExistenceTest:
    return _existence(Mapping(field, *_EXISTENCE_KEYS))


def _existence_2(field: Field) -> ExistenceTest:
    return _existence(Mapping(field, *_EXISTENCE_KEYS, "uid", "gid", "isExecutableBy"))


def _existence(fields: Mapping) -> ExistenceTest:
    executable_by = fields.string("isExecutableBy")
    if executable_by and executable_by not in _EXECUTABLE_BY:
        raise fields.required("isExecutableBy").expected("owner, group, other or any")
    return ExistenceTest(
        name=fields.required("name").nonempty_string(),
        path=fields.required("path").nonempty_string(),
        should_exist=fields.boolean("shouldExist", True),
        permissions=fields.string("permissions"),
        uid=fields.integer("uid", -1),
        gid=fields.integer("gid", -1),
        executable_by=executable_by,
    )


def _content(field: Field) -> ContentTest:
    fields = Mapping(field, *_CONTENT_KEYS)
    return ContentTest(
        name=fields.required("name").nonempty_string(),
        path=fields.required("path").nonempty_string(),
        expected=fields.strings("expectedContents"),
        excluded=fields.strings("excludedContents"),
    )


def _license(field: Field) -> LicenseTest:
    fields = Mapping(field, "debian", "files")
    return LicenseTest(debian=fields.boolean("debian"), files=fields.strings("files"))


def _metadata(field: Field) -> MetadataTest | None:
    """A metadata test, or None if it checks nothing."""
    fields = Mapping(field, *_METADATA_KEYS)
    entrypoint, cmd = fields.get("entrypoint"), fields.get("cmd")
    test = MetadataTest(
        env=fields.each("envVars", _expected_variable),
        unbound_env=fields.each("unboundEnvVars", _variable_name),
        labels=fields.each("labels", _expected_variable),
        exposed_ports=fields.strings("exposedPorts"),
        unexposed_ports=fields.strings("unexposedPorts"),
        volumes=fields.strings("volumes"),
        unmounted_volumes=fields.strings("unmountedVolumes"),
        entrypoint=entrypoint.strings() if entrypoint else None,
        cmd=cmd.strings() if cmd else None,
        workdir=fields.string("workdir"),
        user=fields.string("user"),
    )
    return None if test == MetadataTest() else test


def _run_options(field: Field) -> RunOptions:
    fields = Mapping(field, *_OPTION_KEYS)
    return RunOptions(
        user=fields.string("user"),
        privileged=fields.boolean("privileged"),
        tty=fields.boolean("allocateTty"),
        env_file=fields.string("envFile"),
        env_names=fields.strings("envVars"),
        capabilities=fields.each("capabilities", _capability),
        bind_mounts=fields.each("bindMounts", _bind_mount),
    )


def _capability(field: Field) -> str:
    name = field.nonempty_string().upper().removeprefix("CAP_")
    if not name.replace("_", "").isalnum():
        raise field.expected("the name of a capability, such as NET_BIND_SERVICE")
    return name


def _bind_mount(field: Field) -> BindMount:
    match field.string().split(":"):
        case [source, target] if source and target.startswith("/"):
            return BindMount(source, target, False)
        case [source, target, "ro" | "rw" as access] if source and target.startswith("/"):
            return BindMount(source, target, access == "ro")
    raise field.expected("SOURCE:/TARGET or SOURCE:/TARGET:ro")
