"""What `knife lock` does not believe, and how it says so."""

from __future__ import annotations

import lzma
from collections.abc import Callable

import pytest

from tools.lock.testing import APP, MANIFEST, Place
from tools.lock.testing_repository import Repository, date, stanza


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


def test_names_near_an_unknown_one_are_told(place: Place, fails: Callable[[], str]) -> None:
    packages = ["libsqlite3-dev", "libsqlite3-0", "libc6"]
    place.repository.write_suite("stable", {"amd64": list(map(stanza, packages))})
    place.manifest.write_text(MANIFEST.replace("[app]", "[libsqlite3]"))
    near = "names near libsqlite3: libsqlite3-0, libsqlite3-dev"
    assert f"app: libsqlite3: in none of stable (hint: {near})" in fails()
    place.manifest.write_text(MANIFEST.replace("[app]", "[libc6 (>= 2)]"))
    assert fails().endswith("app: libc6 (>= 2): of libc6 there is only 1.0 (stable)")


def test_a_path_out_of_the_pool_is_refused(place: Place, fails: Callable[[], str]) -> None:
    place.repository.write_suite("stable", {"amd64": [stanza("app", Filename="../../evil.deb")]})
    assert "no Filename in the pool" in fails()


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("Package", "../app", "not a name of a package"),
        ("Package", "app\x1b[2J", "not a name of a package"),
        ("Version", "9" * 5000, "is not a version"),
        ("Size", "9" * 5000, "no Size"),
        ("SHA256", "\u0660" * 64, "no SHA256"),
        ("Filename", "/etc/passwd.deb", "no Filename in the pool"),
        ("Filename", "pool/BUILD.bazel", "no Filename in the pool"),
        ("Depends", "a" + " " * 100_000 + "b", "not a relation"),
    ],
)
def test_a_hostile_index_is_told(
    place: Place, fails: Callable[[], str], field: str, value: str, message: str
) -> None:
    packages = [stanza("app", Depends="it"), stanza("other", Provides="it", **{field: value})]
    place.repository.write_suite("stable", {"amd64": packages})
    assert message in fails()


@pytest.mark.parametrize(
    ("size", "message"),
    [("9" * 5000, "not a line of SHA256"), ("9" * 15, "larger than any index is")],
)
def test_a_size_that_no_index_has_is_refused(
    place: Place, fails: Callable[[], str], size: str, message: str
) -> None:
    line = f" {'0' * 64} {size} main/binary-amd64/Packages.xz\n"
    place.repository.sign(place.suite, f"Codename: stable\nDate: {date(-1)}\nSHA256:\n{line}")
    assert message in fails()


def test_an_index_that_decompresses_to_another_is_refused(
    place: Place, fails: Callable[[], str]
) -> None:
    path = place.suite / "InRelease"
    release = path.read_text().split("\n\n", 1)[1].split("-----BEGIN PGP SIGNATURE")[0]
    (text,) = [line for line in release.splitlines() if line.endswith("/Packages")]
    place.repository.sign(place.suite, release.replace(text.split()[0], "0" * 64))
    assert "not what the Release file lists when decompressed" in fails()
