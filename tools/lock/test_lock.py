"""What `knife lock` writes, from signed repositories over HTTP and manifests."""

from __future__ import annotations

import pytest

from tools.lock.testing import APP, MANIFEST, Place
from tools.lock.testing_repository import date, served, stanza


def test_a_lock_names_files_of_a_snapshot_and_their_dependencies(place: Place) -> None:
    place.repository.write_suite(
        "stable", {"amd64": APP}, Date="Sat, 11 Jul 2026 10:16:37 UTC", Valid_Until=""
    )
    assert place.lock() == 0
    lock = place.read()
    assert lock["sets"] == {"app": {"amd64": ["app_1.0_amd64", "lib_1.0_all"]}}
    app = lock["packages"]["app_1.0_amd64"]
    assert app["depends"] == ["lib_1.0_all"]
    assert app["size"] == 1000
    base = "https://snapshot.debian.org/archive/debian/20260711T230000Z"
    assert app["url"] == f"{base}/pool/main/a/app/app_1.0_amd64.deb"


def test_the_same_input_gives_the_same_bytes_with_and_without_a_cache(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert place.lock() == 0
    first = place.path.read_bytes()
    assert place.lock() == 0
    assert place.path.read_bytes() == first
    place.path.unlink()
    monkeypatch.setenv("XDG_CACHE_HOME", str(place.directory / "other"))
    assert place.lock() == 0
    assert place.path.read_bytes() == first


def test_an_index_is_fetched_once(place: Place) -> None:
    assert place.lock() == 0
    for index in place.suite.glob("main/**/SHA256/*"):
        index.unlink()
    assert place.lock() == 0


def test_a_later_release_changes_what_has_changed_and_nothing_else(place: Place) -> None:
    assert place.lock() == 0
    before = place.url("lib")
    packages = [stanza("app", "1.1", Depends="lib"), APP[1]]
    place.repository.write_suite("stable", {"amd64": packages}, Date=date(-0.1))
    assert place.lock() == 0
    assert place.url("lib") == before
    assert before.split("/")[5] < place.url("app").split("/")[5]


def test_a_changed_manifest_makes_the_lock_stale(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place.lock("--check") == 1
    assert (
        "some.lock.json: not found (hint: run the same command without --check)"
        in capsys.readouterr().err
    )
    assert place.lock() == 0
    assert place.lock("--check") == 0
    place.manifest.write_text(MANIFEST + "# more\n")
    assert place.lock("--check") == 1
    assert "out of date: some.yaml has changed" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["<<<<<<< HEAD\n", "[]", '{"version": 1}', '{"version": 2}'])
def test_a_broken_lock_is_stale_and_is_replaced(place: Place, text: str) -> None:
    place.path.write_text(text)
    assert place.lock("--check") == 1
    assert place.lock() == 0
    assert place.lock("--check") == 0


def test_other_repositories_stay_at_their_url(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(place.directory / "mirror" / "debian") as url:
        place.manifest.write_text(MANIFEST.replace("archive: debian", f"url: {url}/"))
        monkeypatch.setenv("DISTROLESS_MIRROR", "http://127.0.0.1:1")
        assert place.lock() == 0
        assert place.url("app") == f"{url}/pool/main/a/app/app_1.0_amd64.deb"


def test_a_flat_repository_has_no_components(place: Place) -> None:
    place.repository.write_suite("all/", {"amd64": APP}, Codename="")
    place.manifest.write_text(
        MANIFEST.replace("[stable]", "[all/]").replace("    components: [main]\n", "")
    )
    assert place.lock() == 0
    assert place.url("app").endswith("/pool/main/a/app/app_1.0_amd64.deb")


def test_a_flat_repository_may_list_several_architectures(place: Place) -> None:
    packages = [stanza("app", "2.0", "arm64"), *APP]
    place.repository.write_suite("all/", {"amd64": packages}, Codename="")
    place.manifest.write_text(
        MANIFEST.replace("[stable]", "[all/]")
        .replace("    components: [main]\n", "")
        .replace("[amd64]", "[amd64, arm64]")
        .replace("packages: [app]", "packages: [app, lib]")
    )
    assert place.lock() == 0
    assert place.read()["sets"]["app"] == {
        "amd64": ["app_1.0_amd64", "lib_1.0_all"],
        "arm64": ["app_2.0_arm64", "lib_1.0_all"],
    }


def test_packages_for_all_may_have_an_index_of_their_own(place: Place) -> None:
    place.repository.write_suite("stable", {"amd64": APP[:1], "all": APP[1:]})
    assert place.lock() == 0
    assert place.read()["sets"]["app"]["amd64"] == ["app_1.0_amd64", "lib_1.0_all"]


def test_indexes_are_found_where_there_is_no_by_hash(place: Place) -> None:
    place.repository.write_suite("stable", {"amd64": APP}, by_hash=False)
    assert place.lock() == 0


def test_pinned_files_need_no_network(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTROLESS_MIRROR", "http://127.0.0.1:1")
    place.manifest.write_text(
        "version: 1\narchitectures: [amd64, arm64]\nsets: {tool: {packages: [tool]}}\nfiles:\n"
        + "".join(
            f"- {{name: tool, version: 1-{digit}, architecture: {name}, sha256: {digit * 64},"
            f" url: 'https://example.org/{name}.deb'}}\n"
            for name, digit in (("amd64", "1"), ("arm64", "2"))
        )
    )
    assert place.lock() == 0
    assert place.read()["sets"]["tool"] == {
        "amd64": ["tool_1-1_amd64"],
        "arm64": ["tool_1-2_arm64"],
    }
    assert place.url("tool") == "https://example.org/amd64.deb"


def test_what_a_source_leaves_out_is_told_with_what_it_costs(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    main = {name: [stanza("app", architecture=name), APP[1]] for name in ("amd64", "arm64")}
    fixed = [stanza("app", "1.1"), stanza("lib", "1.1", "all")]
    place.repository.write_suite("stable", main)
    place.repository.write_suite("security", {"amd64": fixed})
    source = (
        "  - {archive: debian, suites: [security], components: [main], architectures: [amd64]}\n"
    )
    place.manifest.write_text(
        MANIFEST.replace("[amd64]", "[amd64, arm64]")
        .replace("packages: [app]", "packages: [app, lib]")
        .replace("sets:", source + "sets:")
    )
    assert place.lock() == 0
    # A package for all is one file, from whichever architecture's index.
    assert place.read()["sets"]["app"] == {
        "amd64": ["app_1.1_amd64", "lib_1.1_all"],
        "arm64": ["app_1.0_arm64", "lib_1.1_all"],
    }
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "  security is left out for arm64; older there:",
        "    app 1.0 (elsewhere 1.1): arm64",
    ]


def test_a_rebuild_is_no_newer(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.repository.write_suite("stable", {"arm64": [stanza("app", architecture="arm64")]})
    place.repository.write_suite("more", {"amd64": [stanza("app", "1.0+b1")]})
    source = "  - {archive: debian, suites: [more], components: [main], architectures: [amd64]}\n"
    place.manifest.write_text(
        MANIFEST.replace("[amd64]", "[amd64, arm64]")
        .replace("[main]\n", "[main]\n    architectures: [arm64]\n")
        .replace("sets:", source + "sets:")
    )
    assert place.lock() == 0
    assert "more is left out for arm64; nothing is older there" in capsys.readouterr().out


class TestMirrors:
    """Mirrors that have part of what their Release file lists."""

    def test_another_compression_does(self, place: Place) -> None:
        place.repository.write_suite("stable", {"amd64": APP}, compressed=(".xz", ".gz"))
        for index in place.suite.glob("main/**/SHA256/*"):
            if index.read_bytes()[:2] != b"\x1f\x8b":
                index.write_bytes(b"old")
        assert place.lock() == 0

    def test_an_index_without_compression_does(self, place: Place) -> None:
        place.repository.write_suite("stable", {"amd64": APP}, compressed=("",), text_listed=False)
        assert place.lock() == 0

    def test_a_plain_name_does_where_the_one_by_hash_is_missing(self, place: Place) -> None:
        (index,) = place.suite.glob("main/**/SHA256/*")
        index.rename(place.suite / "main" / "binary-amd64" / "Packages.xz")
        assert place.lock() == 0

    def test_the_same_index_of_another_architecture_does(self, place: Place) -> None:
        packages = [stanza("app", architecture="all")]
        place.repository.write_suite("stable", {"arm64": packages, "amd64": packages})
        for index in place.suite.glob("main/binary-arm64/**/*"):
            index.unlink(missing_ok=True) if index.is_file() else None
        (place.suite / "main" / "binary-arm64" / "Packages.xz").write_bytes(b"old")
        place.manifest.write_text(MANIFEST.replace("[amd64]", "[arm64, amd64]"))
        assert place.lock() == 0
