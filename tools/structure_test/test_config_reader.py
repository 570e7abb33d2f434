import json

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.data.yaml_fields import load
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
from tools.structure_test.config_reader import read_config

WHOLE = """\
schemaVersion: 2.0.0
globalEnvVars: [{key: A, value: "1"}]
commandTests:
  - name: all of it
    command: /bin/x
    args: [-v, 2]
    setup: [[mkdir, /a], [touch, /a/b]]
    teardown: [[rm, /a/b]]
    envVars: [{key: B, value: $A}]
    exitCode: 3
    expectedOutput: [one]
    excludedOutput: [two]
    expectedError: [three]
    excludedError: [four]
  - {name: as little as can be, command: x}
fileExistenceTests:
  - {name: a, path: /a, permissions: -rw-r--r--, uid: 0, gid: 5, isExecutableBy: group}
  - {name: b, path: /b, shouldExist: no}
fileContentTests:
  - {name: c, path: /c, expectedContents: [x], excludedContents: [y]}
licenseTests:
  - {debian: true, files: [/l]}
metadataTest:
  envVars: [{key: A, value: 1.10}, {key: B, value: ^b, isRegex: true}]
  unboundEnvVars: [{key: C}, D]
  labels: [{key: l, value: v}]
  exposedPorts: [8080, 53/udp]
  unexposedPorts: ["80"]
  volumes: [/v]
  unmountedVolumes: [/w]
  entrypoint: [/bin/x]
  cmd: []
  workdir: /
  user: 0
containerRunOptions:
  user: root
  privileged: true
  allocateTty: true
  envFile: e.env
  envVars: [HOME]
  capabilities: [NET_BIND_SERVICE, cap_sys_time]
  bindMounts: ["a:/b", "/c:/d:ro"]
"""


def parse(text: str, file: str = "t.yaml") -> Config:
    return read_config(load(text.encode(), file))


def test_every_field_of_schema_2() -> None:
    config = parse(WHOLE)
    full, least = config.commands
    assert full == CommandTest(
        name="all of it",
        command=("/bin/x", "-v", "2"),
        setup=(("mkdir", "/a"), ("touch", "/a/b")),
        teardown=(("rm", "/a/b"),),
        env=(Variable("B", "$A"),),
        exit_code=3,
        expected_output=("one",),
        excluded_output=("two",),
        expected_error=("three",),
        excluded_error=("four",),
    )
    assert least == CommandTest("as little as can be", ("x",))
    assert config.existence == (
        ExistenceTest("a", "/a", True, "-rw-r--r--", 0, 5, "group"),
        ExistenceTest("b", "/b", False, "", -1, -1, ""),
    )
    assert config.contents == (ContentTest("c", "/c", ("x",), ("y",)),)
    assert config.licenses == (LicenseTest(True, ("/l",)),)
    assert config.metadata == MetadataTest(
        env=(Variable("A", "1.10"), Variable("B", "^b", True)),
        unbound_env=("C", "D"),
        labels=(Variable("l", "v"),),
        exposed_ports=("8080", "53/udp"),
        unexposed_ports=("80",),
        volumes=("/v",),
        unmounted_volumes=("/w",),
        entrypoint=("/bin/x",),
        cmd=(),
        workdir="/",
        user="0",
    )
    assert config.env == (Variable("A", "1"),)
    assert config.options == RunOptions(
        user="root",
        privileged=True,
        tty=True,
        env_file="e.env",
        env_names=("HOME",),
        capabilities=("NET_BIND_SERVICE", "SYS_TIME"),
        bind_mounts=(BindMount("a", "/b", False), BindMount("/c", "/d", True)),
    )


