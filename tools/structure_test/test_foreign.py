"""Tests of commands of other architectures, whose busybox comes from BUSYBOX_DEBS."""

from pathlib import Path
from typing import Any

import pytest

from tools.structure_test import namespaces, sandbox
from tools.structure_test.sample_images import HOST, layer, shell, write_layout
from tools.structure_test.tool_process import run_tool, sh, write_config

MACHINES = {
    "amd64": "x86_64",
    "arm": "armv7l",
    "arm64": "aarch64",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
}


@pytest.fixture
def image(tmp_path: Path, architecture: str) -> str:
    config = {"User": "nonroot", "Env": ["PATH=/bin"], "WorkingDir": "/home/nonroot"}
    return write_layout(
        tmp_path / "image", layer(*shell(architecture)), config=config, architecture=architecture
    )


def run_commands(tmp_path: Path, image: str, *tests: dict[str, Any]) -> str:
    """Runs command tests that must pass. Returns the text report."""
    named = [{"name": str(number), **test} for number, test in enumerate(tests)]
    ran = run_tool(
        "--image", image, "--config", write_config(tmp_path / "t.json", commandTests=named)
    )
    assert (ran.status, ran.stderr) == (0, ""), ran.stdout
    return ran.stdout


@pytest.mark.parametrize("architecture", MACHINES)
def test_foreign_programs_start_each_other(tmp_path: Path, image: str, architecture: str) -> None:
    script = "busybox uname -m; id -u; pwd; (exec sh -c 'exec cat /etc/passwd'); echo $0"
    run_commands(
        tmp_path,
        image,
        sh(
            script,
            setup=[["touch", "made"]],
            teardown=[["test", "-e", "made"]],
            expectedOutput=[
                f"^{MACHINES[architecture]}\n65532\n/home/nonroot\nroot:x:0:0",
                "\nsh\n$",
            ],
        ),
        {"command": "busybox", "args": ["false"], "exitCode": 1},
        sh("kill -9 $$", exitCode=137),
    )


def _fails(*_: object) -> None:
    raise OSError(1, "not here")


@pytest.mark.parametrize("architecture", [name for name in ("arm64", "s390x") if name != HOST])
@pytest.mark.parametrize("namespaced", [True, False])
def test_without_registration_the_emulator_runs_the_command(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    image: str,
    architecture: str,
    namespaced: bool,
) -> None:
    monkeypatch.setattr(namespaces, "mount_binfmt", _fails)
    monkeypatch.setattr(sandbox, "is_registered", lambda _: False)
    if not namespaced:
        monkeypatch.setattr(namespaces, "enter", lambda *_: False)
    run_commands(
        tmp_path,
        image,
        sh("echo $0; cd /; pwd", expectedOutput=["^sh\n/\n$"]),
        {"command": "busybox", "args": ["uname", "-m"], "expectedOutput": [MACHINES[architecture]]},
        {"command": "../../bin/busybox", "args": ["id", "-u"], "expectedOutput": ["^65532\n$"]},
        # The command cannot start other programs. A note explains why.
        sh(
            "busybox true",
            exitCode=126,
            expectedError=["Exec format error", "ran only sh: .* needs Linux 6.7, or Debian's"],
        ),
    )
    ran = run_tool(
        "--image",
        image,
        "--config",
        write_config(tmp_path / "t.json", commandTests=[{"name": "a", "command": "gone"}]),
    )
    assert "Error: gone could not be started: No such file or directory" in ran.stdout
