"""What the lock tool writes, from signed repositories on loopback."""

from __future__ import annotations

import pytest

from tools.lib.apt.testing_repository import date, serve, stanza
from tools.lock.__main__ import main
from tools.lock.testing import APP, MANIFEST, Workspace


def test_a_lock_lists_snapshot_urls_and_dependencies(workspace: Workspace) -> None:
    workspace.repository.write_suite(
        "stable", {"amd64": APP}, Date="Sat, 11 Jul 2026 10:16:37 UTC", Valid_Until=""
    )
    assert workspace.lock() == 0
    lock = workspace.read()
    assert lock["sets"] == {"app": {"amd64": ["app_1.0_amd64", "lib_1.0_all"]}}
    app = lock["packages"]["app_1.0_amd64"]
    assert app["depends"] == ["lib_1.0_all"]
    assert app["size"] == 1000
    base = "https://snapshot.debian.org/archive/debian/20260711T230000Z"
    assert app["url"] == f"{base}/pool/main/a/app/app_1.0_amd64.deb"


def test_the_same_input_gives_the_same_bytes(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert workspace.lock() == 0
    first = workspace.path.read_bytes()
    assert workspace.lock() == 0
    assert workspace.path.read_bytes() == first
    workspace.path.unlink()
    monkeypatch.setenv("XDG_CACHE_HOME", str(workspace.directory / "other"))
    assert workspace.lock() == 0
    assert workspace.path.read_bytes() == first


@pytest.mark.parametrize("small", [0, 1 << 20])
def test_small_and_large_indexes_give_the_same_lock(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr("tools.lib.apt.repositories._SMALL", small)
    packages = {"amd64": APP, "arm64": [stanza("app", architecture="arm64"), APP[1]]}
    workspace.repository.write_suite("stable", packages)
    workspace.manifest.write_text(MANIFEST.replace("[amd64]", "[amd64, arm64]"))
    assert workspace.lock() == 0
    assert list(workspace.read()["packages"]) == ["app_1.0_amd64", "app_1.0_arm64", "lib_1.0_all"]


def test_an_index_is_fetched_once(workspace: Workspace) -> None:
    assert workspace.lock() == 0
    for index in workspace.suite.glob("main/**/SHA256/*"):
        index.unlink()
    assert workspace.lock() == 0


def test_an_unchanged_file_keeps_its_url(workspace: Workspace) -> None:
    assert workspace.lock() == 0
    before = workspace.url("lib")
    packages = [stanza("app", "1.1", Depends="lib"), APP[1]]
    workspace.repository.write_suite("stable", {"amd64": packages}, Date=date(-0.1))
    assert workspace.lock("--update") == 0
    assert workspace.url("lib") == before
    assert before.split("/")[5] < workspace.url("app").split("/")[5]


def test_help_lists_the_flags(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith("usage: lock ")
    for flag in ("manifest", "--check", "--allow-missing", "--allow-older"):
        assert flag in text


def test_check_fails_if_the_manifest_has_changed(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert workspace.lock("--check") == 1
    assert (
        "some.lock.json: not found (hint: bazel run @distroless//tools/lock -- "
        in capsys.readouterr().err
    )
    assert workspace.lock() == 0
    assert workspace.lock("--check") == 0
    workspace.manifest.write_text(f"# a comment\n\n{MANIFEST}# more\n")
    assert workspace.lock("--check") == 0
    workspace.manifest.write_text(MANIFEST + "dependencies: resolve\n")
    assert workspace.lock("--check") == 1
    assert "out of date: some.yaml has changed" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["<<<<<<< HEAD\n", "[]", '{"version": 1}', '{"version": 3}'])
def test_an_invalid_lock_is_replaced(workspace: Workspace, text: str) -> None:
    workspace.path.write_text(text)
    assert workspace.lock("--check") == 1
    assert workspace.lock() == 0
    assert workspace.lock("--check") == 0


def test_other_repositories_keep_their_url(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(workspace.directory / "mirror" / "debian") as url:
        workspace.manifest.write_text(MANIFEST.replace("archive: debian", f"url: {url}/"))
        monkeypatch.setenv("DISTROLESS_MIRROR", "http://127.0.0.1:1")
        assert workspace.lock() == 0
        assert workspace.url("app") == f"{url}/pool/main/a/app/app_1.0_amd64.deb"


def test_a_flat_repository_has_no_components(workspace: Workspace) -> None:
    workspace.repository.write_suite("all/", {"amd64": APP}, Codename="")
    workspace.manifest.write_text(
        MANIFEST.replace("[stable]", "[all/]").replace("    components: [main]\n", "")
    )
    assert workspace.lock() == 0
    assert workspace.url("app").endswith("/pool/main/a/app/app_1.0_amd64.deb")


def test_an_index_of_a_flat_repository_may_list_several_architectures(workspace: Workspace) -> None:
    packages = [stanza("app", "2.0", "arm64"), *APP]
    workspace.repository.write_suite("all/", {"amd64": packages}, Codename="")
    workspace.manifest.write_text(
        MANIFEST.replace("[stable]", "[all/]")
        .replace("    components: [main]\n", "")
        .replace("[amd64]", "[amd64, arm64]")
        .replace("packages: [app]", "packages: [app, lib]")
    )
    assert workspace.lock() == 0
    assert workspace.read()["sets"]["app"] == {
        "amd64": ["app_1.0_amd64", "lib_1.0_all"],
        "arm64": ["app_2.0_arm64", "lib_1.0_all"],
    }


def test_architecture_all_may_have_its_own_index(workspace: Workspace) -> None:
    workspace.repository.write_suite("stable", {"amd64": APP[:1], "all": APP[1:]})
    assert workspace.lock() == 0
    assert workspace.read()["sets"]["app"]["amd64"] == ["app_1.0_amd64", "lib_1.0_all"]


def test_indexes_are_found_without_by_hash(workspace: Workspace) -> None:
    workspace.repository.write_suite("stable", {"amd64": APP}, by_hash=False)
    assert workspace.lock() == 0


def test_pinned_files_need_no_network(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTROLESS_MIRROR", "http://127.0.0.1:1")
    workspace.manifest.write_text(
        "version: 1\narchitectures: [amd64, arm64]\nsets: {tool: {packages: [tool]}}\nfiles:\n"
        + "".join(
            f"- {{name: tool, version: 1-{digit}, architecture: {name}, sha256: {digit * 64},"
            f" url: 'https://example.org/{name}.deb'}}\n"
            for name, digit in (("amd64", "1"), ("arm64", "2"))
        )
    )
    assert workspace.lock() == 0
    assert workspace.read()["sets"]["tool"] == {
        "amd64": ["tool_1-1_amd64"],
        "arm64": ["tool_1-2_arm64"],
    }
    assert workspace.url("tool") == "https://example.org/amd64.deb"


def test_packages_that_miss_updates_are_listed(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    main = {name: [stanza("app", architecture=name), APP[1]] for name in ("amd64", "arm64")}
    fixed = [stanza("app", "1.1"), stanza("lib", "1.1", "all")]
    workspace.repository.write_suite("stable", main)
    workspace.repository.write_suite("security", {"amd64": fixed})
    source = (
        "  - {archive: debian, suites: [security], components: [main], architectures: [amd64]}\n"
    )
    workspace.manifest.write_text(
        MANIFEST.replace("[amd64]", "[amd64, arm64]")
        .replace("packages: [app]", "packages: [app, lib]")
        .replace("sets:", source + "sets:")
    )
    assert workspace.lock() == 0
    # A package for all is one file, whichever architecture's index lists it.
    assert workspace.read()["sets"]["app"] == {
        "amd64": ["app_1.1_amd64", "lib_1.1_all"],
        "arm64": ["app_1.0_arm64", "lib_1.1_all"],
    }
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "  security is not read for arm64; older packages there:",
        "    app 1.0 (elsewhere 1.1): arm64",
    ]


def test_a_rebuild_is_not_an_update(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.repository.write_suite("stable", {"arm64": [stanza("app", architecture="arm64")]})
    workspace.repository.write_suite("more", {"amd64": [stanza("app", "1.0+b1")]})
    source = "  - {archive: debian, suites: [more], components: [main], architectures: [amd64]}\n"
    workspace.manifest.write_text(
        MANIFEST.replace("[amd64]", "[amd64, arm64]")
        .replace("[main]\n", "[main]\n    architectures: [arm64]\n")
        .replace("sets:", source + "sets:")
    )
    assert workspace.lock() == 0
    assert "more is not read for arm64; no package is older there" in capsys.readouterr().out


class TestMirrors:
    """A mirror may lack some of the files that its Release file lists."""

    def test_any_compression_is_enough(self, workspace: Workspace) -> None:
        workspace.repository.write_suite("stable", {"amd64": APP}, compressed=(".xz", ".gz"))
        for index in workspace.suite.glob("main/**/SHA256/*"):
            if index.read_bytes()[:2] != b"\x1f\x8b":
                index.write_bytes(b"old")
        assert workspace.lock() == 0

    def test_an_uncompressed_index_is_enough(self, workspace: Workspace) -> None:
        workspace.repository.write_suite(
            "stable", {"amd64": APP}, compressed=("",), text_listed=False
        )
        assert workspace.lock() == 0

    def test_the_plain_name_is_tried_after_by_hash(self, workspace: Workspace) -> None:
        (index,) = workspace.suite.glob("main/**/SHA256/*")
        index.rename(workspace.suite / "main" / "binary-amd64" / "Packages.xz")
        assert workspace.lock() == 0

    def test_an_equal_index_of_another_architecture_is_enough(self, workspace: Workspace) -> None:
        packages = [stanza("app", architecture="all")]
        workspace.repository.write_suite("stable", {"arm64": packages, "amd64": packages})
        for index in workspace.suite.glob("main/binary-arm64/**/*"):
            index.unlink(missing_ok=True) if index.is_file() else None
        (workspace.suite / "main" / "binary-arm64" / "Packages.xz").write_bytes(b"old")
        workspace.manifest.write_text(MANIFEST.replace("[amd64]", "[arm64, amd64]"))
        assert workspace.lock() == 0
