"""`knife lock` as its users meet it: signed repositories over HTTP, manifests, locks."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.lib.errors import run
from tools.lock.__main__ import main
from tools.lock.repository import Repository, date, served, stanza

MANIFEST = """\
version: 1
architectures: [amd64]
keyring: archive.pgp
sources:
  - archive: debian
    suites: [stable]
    components: [main]
sets:
  app: {packages: [app]}
"""
APP = [stanza("app", Depends="lib (>= 1.0)"), stanza("lib", architecture="all")]


class Place:
    """A mirror, and a directory with a manifest."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.repository = Repository(directory / "mirror" / "debian")
        self.fingerprint = self.repository.write_keyring(directory / "archive.pgp")
        self.suite = self.repository.write_suite("stable", {"amd64": APP})
        self.manifest = directory / "some.yaml"
        self.manifest.write_text(MANIFEST)
        self.path = directory / "some.lock.json"

    def lock(self, *flags: str) -> int:
        return run(main, ["lock", *flags, str(self.manifest)])

    def read(self) -> Any:
        return json.loads(self.path.read_bytes())

    def url(self, name: str) -> str:
        return str(next(item["url"] for item in self.read()["packages"] if item["name"] == name))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("BUILD_WORKING_DIRECTORY", "BUILD_WORKSPACE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("tools.lock.fetch._PAUSES", (0.0,))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = Place(tmp_path)
    with served(tmp_path / "mirror") as url:
        monkeypatch.setenv("DISTROLESS_MIRROR", url + "/debian/")
        yield made


@pytest.fixture
def fails(place: Place, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Locks; returns the error, which is one line and has left no file."""

    def fail() -> str:
        capsys.readouterr()
        assert place.lock() == 1
        lines = [line for line in capsys.readouterr().err.splitlines() if line[:6] != "lock: "]
        assert len(lines) == 1
        assert lines[0].startswith("error: ")
        assert not place.path.exists()
        return lines[0]

    return fail


def test_a_lock_names_files_of_a_snapshot_and_their_dependencies(place: Place) -> None:
    place.repository.write_suite(
        "stable", {"amd64": APP}, Date="Sat, 11 Jul 2026 10:16:37 UTC", Valid_Until=""
    )
    assert place.lock() == 0
    lock = place.read()
    assert lock["sets"] == {"app": {"amd64": ["app_1.0_amd64", "lib_1.0_all"]}}
    app = lock["packages"][0]
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
    assert "there is no lock (hint: run ./knife lock)" in capsys.readouterr().err
    assert place.lock() == 0
    assert place.lock("--check") == 0
    place.manifest.write_text(MANIFEST + "# more\n")
    assert place.lock("--check") == 1
    assert "older than some.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["<<<<<<< HEAD\n", "[]", '{"version": 2}', '{"version": 1}'])
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


def test_what_is_added_outside_the_signature_is_not_believed(place: Place) -> None:
    message = (place.suite / "InRelease").read_bytes()
    other = Repository(place.directory / "other")
    evil = other.write_suite("stable", {"amd64": [stanza("app", "9")]})
    unsigned = b"SHA256:\n " + b"0" * 64 + b" 9 main/binary-amd64/Packages.xz\n"
    for after in (unsigned, (evil / "InRelease").read_bytes()):
        (place.suite / "InRelease").write_bytes(message + after)
        assert place.lock() == 0
        assert "app_1.0_amd64" in place.read()["sets"]["app"]["amd64"]
    (place.suite / "InRelease").write_bytes(unsigned + message)
    assert place.lock() == 1


def test_a_changed_release_file_is_refused(place: Place, fails: Callable[[], str]) -> None:
    path = place.suite / "InRelease"
    path.write_bytes(path.read_bytes().replace(b"Components: main", b"Components: evil"))
    assert "no valid signature by a key of" in fails()


def test_a_key_that_is_not_in_the_keyring_is_told(place: Place, fails: Callable[[], str]) -> None:
    Repository(place.repository.root).write_suite("stable", {"amd64": APP})
    error = fails()
    assert "signed with" in error
    assert f"expected one of {place.fingerprint}" in error


def test_a_key_that_the_manifest_does_not_name_is_refused(
    place: Place, fails: Callable[[], str]
) -> None:
    other = Repository(place.directory)
    other.write_keyring(place.directory / "other.pgp")
    ring = place.directory / "archive.pgp"
    ring.write_bytes(ring.read_bytes() + (place.directory / "other.pgp").read_bytes())
    place.manifest.write_text(MANIFEST + f"keys: ['{other.key.extract_certificate().fingerprint}']")
    assert "no valid signature" in fails()
    place.manifest.write_text(MANIFEST + f"keys: ['{place.fingerprint.upper()}']")
    assert place.lock() == 0


def test_a_key_of_the_manifest_that_the_keyring_lacks_is_told(
    place: Place, fails: Callable[[], str]
) -> None:
    place.manifest.write_text(MANIFEST + f"keys: ['{'0' * 40}']")
    assert f"archive.pgp: no key {'0' * 40} (hint: it has {place.fingerprint})" in fails()


def test_an_expired_key_is_refused(place: Place, fails: Callable[[], str]) -> None:
    place.repository.write_keyring(place.directory / "archive.pgp", expired=True)
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
    place: Place, fails: Callable[[], str], data: bytes, message: str
) -> None:
    (place.suite / "InRelease").write_bytes(data)
    assert message in fails()


def test_another_suite_of_the_same_key_is_refused(place: Place, fails: Callable[[], str]) -> None:
    place.repository.write_suite("stable", {"amd64": APP}, Codename="old", Suite="oldstable")
    assert "asked for the suite stable, got oldstable alias old" in fails()


def test_an_expired_release_file_is_refused_unless_the_manifest_takes_it(
    place: Place, fails: Callable[[], str]
) -> None:
    place.repository.write_suite("stable", {"amd64": APP}, Date=date(-9), Valid_Until=date(-2))
    assert "expired" in fails()
    place.manifest.write_text(
        MANIFEST.replace("[main]\n", "[main]\n    check_valid_until: false\n")
    )
    assert place.lock() == 0


def test_a_release_file_of_the_future_is_refused(place: Place, fails: Callable[[], str]) -> None:
    place.repository.write_suite("stable", {"amd64": APP}, Date=date(2))
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
def test_an_index_that_is_not_the_listed_one_is_refused(
    place: Place, fails: Callable[[], str], change: Callable[[bytes], bytes]
) -> None:
    (index,) = place.suite.glob("main/**/SHA256/*")
    index.write_bytes(change(index.read_bytes()))
    assert "size or sha256 is another" in fails()


def test_an_architecture_that_a_suite_lacks_is_told(place: Place, fails: Callable[[], str]) -> None:
    place.manifest.write_text(MANIFEST.replace("[amd64]", "[amd64, s390x]"))
    assert "no main for s390x (hint: the suite has architectures amd64" in fails()
    place.manifest.write_text(
        MANIFEST.replace("[amd64]", "[amd64, s390x]")
        .replace("[main]", "[main]\n    architectures: [amd64]")
        .replace("packages: [app]", "packages: ['app [amd64]']")
    )
    assert place.lock() == 0
    assert place.read()["sets"]["app"] == {"amd64": ["app_1.0_amd64", "lib_1.0_all"], "s390x": []}


def test_without_a_network_the_error_says_so(
    fails: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTROLESS_MIRROR", "http://127.0.0.1:1")
    error = fails()
    assert "127.0.0.1:1/debian/dists/stable/InRelease: no connection" in error
    assert "offline?" in error


def test_a_suite_that_the_mirror_lacks_is_told(place: Place, fails: Callable[[], str]) -> None:
    place.manifest.write_text(MANIFEST.replace("[stable]", "[stabel]"))
    assert "/dists/stabel/InRelease: not found" in fails()


def test_an_unmet_dependency_is_told_with_its_chain(place: Place, fails: Callable[[], str]) -> None:
    packages = [stanza("app", Depends="lib"), stanza("lib", Depends="deep (>= 2)"), stanza("deep")]
    place.repository.write_suite("stable", {"amd64": packages})
    assert "app: app -> lib -> deep (>= 2): of deep there is only 1.0 (stable)" in fails()


def test_a_path_out_of_the_pool_is_refused(place: Place, fails: Callable[[], str]) -> None:
    place.repository.write_suite("stable", {"amd64": [stanza("app", Filename="../../evil.deb")]})
    assert "no Filename in the pool" in fails()
