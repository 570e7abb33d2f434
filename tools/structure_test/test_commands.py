"""Tests of commands that run in bubblewrap, in images with only busybox."""

from pathlib import Path
from typing import Any

import pytest

from tools.structure_test.engine_files import FILES
from tools.structure_test.sample_images import Entry, layer, shell, symlink, write_layout
from tools.structure_test.tool_process import run_tool, sh, stdout, write_config


def test_user_directory_and_environment(run_tests: Any) -> None:
    script = "id -u; id -g; pwd; echo $HOME; cat own 2>/dev/null; touch made && echo made"
    assert stdout(run_tests(sh(script)).one).split() == [
        *("65532", "65532", "/home/nonroot", "/home/nonroot", "made")
    ]
    environment = stdout(run_tests({"command": "busybox", "args": ["env"]}).one)
    assert sorted(environment.split()) == [
        "A=image",
        "HOME=/home/nonroot",
        "PATH=/bin",
        "PWD=/home/nonroot",
    ]


def test_missing_working_directory_is_created(run_tests: Any) -> None:
    result = run_tests(sh("id -u; pwd; echo $HOME; touch /made made"), image="root").one
    assert stdout(result).split() == ["0", "/srv/absent", "/root"]


@pytest.mark.parametrize(
    ("script", "allowed"),
    [
        ("cat /data/secret", False),
        ("cat /data/own", True),
        ("cat /data/of-extra", True),  # nonroot is in the group
        ("touch /etc/made", False),
        ("touch /made", False),
        ("touch /data/made", True),
        ("touch /tmp/made", True),
        ("ls /root", False),
        ("echo x > /data/secret", False),
        ("echo x > /etc/passwd", False),
        ("echo x > /dev/null", True),
        ("echo x > /dev/shm/x", True),
    ],
)
def test_access_of_a_user(run_tests: Any, script: str, allowed: bool) -> None:
    result = run_tests(sh(script)).one
    assert result["Pass"] == allowed, result


def test_access_of_root(run_tests: Any) -> None:
    result = run_tests(sh("cat /data/secret /data/own; touch /root/x /data/x"), image="root").one
    assert stdout(result) == "secret\nown\n"


def test_run_options_override_the_user(run_tests: Any) -> None:
    # As in container engines, a user may start in a directory that it cannot enter.
    result = run_tests(sh("id -u; id -g; pwd"), containerRunOptions={"user": "7:8"}).one
    assert stdout(result).split() == ["7", "8", "/home/nonroot"]
    assert not run_tests(sh("ls ."), containerRunOptions={"user": "7:8"}).one["Pass"]
    result = run_tests(sh("true"), containerRunOptions={"user": "nobody"}).one
    assert result["Errors"] == ["user 'nobody' not found in the image's /etc/passwd"]


def test_variables_of_the_config(run_tests: Any) -> None:
    tests = [
        sh(
            "echo $A ${A} $B $C $D",
            envVars=[{"key": "C", "value": "${B}+"}],
            setup=[["sh", "-c", "test $C = image/global+"]],
        ),
        sh("echo $A", envVars=[{"key": "A", "value": "own"}]),
        {"command": "$SH", "args": ["-c", "echo $0 $PATH", "$B"]},
    ]
    variables = [{"key": "B", "value": "$A/global"}, {"key": "SH", "value": "/bin/sh"}]
    first, second, third = run_tests(*tests, globalEnvVars=variables)
    # The values of a test's own variables are literal, except for its setup.
    assert stdout(first) == "image image image/global ${B}+\n"
    # As in container-structure-test, the command is expanded with the image's value.
    assert stdout(second) == "image\n"
    assert stdout(third) == "image/global /bin\n"


