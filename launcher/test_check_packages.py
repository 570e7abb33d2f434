"""Before a build, the real bazelw checks which locked packages can be downloaded."""

from __future__ import annotations

import pytest

from launcher.checkout import Checkout, root_packages
from launcher.fake_mirror import pool_path, write_lock

FLAG = "common --repo_env=DISTROLESS_UNAVAILABLE="
PACKAGE = ("a", "1")
PATH = f"debian/{pool_path(*PACKAGE)}"


@pytest.fixture
def workspace(checkout: Checkout) -> Checkout:
    """A root, and a workspace with two locks; the mirror lacks a package of one of them."""
    checkout.make_root()
    (checkout.repository / "MODULE.bazel").write_text('module(name = "distroless")\n')
    write_lock(checkout.lock.with_name("b1.lock.json"), root_packages(), machine="amd64")
    write_lock(checkout.lock.with_name("b2.lock.json"), {PACKAGE: b"a"}, machine="s390x")
    return checkout


def build(checkout: Checkout) -> tuple[str, list[str]]:
    """What a build leaves out, as the flag's value (empty without the flag), and its stderr."""
    status, bazelrc, errors = checkout.run("build")
    assert status == 0
    assert "--experimental_downloader_config=" in bazelrc
    flags = [line for line in bazelrc.splitlines() if line.startswith(FLAG)]
    return "".join(flags).removeprefix(FLAG), errors


def test_what_the_mirror_lacks_is_left_out_with_one_line(workspace: Checkout) -> None:
    flag, (line,) = build(workspace)
    (path,) = workspace.cache.glob("packages-*")
    assert flag == "b2/s390x"
    assert line == (f"bazelw: leaving out what no reachable server has: b2 (s390x) (see {path})")
    assert "# b2/s390x lacks a_1_all\n" in path.read_text()


def test_everything_is_built_if_the_mirror_is_complete(workspace: Checkout) -> None:
    workspace.mirror.files[PATH] = b"a"
    assert build(workspace) == ("", [])
    assert PATH in workspace.mirror.head_requests


def test_the_result_is_remembered(workspace: Checkout) -> None:
    build(workspace)
    requests = len(workspace.mirror.head_requests)
    assert build(workspace) == ("b2/s390x", [])
    assert len(workspace.mirror.head_requests) == requests
    workspace.mirror.close()
    assert build(workspace) == ("b2/s390x", [])


def test_another_lock_is_checked_again(workspace: Checkout) -> None:
    build(workspace)
    (path,) = workspace.lock.parent.glob("b2.*")
    write_lock(path, {PACKAGE: b"a", ("b", "1"): b"b"}, machine="ppc64el")
    assert build(workspace)[0] == "b2/ppc64le"


def test_another_mirror_is_checked_again(workspace: Checkout) -> None:
    build(workspace)
    workspace.mirror.files[PATH] = b"a"
    workspace.environment["DISTROLESS_MIRROR"] += "/"
    assert build(workspace) == ("", [])


def test_offline_everything_is_built_and_the_next_call_checks(workspace: Checkout) -> None:
    workspace.environment["DISTROLESS_MIRROR"] = "http://127.0.0.1:1"
    assert build(workspace) == ("", [])
    assert not list(workspace.cache.glob("packages-*"))
    workspace.environment["DISTROLESS_MIRROR"] = workspace.mirror.url
    assert build(workspace)[0] == "b2/s390x"


def test_commands_that_need_no_packages_do_not_check(workspace: Checkout) -> None:
    assert workspace.run("echo", "build")[:2] == (0, "build\n")
    assert not workspace.mirror.head_requests


def test_startup_options_may_precede_the_command(workspace: Checkout) -> None:
    workspace.run("--output_base=/a", "build")
    assert workspace.mirror.head_requests


def test_workspaces_without_distroless_do_not_check(workspace: Checkout) -> None:
    (workspace.repository / "MODULE.bazel").write_text('module(name = "other")\n')
    assert build(workspace) == ("", [])
    assert not workspace.mirror.head_requests