def test_schema_1_command_is_a_list() -> None:
    config = parse('schemaVersion: "1.0.0"\ncommandTests: [{name: a, command: [echo, hello]}]')
    assert config.commands == (CommandTest("a", ("echo", "hello")),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("metadataTest: {user: a}", "t.yaml: unknown field 'metadataTest'"),
        ("containerRunOptions: {}", "t.yaml: unknown field 'containerRunOptions'"),
        ("fileExistenceTests: [{name: a, path: /a, uid: 0}]", "[0]: unknown field 'uid'"),
        ("commandTests: [{name: a, command: echo}]", "[0].command: expected a list"),
        ("commandTests: [{name: a, command: [a], args: [b]}]", "[0]: unknown field 'args'"),
    ],
)
def test_schema_1_rejects_fields_of_schema_2(text: str, message: str) -> None:
    with pytest.raises(ToolError) as error:
        parse(f"schemaVersion: 1.0.0\n{text}")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.yaml: expected a mapping with schemaVersion and tests, found nothing"),
        ("{}", 't.yaml: schemaVersion is missing (hint: write schemaVersion: "2.0.0")'),
        ("schemaVersion: 3.0.0", 'schemaVersion: expected "2.0.0" or "1.0.0", found the string'),
        ("a: b: c", "t.yaml:1:5: not YAML: mapping values are not allowed"),
        ("schemaVersion: 2.0.0\nschemaVersion: 2.0.0", "duplicate key 'schemaVersion'"),
    ],
)
def test_files_that_are_not_configs(text: str, message: str) -> None:
    with pytest.raises(ToolError) as error:
        parse(text)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("args:", "argv:", "commandTests[0]: unknown field 'argv' (hint: did you mean 'args'?)"),
        (
            "commandTests:",
            "commandTest:",
            "t.yaml: unknown field 'commandTest' (hint: did you mean",
        ),
        ("    command: /bin/x\n", "", "commandTests[0]: command is missing"),
        ("command: /bin/x", "command: ''", "[0].command: expected a non-empty string"),
        ("[touch, /a/b]", "[]", "commandTests[0].setup[1]: expected a list that starts with a"),
        (
            "exitCode: 3",
            "exitCode: three",
            "exitCode: expected an integer, found the string 'three'",
        ),
        ("exitCode: 3", "exitCode: '3'", "exitCode: expected an integer, found the string '3'"),
        ("uid: 0", "uid: 010", "fileExistenceTests[0].uid: expected an integer, found 010"),
        ("shouldExist: no", "shouldExist: never", "shouldExist: expected true or false"),
        ("isExecutableBy: group", "isExecutableBy: me", "expected owner, group, other or any"),
        ("[one]", "one", "commandTests[0].expectedOutput: expected a list, found the string 'one'"),
        ("{key: B, value: $A}", "{key: B=, value: $A}", "envVars[0].key: expected a name without"),
        ("{key: l, value: v}", "{value: v}", "metadataTest.labels[0]: key is missing"),
        ("a:/b", "a:b", "bindMounts[0]: expected SOURCE:/TARGET or SOURCE:/TARGET:ro"),
        ("[NET_BIND_SERVICE", '["A B"', "capabilities[0]: expected the name of a capability"),
        ("user: root", 'user: "a\\0"', "containerRunOptions.user: expected a string without NUL"),
    ],
)
def test_errors_name_the_field(old: str, new: str, message: str) -> None:
    assert WHOLE.count(old) == 1
    with pytest.raises(ToolError) as error:
        parse(WHOLE.replace(old, new))
    assert message in str(error.value)


def test_json_is_read_like_yaml() -> None:
    document = {
        "schemaVersion": "2.0.0",
        "commandTests": [{"name": "a", "command": "x", "args": [1], "exitCode": 1}],
        "fileExistenceTests": [{"name": "b", "path": "/b", "shouldExist": False, "uid": 3}],
    }
    config = parse(json.dumps(document), "t.json")
    assert config.commands == (CommandTest("a", ("x", "1"), exit_code=1),)
    assert config.existence == (ExistenceTest("b", "/b", False, uid=3),)
    for text, message in (
        ('{"schemaVersion": "2.0.0", "x": 1}', "t.json: unknown field 'x'"),
        ('{"schemaVersion": "1.0.0", "schemaVersion": "2.0.0"}', "t.json: not JSON: duplicate key"),
        ("{", "t.json: not JSON"),
    ):
        with pytest.raises(ToolError) as error:
            parse(text, "t.json")
        assert message in str(error.value)


def test_json_keys_in_any_case() -> None:
    document = {
        "SchemaVersion": "2.0.0",
        "COMMANDTESTS": [{"Name": "a", "Command": "x", "EXITcode": 3}],
        "FileExistenceTests": [{"Name": "x", "Path": "/x", "ShouldExist": False}],
        "MetadataTest": {"Labels": [{"Key": "k", "Value": "v", "IsRegex": True}]},
        "ContainerRunOptions": {"TTY": True, "EnvVars": ["A"]},
    }
    config = parse(json.dumps(document), "t.json")
    assert config.commands == (CommandTest("a", ("x",), exit_code=3),)
    assert config.existence == (ExistenceTest("x", "/x", False),)
    assert config.metadata == MetadataTest(labels=(Variable("k", "v", True),))
    assert config.options == RunOptions(tty=True, env_names=("A",))
    assert parse('{"SCHEMAVERSION": "1.0.0"}', "t.json").commands == ()
    for text, message in (
        ('{"schemaVersion": "2.0.0", "SCHEMAVERSION": "1.0.0"}', "duplicate field 'schemaVersion'"),
        ('{"schemaVersion": "2.0.0", "Tests": []}', "unknown"),
    ):
        with pytest.raises(ToolError, match=message):
            parse(text, "t.json")
    with pytest.raises(ToolError, match="schemaVersion is missing"):
        parse("SchemaVersion: 2.0.0", "t.yaml")


def test_null_is_like_absent() -> None:
    config = parse("schemaVersion: 2.0.0\ncommandTests:\nmetadataTest: {cmd: }")
    assert (config.commands, config.metadata) == ((), None)
