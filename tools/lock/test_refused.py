"""What the lock tool refuses, and its errors."""

from __future__ import annotations

import lzma
from collections.abc import Callable

import pytest

from tools.lib.apt.testing_repository import SignedRepository, date, stanza
from tools.lock.testing import APP, MANIFEST, Workspace


def test_text_outside_the_signature_is_ignored(workspace: Workspace) -> None:
    message = (workspace.suite / "InRelease").read_bytes()
    other = SignedRepository(workspace.directory / "other")
    evil = other.write_suite("stable", {"amd64": [stanza("app", "9")]})
    unsigned = b"SHA256:\n " + b"0" * 64 + b" 9 main/binary-amd64/Packages.xz\n"
    for after in (unsigned, (evil / "InRelease").read_bytes()):
        (workspace.suite / "InRelease").write_bytes(message + after)
        assert workspace.lock() == 0
        assert "app_1.0_amd64" in workspace.read()["sets"]["app"]["amd64"]
    (workspace.suite / "InRelease").write_bytes(unsigned + message)
    assert workspace.lock() == 1


def test_a_changed_release_file_is_refused(workspace: Workspace, fails: Callable[[], str]) -> None:
    path = workspace.suite / "InRelease"
    path.write_bytes(path.read_bytes().replace(b"Components: main", b"Components: evil"))
    assert "no valid signature by a key of" in fails()


def test_a_key_outside_the_keyring_is_refused(
    workspace: Workspace, fails: Callable[[], str]
) -> None:
    SignedRepository(workspace.repository.root).write_suite("stable", {"amd64": APP})
    error = fails()
    assert "signed with" in error
    assert f"expected {workspace.fingerprint} or a subkey" in error


def test_a_key_that_the_manifest_does_not_list_is_refused(
    workspace: Workspace, fails: Callable[[], str]
) -> None:
    other = SignedRepository(workspace.directory)
    other.write_keyring(workspace.directory / "other.pgp")
    ring = workspace.directory / "archive.pgp"
    ring.write_bytes(ring.read_bytes() + (workspace.directory / "other.pgp").read_bytes())
    workspace.manifest.write_text(
        MANIFEST + f"keys: ['{other.key.extract_certificate().fingerprint}']"
    )
    assert "no valid signature" in fails()
    workspace.manifest.write_text(MANIFEST + f"keys: ['{workspace.fingerprint.upper()}']")
    assert workspace.lock() == 0


def test_a_listed_key_must_be_in_the_keyring(
    workspace: Workspace, fails: Callable[[], str]
) -> None:
    workspace.manifest.write_text(MANIFEST + f"keys: ['{'0' * 40}']")
    assert (
        f"archive.pgp: key not found: {'0' * 40} (hint: it contains {workspace.fingerprint})"
        in fails()
    )


def test_an_expired_key_is_refused(workspace: Workspace, fails: Callable[[], str]) -> None:
    workspace.repository.write_keyring(workspace.directory / "archive.pgp", expired=True)
    assert "no valid signature" in fails()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not signed"),
        (b"<html>Please log in</html>", "not signed"),
        (b"Codename: stable\n", "not signed"),
        (b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nCodename: stable\n", "no signature"),
    ],
)
def test_an_unsigned_release_file_is_refused(
    workspace: Workspace, fails: Callable[[], str], data: bytes, message: str
) -> None:
    (workspace.suite / "InRelease").write_bytes(data)
    assert message in fails()


def test_another_suite_of_the_same_key_is_refused(
    workspace: Workspace, fails: Callable[[], str]
) -> None:
    workspace.repository.write_suite("stable", {"amd64": APP}, Codename="old", Suite="oldstable")
    assert "expected the suite stable, found oldstable alias old" in fails()


def test_an_expired_release_file_is_refused_unless_the_manifest_accepts_it(
    workspace: Workspace, fails: Callable[[], str]
) -> None:
    workspace.repository.write_suite("stable", {"amd64": APP}, Date=date(-9), Valid_Until=date(-2))
    assert "expired" in fails()
    workspace.manifest.write_text(
        MANIFEST.replace("[main]\n", "[main]\n    check_valid_until: false\n")
    )
    assert workspace.lock() == 0


def test_a_release_file_from_the_future_is_refused(
    workspace: Workspace, fails: Callable[[], str]
) -> None:
    workspace.repository.write_suite("stable", {"amd64": APP}, Date=date(2))
    assert "in the future" in fails()


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-10],
        lambda data: data + b"more",
        lambda data: lzma.compress(stanza("app", "9").encode()),
        lambda data: b"",
    ],
)
def test_an_index_that_differs_from_the_release_file_is_refused(
    workspace: Workspace, fails: Callable[[], str], change: Callable[[bytes], bytes]
) -> None:
    (index,) = workspace.suite.glob("main/**/SHA256/*")
    index.write_bytes(change(index.read_bytes()))
    assert "size or SHA-256 differs from what" in fails()


