"""Calls of the real bazelw."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from launcher.checkout import VERSION, Checkout


def test_first_call_makes_the_root(checkout: Checkout) -> None:
    status, output, errors = checkout.run("echo", "a b", "", "*")
    assert (status, output) == (0, "a b\n\n*\n")
    assert errors[0].startswith(f"bazelw: installing Bazel {VERSION} in ")
    assert errors[-1].startswith("bazelw: installed Bazel in ")
    assert checkout.cached() == ["lock", "root"]


def test_later_calls_are_silent_and_work_offline(checkout: Checkout) -> None:
    checkout.make_root()
    checkout.mirror.close()
    assert checkout.run("echo", "b") == (0, "b\n", [])


def test_directory_home_status_and_stdin_are_the_caller_s(checkout: Checkout) -> None:
    directory = checkout.repository / "tools"
    assert checkout.run("pwd", cwd=directory)[:2] == (0, f"{directory}\n{checkout.home}\n")
    assert checkout.run("exit", "37")[0] == 37
    assert checkout.run("cat", stdin="some\nlines")[1] == "some\nlines"


def test_bazel_receives_ctrl_c(checkout: Checkout) -> None:
    checkout.make_root()
    process = checkout.start("wait")
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 9


def test_bazel_uses_the_mirror(checkout: Checkout) -> None:
    # Outside of a workspace, Bazel rejects the flag.
    assert "downloader" not in checkout.run("bazelrc")[1]
    (checkout.repository / "MODULE.bazel").touch()
    bazelrc = checkout.run("bazelrc")[1]
    config = bazelrc.partition("--experimental_downloader_config=")[2].rstrip('"\n')
    assert f"{checkout.mirror.url}/debian/$1" in Path(config).read_text()


def test_home_may_be_a_link(checkout: Checkout, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(checkout.home)
    checkout.environment["HOME"] = str(link)
    assert checkout.run("pwd")[1] == f"{checkout.repository}\n{link}\n"


def test_bazelw_may_be_a_link_and_run_in_another_workspace(
    checkout: Checkout, tmp_path: Path
) -> None:
    link = tmp_path / "bw"
    link.symlink_to(checkout.repository / "bazelw")
    result = subprocess.run(
        [link, "pwd"], cwd=tmp_path, env=checkout.environment, capture_output=True, text=True
    )
    assert result.stdout == f"{tmp_path}\n{checkout.home}\n"


def test_xdg_cache_home(checkout: Checkout, tmp_path: Path) -> None:
    checkout.environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    assert checkout.run("echo", "a")[:2] == (0, "a\n")
    assert not checkout.home.joinpath(".cache").exists()
    assert tmp_path.joinpath("cache/distroless/bazelw").is_dir()


def test_distroless_bazel_names_the_program(checkout: Checkout, tmp_path: Path) -> None:
    bazel = tmp_path / "bazel"
    bazel.write_text('#!/bin/sh\nshift; echo mine "$@"; exit 3\n')
    bazel.chmod(0o755)
    checkout.environment["DISTROLESS_BAZEL"] = str(bazel)
    assert checkout.run("echo", "a") == (3, "mine echo a\n", [])
    bazel.chmod(0o644)
    assert f"DISTROLESS_BAZEL: program '{bazel}' not found" in checkout.error()


def install_bazel(checkout: Checkout, directory: Path) -> tuple[Path, Path]:
    """Puts an unusable bazel on PATH; returns it, and the file that remembers the decision."""
    bazel = directory / "bin/bazel"
    bazel.parent.mkdir()
    bazel.write_text('#!/bin/sh\nshift; echo mine "$@"\n')
    bazel.chmod(0o755)
    checkout.environment |= {"DISTROLESS_BAZEL": "", "PATH": f"{bazel.parent}:/usr/bin:/bin"}
    checkout.make_root()
    (answer,) = checkout.cache.glob("installed-*")
    assert answer.read_text() == "\n"
    return bazel, answer


def test_an_unusable_bazel_on_path_is_tried_again_before_a_root_is_made(
    checkout: Checkout, tmp_path: Path
) -> None:
    _, answer = install_bazel(checkout, tmp_path)
    os.utime(answer, (1, 1))
    assert checkout.run("echo", "a") == (0, "a\n", [])
    assert answer.stat().st_mtime == 1
    (root,) = checkout.cache.glob("root-*")
    shutil.rmtree(root)
    assert checkout.run("echo", "a")[:2] == (0, "a\n")
    assert answer.stat().st_mtime > 1


def test_a_usable_bazel_on_path_is_remembered(checkout: Checkout, tmp_path: Path) -> None:
    bazel, answer = install_bazel(checkout, tmp_path)
    answer.write_text(f"{bazel}\n")
    assert checkout.run("echo", "a") == (0, "mine echo a\n", [])
    os.utime(bazel, (1, 1))  # As if another version had been installed.
    assert checkout.run("echo", "a")[:2] == (0, "a\n")


def test_a_bazelw_on_path_is_not_bazel(checkout: Checkout) -> None:
    checkout.environment["BAZELW_PROBE"] = "1"
    assert checkout.run("--version") == (1, "", [])


def test_python_settings_of_the_user_have_no_effect(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/__init__.py").write_text("raise SystemExit('imported')")
    checkout.environment |= {"PYTHONPATH": str(tmp_path), "PYTHONHOME": "/nonexistent"}
    assert checkout.run("echo", "a")[:2] == (0, "a\n")


def test_passwords_of_mirrors_are_secret(checkout: Checkout) -> None:
    checkout.mirror.authorization = "Basic dXNlcjpzZWNyZXQ="  # user:secret
    checkout.environment["DISTROLESS_MIRROR"] = checkout.mirror.url.replace("//", "//user:secret@")
    (checkout.repository / "MODULE.bazel").touch()
    (checkout.home / ".netrc").write_text("machine a.example login b password c\n")
    status, output, errors = checkout.run("netrc")
    assert (status, output.splitlines()) == (
        0,
        [
            "machine a.example login b password c",
            "",
            "",
            "machine 127.0.0.1 login user password secret",
        ],
    )
    config = checkout.run("bazelrc")[1].partition("downloader_config=")[2].rstrip('"\n')
    assert f"{checkout.mirror.url}/debian/$1" in Path(config).read_text()
    files = [path for path in checkout.cache.iterdir() if path.is_file()]
    (secret,) = (path for path in files if b"secret" in path.read_bytes())
    assert secret.stat().st_mode & 0o777 == 0o600
    assert "secret" not in "".join([*errors, *map(str, files)])


def test_the_npm_registry_is_asked_for_once(checkout: Checkout, tmp_path: Path) -> None:
    npm = tmp_path / "bin/npm"
    npm.parent.mkdir()
    npm.write_text(f"#!/bin/sh\necho asked >>{tmp_path}/calls\necho https://npm.example/a\n")
    npm.chmod(0o755)
    del checkout.environment["npm_config_registry"]
    checkout.environment["PATH"] = f"{npm.parent}:/usr/bin:/bin"
    for _ in range(2):
        assert checkout.run("npm")[1] == "https://npm.example/a\n"
    assert (tmp_path / "calls").read_text() == "asked\n"
    (checkout.home / ".npmrc").write_text("registry=https://npm.example/b\n")
    checkout.run("npm")
    assert (tmp_path / "calls").read_text() == "asked\nasked\n"
    assert {path.stat().st_mode & 0o777 for path in checkout.cache.glob("npm-*")} == {0o600}
