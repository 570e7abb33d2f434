"""Kinds of repositories that apt accepts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.lib.apt.testing_repository import stanza
from tools.lock.testing import APP, MANIFEST, Workspace

SETS = {"app": {"amd64": ["app_1.0_amd64", "lib_1.0_all"]}}


@pytest.mark.parametrize("text_listed", [True, False])
@pytest.mark.parametrize("by_hash", [True, False])
@pytest.mark.parametrize("suffix", [".xz", ".zst", ".bz2", ".lzma", ".gz", ""])
def test_an_index_may_have_one_compression_only(
    workspace: Workspace, suffix: str, by_hash: bool, text_listed: bool
) -> None:
    workspace.repository.write_suite(
        "stable",
        {"amd64": APP},
        compressed=(suffix,),
        text_listed=text_listed and suffix != "",
        by_hash=by_hash,
    )
    assert workspace.lock() == 0
    assert workspace.read()["sets"] == SETS


def test_an_unsupported_compression_is_named(
    workspace: Workspace, fails: Callable[[], str]
) -> None:
    workspace.repository.write_suite(
        "stable", {"amd64": APP}, compressed=(".lz4",), text_listed=False
    )
    assert fails().endswith(
        "main/binary-amd64/Packages: unsupported compression .lz4"
        " (hint: supported are .xz, .zst, .bz2, .lzma, .gz and none)"
    )


def test_a_suite_may_have_packages_for_all_only(workspace: Workspace) -> None:
    packages = [stanza("app", architecture="all", Depends="lib"), APP[1]]
    workspace.repository.write_suite("stable", {"all": packages})
    workspace.manifest.write_text(MANIFEST.replace("[amd64]", "[amd64, arm64]"))
    assert workspace.lock() == 0
    names = ["app_1.0_all", "lib_1.0_all"]
    assert workspace.read()["sets"] == {"app": {"amd64": names, "arm64": names}}


@pytest.mark.parametrize("compressed", [".xz", ".gz", ""])
@pytest.mark.parametrize("detached", [True, False])
def test_lines_may_end_with_cr_and_lf(
    workspace: Workspace, compressed: str, detached: bool
) -> None:
    workspace.repository.write_suite(
        "stable",
        {"amd64": APP},
        compressed=(compressed,),
        text_listed=compressed != "",
        line_end="\r\n",
        detached=detached,
    )
    assert workspace.lock() == 0
    assert workspace.read()["sets"] == SETS


class TestDetachedSignatures:
    """Release and Release.gpg, in suites without InRelease."""

    def test_they_are_read(self, workspace: Workspace) -> None:
        workspace.repository.write_suite("stable", {"amd64": APP}, detached=True)
        assert workspace.lock() == 0
        assert workspace.read()["sets"] == SETS

    def test_a_changed_release_file_is_refused(
        self, workspace: Workspace, fails: Callable[[], str]
    ) -> None:
        workspace.repository.write_suite("stable", {"amd64": APP}, detached=True)
        path = workspace.suite / "Release"
        path.write_bytes(path.read_bytes() + b"Origin: evil\n")
        error = fails()
        assert "/dists/stable/Release: no valid signature by a key of" in error
        assert "does not fit the file" in error

    @pytest.mark.parametrize("signature", [b"", b"junk", b"-----BEGIN PGP SIGNATURE-----\n"])
    def test_a_signature_that_is_none_is_refused(
        self, workspace: Workspace, fails: Callable[[], str], signature: bytes
    ) -> None:
        workspace.repository.write_suite("stable", {"amd64": APP}, detached=True)
        (workspace.suite / "Release.gpg").write_bytes(signature)
        assert "/dists/stable/Release: no signature" in fails()

    def test_a_missing_signature_is_an_error(
        self, workspace: Workspace, fails: Callable[[], str]
    ) -> None:
        workspace.repository.write_suite("stable", {"amd64": APP}, detached=True)
        (workspace.suite / "Release.gpg").unlink()
        assert "/dists/stable/Release.gpg: HTTP 404" in fails()

    def test_inrelease_is_preferred(self, workspace: Workspace, fails: Callable[[], str]) -> None:
        workspace.repository.write_suite("stable", {"amd64": APP}, detached=True)
        (workspace.suite / "InRelease").write_bytes(b"<html>")
        assert "/dists/stable/InRelease: not signed" in fails()


class TestLocalRepositories:
    """file: sources."""

    @pytest.mark.parametrize("form", ["file:", "file://", "file://localhost"])
    @pytest.mark.parametrize("flat", [True, False])
    def test_they_are_read(
        self, workspace: Workspace, tmp_path: Path, form: str, flat: bool
    ) -> None:
        root = tmp_path / "a local repository"
        shutil.move(workspace.repository.root, root)
        workspace.repository.root = root
        url = f"{form}{root}".replace(" ", "%20")
        manifest = MANIFEST.replace("archive: debian", f"url: {url}/")
        if flat:
            workspace.repository.write_suite("./", {"amd64": APP}, Codename="")
            manifest = manifest.replace("[stable]", "[./]").replace("    components: [main]\n", "")
        workspace.manifest.write_text(manifest)
        assert workspace.lock() == 0
        assert workspace.read()["sets"] == SETS
        assert workspace.url("lib") == (
            f"file://{root}/pool/main/l/lib/lib_1.0_all.deb".replace(" ", "%20")
        )

    def test_a_missing_one_is_an_error(
        self, workspace: Workspace, tmp_path: Path, fails: Callable[[], str]
    ) -> None:
        workspace.manifest.write_text(
            MANIFEST.replace("archive: debian", f"url: file://{tmp_path}/none")
        )
        assert fails().startswith(
            f"error: download failed: file://{tmp_path}/none/dists/stable/InRelease: no such file"
        )