def test_a_missing_architecture_is_an_error(workspace: Workspace, fails: Callable[[], str]) -> None:
    workspace.manifest.write_text(MANIFEST.replace("[amd64]", "[amd64, s390x]"))
    assert "no main for s390x (hint: the suite has architectures amd64" in fails()
    workspace.manifest.write_text(
        MANIFEST.replace("[amd64]", "[amd64, s390x]")
        .replace("[main]", "[main]\n    architectures: [amd64]")
        .replace("packages: [app]", "packages: ['app [amd64]']")
    )
    assert workspace.lock() == 0
    assert workspace.read()["sets"]["app"] == {
        "amd64": ["app_1.0_amd64", "lib_1.0_all"],
        "s390x": [],
    }


def test_without_a_network_the_download_fails(
    fails: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTROLESS_MIRROR", "http://127.0.0.1:1")
    error = fails()
    url = "http://127.0.0.1:1/debian/dists/stable/InRelease"
    assert f"error: download failed: {url}: connection refused (hint: check the network" in error


def test_a_missing_suite_is_an_error(workspace: Workspace, fails: Callable[[], str]) -> None:
    workspace.manifest.write_text(MANIFEST.replace("[stable]", "[stabel]"))
    assert (
        "/dists/stabel/InRelease: HTTP 404 (hint: check the URL and the name of the suite)"
        in fails()
    )


def test_an_unmet_dependency_is_an_error_with_the_chain(
    workspace: Workspace, fails: Callable[[], str]
) -> None:
    packages = [stanza("app", Depends="lib"), stanza("lib", Depends="deep (>= 2)"), stanza("deep")]
    workspace.repository.write_suite("stable", {"amd64": packages})
    assert (
        "sets.app: unmet dependency app -> lib -> deep (>= 2) on amd64: found deep 1.0 (stable)"
    ) in fails()


def test_an_unknown_package_is_an_error_with_similar_names(
    workspace: Workspace, fails: Callable[[], str]
) -> None:
    packages = ["libsqlite3-dev", "libsqlite3-0", "libc6"]
    workspace.repository.write_suite("stable", {"amd64": list(map(stanza, packages))})
    workspace.manifest.write_text(MANIFEST.replace("[app]", "[libsqlite3]"))
    assert fails().endswith(
        'some.yaml: sets.app.packages[0]: unknown package "libsqlite3" on amd64'
        " (did you mean libsqlite3-0 or libsqlite3-dev?)"
    )
    workspace.manifest.write_text(MANIFEST.replace("[app]", "[libc6 (>= 2)]"))
    assert fails().endswith(
        'no suitable version of "libc6 (>= 2)" on amd64, found libc6 1.0 (stable)'
    )


def test_a_path_outside_the_pool_is_refused(workspace: Workspace, fails: Callable[[], str]) -> None:
    workspace.repository.write_suite(
        "stable", {"amd64": [stanza("app", Filename="../../evil.deb")]}
    )
    assert "app: invalid Filename '../../evil.deb'" in fails()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("Package", "../app", "invalid package name"),
        ("Package", "app\x1b[2J", "invalid package name"),
        ("Version", "9" * 5000, "invalid version"),
        ("Size", "9" * 5000, "invalid Size"),
        ("SHA256", "\u0660" * 64, "invalid SHA256"),
        ("Filename", "/etc/passwd.deb", "invalid Filename"),
        ("Filename", "pool/BUILD.bazel", "invalid Filename"),
        ("Depends", "a" + " " * 100_000 + "b", "invalid package relation"),
    ],
)
def test_a_hostile_index_is_refused(
    workspace: Workspace, fails: Callable[[], str], field: str, value: str, message: str
) -> None:
    packages = [stanza("app", Depends="it"), stanza("other", Provides="it", **{field: value})]
    workspace.repository.write_suite("stable", {"amd64": packages})
    assert message in fails()


@pytest.mark.parametrize(
    ("size", "message"),
    [("9" * 5000, "invalid line in SHA256"), ("9" * 15, "larger than")],
)
def test_an_impossible_size_is_refused(
    workspace: Workspace, fails: Callable[[], str], size: str, message: str
) -> None:
    line = f" {'0' * 64} {size} main/binary-amd64/Packages.xz\n"
    workspace.repository.sign(
        workspace.suite, f"Codename: stable\nDate: {date(-1)}\nSHA256:\n{line}"
    )
    assert message in fails()


def test_a_decompressed_index_that_differs_is_refused(
    workspace: Workspace, fails: Callable[[], str]
) -> None:
    path = workspace.suite / "InRelease"
    release = path.read_text().split("\n\n", 1)[1].split("-----BEGIN PGP SIGNATURE")[0]
    (text,) = [line for line in release.splitlines() if line.endswith("/Packages")]
    workspace.repository.sign(workspace.suite, release.replace(text.split()[0], "0" * 64))
    assert "differs from the Release file when decompressed" in fails()
