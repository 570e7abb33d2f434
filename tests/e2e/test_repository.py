"""A vendor's packages, from repositories with a key of their own and behind a password."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.password_server import PASSWORD, Server
from tests.e2e.workspaces import lock_twice, names, timed, workspace
from tests.inner_bazel.inner_bazel import InnerBazel
from tools.lib.apt.testing_repository import SignedRepository, stanza
from tools.lib.debian.testing import deb, directory, file

LOCK = "vendor.lock.json"
TOOL = "/private/apt/pool/vendor-tool.deb"
PLUGIN = "/private/moved/pool/vendor-plugin.deb"
NETRC = "machine 127.0.0.1 login user password {password}\n"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def package(name: str, content: str, depends: str) -> bytes:
    control = (
        f"Package: {name}\nVersion: 1.0\nArchitecture: amd64\nMaintainer: x\nDepends: {depends}\n"
    )
    folders = ["/usr", "/usr/share", f"/usr/share/{name}", "/usr/share/doc"]
    return deb(
        *(directory(f".{folder}") for folder in [*folders, f"/usr/share/doc/{name}"]),
        file(f"./usr/share/{name}/data", f"{name} {content}".encode()),
        file(f"./usr/share/doc/{name}/copyright", b"free"),
        control=control.encode(),
    )


def publish(server: Server, directory: Path) -> None:
    """Serves two signed repositories: `apt`, and the flat one in `moved`, which is elsewhere.

    Bazel has not cached the packages, because nobody has had them before.
    """
    key = SignedRepository(directory).key
    for path, suite, depends in (
        (TOOL, "stable", "libc6 (>= 2.36), vendor-plugin"),
        (PLUGIN, "plugins/", "libc6"),
    ):
        _, _, repository, filename = path.split("/", 3)
        name = Path(path).stem
        data = package(name, secrets.token_hex(), depends)
        server.files[path] = data
        line = stanza(
            name,
            Depends=depends,
            Filename=filename,
            Size=str(len(data)),
            SHA256=hashlib.sha256(data).hexdigest(),
        )
        root = directory / repository
        SignedRepository(root, key).write_suite(suite, {"amd64": [line]})
        for each in root.rglob("*"):
            if each.is_file():
                server.files[f"/private/{repository}/{each.relative_to(root)}"] = each.read_bytes()
    SignedRepository(directory, key).write_keyring(directory / "vendor.pgp")


def test_repository(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(server, tmp_path)
    netrc = tmp_path / "netrc"
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    with workspace("repository", tmp_path / "workspace") as bazel:
        (tmp_path / "vendor.pgp").rename(bazel.workspace / "vendor.pgp")
        module = bazel.workspace / "MODULE.bazel"
        url = f"{server.url}/private"
        module.write_text(module.read_text().replace("https://packages.example.com", url))

        netrc.write_text(NETRC.format(password="wrong-word"))
        with timed("lock without the password"):
            refused = bazel.run("run", "@vendor//:lock").stderr
        # Either repository may answer first.
        (error,) = re.findall(r"^error: (.*)$", refused, re.MULTILINE)
        assert re.fullmatch(
            rf"download failed: {url}/(apt/dists/stable|moved/plugins)/InRelease: HTTP 401 "
            r"\(hint: put the user and password in ~/\.netrc, or name a program in "
            r"DISTROLESS_CREDENTIAL_HELPER\)",
            error,
        )
        assert "wrong-word" not in refused

        netrc.write_text(NETRC.format(password="secret"))
        lock = lock_twice(bazel, "@vendor//:lock", LOCK)
        text = (bazel.workspace / LOCK).read_text()
        assert names(lock) == {"vendor-tool", "vendor-plugin"}
        urls = {package["url"] for package in lock["packages"].values()}
        assert urls == {server.url + TOOL, server.url + PLUGIN}
        assert "secret" not in text

        netrc.write_text("")
        assert download_error(bazel) == "GET returned 401 Unauthorized"
        helper = f"127.0.0.1={credential_helper(bazel.workspace)}"
        bazel.succeed("run", "@vendor//:lock", "--", f"--credential-helper={helper}")
        assert (bazel.workspace / LOCK).read_text() == text
        changed_files_are_refused(bazel, server, helper)
        bazel.succeed("build", f"--credential_helper={helper}", "@vendor//vendor-tool:deb")

        netrc.write_text(NETRC.format(password="secret"))
        with timed("first build and test"):
            bazel.succeed("test", "//:image_test")
    # What another host is asked for, after a redirect, has no password.
    assert set(server.authorization) == {None}


def credential_helper(workspace: Path) -> Path:
    """A program that answers with the password."""
    answer = json.dumps({"headers": {"Authorization": [PASSWORD]}})
    helper = workspace / "helper"
    helper.write_text(f"#!/bin/sh\necho '{answer}'\n")
    helper.chmod(0o755)
    return helper


def changed_files_are_refused(bazel: InnerBazel, server: Server, helper: str) -> None:
    flag = f"--credential_helper={helper}"
    right = server.files.pop(TOOL)
    assert download_error(bazel, flag) == "GET returned 404 Not Found"
    server.files[TOOL] = b"other bytes"
    found, expected = (hashlib.sha256(data).hexdigest() for data in (b"other bytes", right))
    assert download_error(bazel, flag) == f"Checksum was {found} but wanted {expected}"
    server.files[TOOL] = right


def download_error(bazel: InnerBazel, *flags: str) -> str:
    """The reason in the one line that says that the download of the tool failed."""
    with timed("failed download"):
        stderr = bazel.run("build", *flags, "@vendor//vendor-tool:deb").stderr
    pattern = r"^Error in download: .* \[http://\S+/vendor-tool\.deb\] to \S+: (.*)$"
    (reason,) = re.findall(pattern, stderr, re.MULTILINE)
    return str(reason)