def test_variables_of_the_host(
    run_tests: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FROM_HERE", "here")
    monkeypatch.setenv("NOT_NAMED", "secret")
    (tmp_path / "env").write_text("FILE='1'\nexport A=file # comment\n")
    options = {"envFile": str(tmp_path / "env"), "envVars": ["FROM_HERE", "NOT_SET"]}
    result = run_tests({"command": "busybox", "args": ["env"]}, containerRunOptions=options).one
    lines = set(stdout(result).split())
    assert {"FILE=1", "A=file", "FROM_HERE=here"} <= lines
    assert not any(line.startswith(("NOT_", "TEST_", "USER=")) for line in lines)


def test_setup_and_teardown_share_the_copy_of_their_command(run_tests: Any) -> None:
    first, second, third = run_tests(
        sh(
            "cat /data/own /tmp/a /tmp/b; rm /data/own",
            setup=[["touch", "/tmp/a"], ["sh", "-c", "echo $A > /tmp/b"]],
            teardown=[["sh", "-c", "test ! -e /data/own && cat /tmp/b"]],
            envVars=[{"key": "A", "value": "not expanded before"}],
        ),
        sh("ls /tmp; cat /data/own"),
        sh("touch /data/new; ls /data"),
    )
    assert stdout(first) == "own\nnot expanded before\n"
    assert stdout(second) == "own\n"
    assert stdout(third).split() == ["new", "of-extra", "own", "plain", "script", "secret"]


def test_setup_or_teardown_that_fails(run_tests: Any) -> None:
    setup, teardown, silent = run_tests(
        sh("echo not reached", setup=[["test", "-e", "/"], ["cat", "/gone"]]),
        sh("true", teardown=[["sh", "-c", "echo out; echo err >&2; exit 3"]]),
        sh("true", teardown=[["sh", "-c", "exit 3"]]),
    )
    assert setup["Errors"] == [
        "setup[1] cat /gone: exit code 1, "
        "stderr: \"cat: can't open '/gone': No such file or directory\""
    ]
    assert "Stdout" not in setup
    (error,) = teardown["Errors"]
    assert error.endswith("exit 3: exit code 3, stdout: 'out', stderr: 'err'")
    assert silent["Errors"] == ["teardown[0] sh -c exit 3: exit code 3, no output"]


def test_exit_codes_and_output(run_tests: Any) -> None:
    good, bad, killed = run_tests(
        sh(
            "echo out; echo err >&2; exit 3",
            exitCode=3,
            expectedOutput=["^out\n$"],
            expectedError=["err"],
            excludedOutput=["err"],
            excludedError=["out"],
        ),
        sh("echo out; exit 4", expectedOutput=["x"], excludedOutput=["o"], expectedError=["e"]),
        sh("kill -9 $$"),
    )
    assert good["Pass"]
    assert (good["Stdout"], good["Stderr"]) == ("out\n", "err\n")
    assert bad["Errors"] == [
        "exit code: expected 0, found 4",
        "stdout: expected a match of 'x', found 'out\\n'",
        "stdout: expected no match of 'o', found 'out\\n'",
        "stderr: expected a match of 'e', found nothing",
    ]
    assert killed["Errors"] == ["exit code: expected 0, found 137"]


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("/gone", "/gone could not be started: No such file or directory"),
        ("gone", "gone could not be started: No such file or directory"),
        ("/data/plain", "/data/plain could not be started: Permission denied"),
        ("/data", "/data could not be started: Permission denied"),
    ],
)
def test_commands_that_cannot_be_started(run_tests: Any, command: str, error: str) -> None:
    assert run_tests({"command": command, "exitCode": 1}).one["Errors"] == [error]


def test_scripts_links_and_relative_paths(run_tests: Any) -> None:
    absolute, by_path, relative = run_tests(
        {"command": "/absolute/script", "args": ["1"]},
        {"command": "tool", "args": ["2"]},
        {"command": "../../data/script", "args": ["3"]},
    )
    assert stdout(absolute) == "script 1\n"
    assert stdout(by_path) == "script 2\n"
    assert stdout(relative) == "script 3\n"


def test_working_directory_that_is_a_file(tmp_path: Path) -> None:
    config = {"Env": ["PATH=/bin"], "WorkingDir": "/etc/passwd"}
    image = write_layout(tmp_path, layer(*shell()), config=config)
    tests = write_config(tmp_path / "t.json", commandTests=[{"name": "a", **sh("true")}])
    ran = run_tool("--image", image, "--config", tests)
    assert (ran.status, ran.stderr) == (1, "")
    assert "could not be started: working directory: /etc/passwd is not a directory" in ran.stdout


def test_entrypoint_is_ignored(tmp_path: Path) -> None:
    config = {"Env": ["PATH=/bin"], "Entrypoint": ["/bin/cat", "/gone"], "Cmd": ["x"]}
    image = write_layout(tmp_path, layer(*shell()), config=config)
    tests = write_config(tmp_path / "t.json", commandTests=[{"name": "a", **sh("true")}])
    assert run_tool("--image", image, "--config", tests).status == 0


def test_files_of_container_engines(tmp_path: Path) -> None:
    entries = [
        *shell(),
        Entry("etc/hosts", b"192.0.2.1 own\n"),
        symlink("etc/hostname", "/run/name"),
    ]
    image = write_layout(tmp_path, layer(*entries), config={"Env": ["PATH=/bin"]})
    tests = write_config(
        tmp_path / "t.json",
        commandTests=[
            {
                "name": "commands",
                **sh(
                    "cat /etc/hosts /etc/hostname /etc/resolv.conf && echo x >> /etc/hosts",
                    expectedOutput=["localhost", "\nstructure-test\n"],
                    excludedOutput=["own"],
                ),
            }
        ],
        # Other tests look at the image, and see what engines add to it.
        fileExistenceTests=[{"name": path, "path": path} for path in FILES],
        fileContentTests=[
            {"name": "own", "path": "/etc/hosts", "expectedContents": ["own"]},
            {"name": "added", "path": "/etc/resolv.conf", "expectedContents": ["no network"]},
        ],
    )
    ran = run_tool("--image", image, "--config", tests)
    assert ran.status == 0, ran.stdout
