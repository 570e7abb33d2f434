"""Locking on top of a base image."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.lib.apt.testing_repository import stanza
from tools.lib.cli.errors import run
from tools.lib.debian.names import Version
from tools.lib.resolver.base_image import is_merged_usr, read_base
from tools.lock.__main__ import main
from tools.lock.testing import MANIFEST, Workspace

COMMAND = "bazel run @some//:lock"
BASE = [
    stanza("libc", "2.36", Depends="libgcc", Breaks="app (<< 1)"),
    stanza("zlib", "1.3", Provides="libz (= 1.3)"),
]


@pytest.fixture
def status(tmp_path: Path) -> Path:
    path = tmp_path / "base.status"
    path.write_text("\n".join(BASE))
    return path


def lock(workspace: Workspace, status: Path, *flags: str) -> int:
    """Runs the tool as `bazel run @some//:lock` does."""
    own = ["--manifest", str(workspace.manifest), "--manifest-name", "MODULE.bazel"]
    own += ["--lock", str(workspace.path), "--command", COMMAND]
    own += ["--base-label", "//:base", "--base-status", "amd64", str(status)]
    return run(main, ["lock", *own, *flags])


def write(workspace: Workspace, *packages: str) -> None:
    workspace.repository.write_suite("stable", {"amd64": packages})


def test_what_the_base_has_is_not_locked_again(workspace: Workspace, status: Path) -> None:
    app = stanza("app", Depends="libc (>= 2.36), libz (>= 1.2), extra")
    write(workspace, app, stanza("extra"), stanza("libc", "2.41"), stanza("zlib", "1.4"))
    assert lock(workspace, status) == 0
    found = workspace.read()
    assert found["sets"] == {"app": {"amd64": ["app_1.0_amd64", "extra_1.0_amd64"]}}
    assert found["packages"]["app_1.0_amd64"]["depends"] == ["extra_1.0_amd64"]
    assert found["base"] == {"amd64": {"libc": "2.36", "zlib": "1.3"}}
    assert lock(workspace, status, "--check") == 0


def test_what_the_base_lacks_is_locked_for_what_needs_it(
    workspace: Workspace, status: Path
) -> None:
    """libc of the base depends on libgcc, which the base does not have."""
    write(workspace, stanza("app", Depends="libgcc"), stanza("libgcc"))
    assert lock(workspace, status) == 0
    assert workspace.read()["sets"]["app"]["amd64"] == ["app_1.0_amd64", "libgcc_1.0_amd64"]
    write(workspace, stanza("app", "1.1", Depends="libc"), stanza("libgcc"))
    assert lock(workspace, status, "--update") == 0
    assert workspace.read()["sets"]["app"]["amd64"] == ["app_1.1_amd64"]


@pytest.mark.parametrize(
    ("packages", "app", "error"),
    [
        (
            "[app]",
            stanza("app", Depends="libc (>= 2.41)"),
            "sets.app: unmet dependency app -> libc (>= 2.41) on amd64:"
            " found libc 2.41 (stable), 2.36 (base image)",
        ),
        (
            "[app, libc (>= 2.41)]",
            stanza("app"),
            'sets.app.packages[1]: no suitable version of "libc (>= 2.41)" on amd64:'
            " the base image has libc 2.36",
        ),
        (
            "[app]",
            stanza("app", "0.9"),
            "sets.app: libc conflicts with app (<< 1) on amd64, but the set contains app 0.9",
        ),
        (
            "[app]",
            stanza("app", Conflicts="libz"),
            "sets.app: app conflicts with libz on amd64, but the base image has zlib 1.3",
        ),
    ],
)
def test_another_version_than_that_of_the_base_is_an_error(
    workspace: Workspace,
    status: Path,
    capsys: pytest.CaptureFixture[str],
    packages: str,
    app: str,
    error: str,
) -> None:
    write(workspace, app, stanza("libc", "2.41"))
    workspace.manifest.write_text(MANIFEST.replace("[app]", packages))
    assert lock(workspace, status) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"error: MODULE.bazel: {error} (hint: use a base image with a suitable version, or limit"
        " the version of what needs it)"
    )


def test_a_lock_is_out_of_date_if_the_base_goes_back(
    workspace: Workspace, status: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(workspace, stanza("app", Depends="libc"))
    assert lock(workspace, status) == 0
    capsys.readouterr()
    status.write_text(stanza("libc", "2.35"))
    assert lock(workspace, status, "--check") == 1
    assert capsys.readouterr().err == (
        f"error: {workspace.lock_name}: out of date: it counts on libc 2.36 of the base image,"
        f" which has libc 2.35 on amd64 (hint: {COMMAND})\n"
    )
    status.write_text("")
    assert lock(workspace, status, "--check") == 1
    assert "which does not have libc on amd64" in capsys.readouterr().err
    status.write_text(stanza("libc", "2.37"))
    assert lock(workspace, status, "--check") == 0


def test_hints_have_the_command_of_the_user(
    workspace: Workspace, status: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lock(workspace, status, "--check") == 1
    assert capsys.readouterr().err.endswith(f"not found (hint: {COMMAND})\n")
    for index in workspace.suite.glob("main/**/SHA256/*"):
        index.unlink()
    assert lock(workspace, status) == 1
    assert f"or `{COMMAND} -- --allow-missing`" in capsys.readouterr().err


def test_packages_of_other_architectures_do_not_count(status: Path) -> None:
    status.write_text(stanza("a", architecture="i386") + "\n" + stanza("b", architecture="all"))
    assert list(read_base([("arm/v7", str(status))])["armhf"]) == ["b"]


@pytest.mark.parametrize(
    ("installed", "base_files", "merged"),
    [
        ((), None, False),
        ((), "12.4+deb12u15", False),
        ((), "13.8+deb13u1", True),
        ((), "13ubuntu10.3", True),
        ((), "11ubuntu5", False),
        ((stanza("usr-is-merged"),), None, True),
        ((stanza("usrmerge"), stanza("base-files", "12.4")), None, True),
        ((stanza("base-files", "12.4"),), "13.8", False),
        ((stanza("base-files", "13.8"),), None, True),
    ],
)
def test_whether_usr_is_merged(
    status: Path, installed: tuple[str, ...], base_files: str | None, merged: bool
) -> None:
    status.write_text("\n".join(installed))
    base = read_base([("amd64", str(status))])["amd64"]
    assert is_merged_usr(base, Version(base_files) if base_files else None) is merged
