"""Newer packages of Temurin, from a signed repository on loopback."""

from __future__ import annotations

import datetime
import hashlib

import pytest

from tools.lib.apt.repositories import IndexCache
from tools.lib.apt.testing_repository import SignedRepository
from tools.lib.cli.errors import ToolError
from tools.lib.cli.progress import Lines
from tools.lib.debian.lock import parse_lock
from tools.lib.download.download import DownloadError
from tools.lib.updates.change import Change, SourceUpdate
from tools.lib.updates.temurin import TemurinRepository, update_temurin
from tools.lib.updates.testing import Project

OLD = "21.0.10.0.0+7-0"
NEW = "21.0.11.0.0+10-0"
NEWEST = "21.0.11.1.0+1-0"
POOL = "https://packages.adoptium.net/artifactory/deb/pool/main/t/temurin-21"


def update(project: Project, fingerprint: str) -> SourceUpdate:
    repository = TemurinRepository(
        f"{project.apt}/adoptium", f"{project.apt}/adoptium/key.pgp", fingerprint
    )
    now = datetime.datetime.now(datetime.UTC)
    cache = IndexCache(str(project.directory / "cache"), now, Lines(), allow_missing=False)
    data = (project.locks / "temurin.yaml").read_bytes()
    return update_temurin(data, repository, cache, Lines())


def test_all_architectures_move_to_the_newest_version_that_they_share(project: Project) -> None:
    key = project.publish_temurin({"amd64": [OLD, NEW, NEWEST], "s390x": [OLD, NEW]})
    found = update(project, key)
    assert found.changes == tuple(
        Change("temurin", f"temurin-21-{kind}", OLD, NEW, ("amd64", "s390x"), url=url)
        for kind in ("jdk", "jre")
        for url in [f"{POOL}/temurin-21-{kind}_{NEW}_amd64.deb"]
    )
    assert found.notes == (f"temurin: Java 21: {NEWEST} is held back: not yet available for s390x",)
    before = (project.locks / "temurin.yaml").read_text()
    after = found.files["private/lock/temurin.yaml"].decode()
    expected = before.replace(OLD, NEW)
    for kind in ("jre", "jdk"):
        for architecture in ("amd64", "s390x"):
            old = f"temurin-21-{kind} {architecture}"
            file = f"temurin-21-{kind}_{NEW}_{architecture}.deb"
            expected = expected.replace(
                hashlib.sha256(old.encode()).hexdigest(),
                hashlib.sha256(file.encode()).hexdigest(),
            )
    assert after == expected
    lock = parse_lock(found.files["private/lock/temurin.lock.json"], "lock")
    assert sorted(lock.packages) == [
        f"temurin-21-{kind}_{NEW}_{architecture}"
        for kind in ("jdk", "jre")
        for architecture in ("amd64", "s390x")
    ]


@pytest.mark.parametrize(
    ("versions", "notes"),
    [
        ({"amd64": [OLD], "s390x": [OLD]}, ()),
        ({"amd64": ["21.0.9.0.0+10-0"], "s390x": ["21.0.9.0.0+10-0"]}, ()),
        (
            {"amd64": [OLD, NEW], "s390x": [OLD]},
            (f"temurin: Java 21: {NEW} is held back: not yet available for s390x",),
        ),
        (
            {"amd64": [NEWEST], "s390x": [NEW]},
            (f"temurin: Java 21: {NEWEST} is held back: not yet available for s390x",),
        ),
    ],
)
def test_the_older_version_stays_unless_all_have_a_newer_one(
    project: Project, versions: dict[str, list[str]], notes: tuple[str, ...]
) -> None:
    key = project.publish_temurin(versions)
    assert update(project, key) == SourceUpdate(notes=notes)


def test_an_architecture_that_is_ahead_does_not_go_back(project: Project) -> None:
    text = (project.locks / "temurin.yaml").read_text()
    head, _, tail = text.rpartition(f"version: {OLD}")
    (project.locks / "temurin.yaml").write_text(f"{head}version: {NEWEST}{tail}")
    key = project.publish_temurin({"amd64": [NEW], "s390x": [NEW, NEWEST]})
    assert update(project, key) == SourceUpdate()


def test_a_key_with_another_fingerprint_is_refused(project: Project) -> None:
    key = project.publish_temurin({"amd64": [NEW], "s390x": [NEW]})
    with pytest.raises(ToolError) as caught:
        update(project, "3b04d753c9050d9a5d343f39843c48a565f8f04b")
    assert "key not found: 3b04d753c9050d9a5d343f39843c48a565f8f04b" in caught.value.message
    assert caught.value.hint == f"it contains {key}"


def test_an_index_signed_by_another_key_is_refused(project: Project) -> None:
    project.publish_temurin({"amd64": [NEW], "s390x": [NEW]})
    other = SignedRepository(project.directory / "other")
    key = other.write_keyring(project.adoptium.root / "key.pgp")
    with pytest.raises(ToolError, match="no valid signature by a key of"):
        update(project, key)


def test_a_repository_that_does_not_answer_is_an_error_of_its_own(project: Project) -> None:
    with pytest.raises(DownloadError, match="HTTP 404"):
        update(project, "0" * 40)
