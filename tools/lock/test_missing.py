"""Indexes that no server has as their Release file lists them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.lib.apt.testing_repository import date, stanza
from tools.lock.testing import APP, MANIFEST, Workspace

BOTH = (
    MANIFEST.replace("[amd64]", "[amd64, arm64]")
    .replace("packages: [app]", "packages: [app, lib]")
    .replace("sets:", "  - {archive: debian, suites: [security], components: [main]}\nsets:")
)
SECURITY = {
    "amd64": [stanza("app", "1.1"), stanza("lib", "1.1", "all")],
    "arm64": [stanza("app", "1.1", "arm64"), stanza("lib", "1.1", "all")],
}


@pytest.fixture
def security(workspace: Workspace) -> Path:
    """A manifest for two architectures, and a suite of security updates for both."""
    main = {name: [stanza("app", architecture=name), APP[1]] for name in ("amd64", "arm64")}
    workspace.repository.write_suite("stable", main)
    workspace.manifest.write_text(BOTH)
    return workspace.repository.write_suite("security", SECURITY)


def index(suite: Path, architecture: str) -> Path:
    (path,) = suite.glob(f"main/binary-{architecture}/by-hash/SHA256/*")
    return path


def missing(reason: str) -> list[dict[str, str]]:
    entry = {"source": "debian", "suite": "security", "component": "main"}
    return [{**entry, "architecture": "arm64", "reason": reason}]


def damage(path: Path) -> None:
    path.write_bytes(b"of yesterday")


@pytest.mark.parametrize("change", [damage, Path.unlink])
def test_they_are_an_error(
    workspace: Workspace, security: Path, fails: Callable[[], str], change: Callable[[Path], None]
) -> None:
    change(index(security, "arm64"))
    error = fails()
    assert "/dists/security/main/binary-arm64/" in error
    assert "--allow-missing" in error


@pytest.mark.parametrize(
    ("change", "reason"), [(damage, "differs from the Release file"), (Path.unlink, "HTTP 404")]
)
def test_a_flag_leaves_them_out_and_the_lock_says_so(
    workspace: Workspace,
    security: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Path], None],
    reason: str,
) -> None:
    change(index(security, "arm64"))
    assert workspace.lock("--allow-missing") == 0
    lock = workspace.read()
    # A package for all is one file, whichever architecture's index lists it.
    assert lock["sets"]["app"] == {
        "amd64": ["app_1.1_amd64", "lib_1.1_all"],
        "arm64": ["app_1.0_arm64", "lib_1.1_all"],
    }
    assert lock["missing_indexes"] == missing(reason)
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"  security main is left out for arm64 ({reason}); older packages there:",
        "    app 1.0 (elsewhere 1.1): arm64",
    ]


def test_the_next_lock_takes_them_if_it_can(workspace: Workspace, security: Path) -> None:
    path = index(security, "arm64")
    data = path.read_bytes()
    damage(path)
    assert workspace.lock("--allow-missing") == 0
    path.write_bytes(data)
    assert workspace.lock("--update") == 0
    lock = workspace.read()
    assert lock["missing_indexes"] == []
    assert lock["sets"]["app"]["arm64"] == ["app_1.1_arm64", "lib_1.1_all"]


def test_the_flag_changes_nothing_if_nothing_is_missing(
    workspace: Workspace, security: Path
) -> None:
    assert workspace.lock() == 0
    lock = workspace.path.read_bytes()
    assert workspace.lock("--allow-missing") == 0
    assert workspace.path.read_bytes() == lock


def test_an_index_that_decompresses_to_something_else_is_left_out_too(
    workspace: Workspace, security: Path
) -> None:
    path = security / "InRelease"
    release = path.read_text().split("\n\n", 1)[1].split("-----BEGIN PGP SIGNATURE")[0]
    workspace.repository.sign(
        security,
        re.sub("[0-9a-f]{64}( [0-9]+ main/binary-arm64/Packages\n)", "0" * 64 + r"\1", release),
    )
    assert workspace.lock() == 1
    assert workspace.lock("--allow-missing") == 0
    assert workspace.read()["missing_indexes"] == missing(
        "differs from the Release file when decompressed"
    )


def test_an_index_for_all_can_be_missing(workspace: Workspace) -> None:
    app = [stanza("app")]
    workspace.repository.write_suite("stable", {"amd64": app, "all": APP[1:]})
    index(workspace.suite, "all").unlink()
    assert workspace.lock("--allow-missing") == 0
    lock = workspace.read()
    assert lock["sets"] == {"app": {"amd64": ["app_1.0_amd64"]}}
    assert [each["architecture"] for each in lock["missing_indexes"]] == ["all"]


def test_a_flat_repository_names_the_architecture_that_misses_it(workspace: Workspace) -> None:
    flat = workspace.repository.write_suite("more/", {"amd64": [stanza("b")]}, Codename="")
    for path in flat.glob("by-hash/SHA256/*"):
        path.unlink()
    workspace.manifest.write_text(
        MANIFEST.replace("sets:", "  - {archive: debian, suites: [more/]}\nsets:")
    )
    assert workspace.lock("--allow-missing") == 0
    assert workspace.read()["missing_indexes"] == [
        {
            "source": "debian",
            "suite": "more/",
            "component": "",
            "architecture": "amd64",
            "reason": "HTTP 404",
        }
    ]


def test_a_server_that_does_not_answer_is_still_an_error(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTROLESS_MIRROR", "http://127.0.0.1:1")
    assert workspace.lock("--allow-missing") == 1


def test_a_bad_signature_is_still_an_error(workspace: Workspace, security: Path) -> None:
    path = security / "InRelease"
    path.write_bytes(path.read_bytes().replace(b"Components: main", b"Components: evil"))
    assert workspace.lock("--allow-missing") == 1
    assert not workspace.path.exists()


class TestOlderReleaseFiles:
    """An old Release file is still signed."""

    def test_they_are_refused(
        self, workspace: Workspace, capsys: pytest.CaptureFixture[str]
    ) -> None:
        old = (workspace.suite / "InRelease").read_bytes()
        fixed = {"amd64": [stanza("app", "2.0", Depends="lib"), APP[1]]}
        workspace.repository.write_suite("stable", fixed, Date="Sat, 11 Jul 2026 10:16:37 UTC")
        assert workspace.lock() == 0
        lock = workspace.path.read_bytes()
        workspace.repository.write_suite(
            "stable", {"amd64": APP}, Date="Fri, 10 Jul 2026 10:16:37 UTC"
        )
        assert workspace.lock() == 1
        assert workspace.path.read_bytes() == lock
        assert (
            "error: debian stable: its Release file is of 2026-07-10 10:16, but the lock was made"
            " from one of 2026-07-11 10:16 (hint: "
        ) in capsys.readouterr().err
        assert workspace.lock("--allow-older") == 0
        assert workspace.read()["suites"] == [
            {"source": "debian", "suite": "stable", "date": "2026-07-10T10:16:37Z"}
        ]
        (workspace.suite / "InRelease").write_bytes(old)
        assert workspace.lock() == 0

    def test_another_source_of_the_same_suite_may_be_older(self, workspace: Workspace) -> None:
        assert workspace.lock() == 0
        workspace.repository.write_suite("stable", {"amd64": APP}, Date=date(-9))
        url = workspace.repository.root.as_uri()
        workspace.manifest.write_text(MANIFEST.replace("archive: debian", f"url: {url}"))
        assert workspace.lock() == 0
