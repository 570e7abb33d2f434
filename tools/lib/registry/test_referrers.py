"""Referrers in registries with the API and without."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import INDEX, MANIFEST, Descriptor, describe, digest_of
from tools.lib.registry.blob_locations import BlobLocations
from tools.lib.registry.errors import RegistryError
from tools.lib.registry.referrers import EMPTY, Artifact, Referrers, artifact_type_of
from tools.lib.registry.testing import FakeRegistry, fake_registry, status
from tools.lib.registry.testing_content import client_for

SUBJECT = describe(INDEX, b'{"subject": 1}')
TAG = SUBJECT.digest.replace(":", "-")
NOTE = Artifact("text/note", b"a note", {"org.example.by": "me"})
OTHER = Artifact("text/other", b"another")


@pytest.fixture(params=[True, False], ids=["api", "tag"])
def registry(request: pytest.FixtureRequest) -> Iterator[FakeRegistry]:
    with fake_registry() as each:
        each.referrers = request.param
        yield each


def referrers_of(registry: FakeRegistry, path: str = "team/app") -> Referrers:
    return Referrers(client_for(registry.host, path))


def test_what_is_attached_is_listed_and_read(registry: FakeRegistry) -> None:
    referrers = referrers_of(registry)
    assert referrers.list(SUBJECT.digest) == ()
    report = referrers.push(SUBJECT, [NOTE, OTHER])
    assert (report.uploaded, report.manifests, report.tags) == (
        3,
        2,
        0 if registry.referrers else 1,
    )
    found = referrers_of(registry).list(SUBJECT.digest)
    assert [artifact_type_of(each) for each in found] == ["text/note", "text/other"]
    assert [dict(each.annotations) for each in found] == [{"org.example.by": "me"}, {}]
    assert [referrers.read(each) for each in found] == [NOTE, OTHER]
    assert (("team/app", TAG) in registry.manifests) != registry.referrers


def test_a_manifest_has_the_fields_of_the_image_spec() -> None:
    assert json.loads(NOTE.manifest(SUBJECT)) == {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": "text/note",
        "config": {"mediaType": EMPTY, "digest": digest_of(b"{}"), "size": 2},
        "layers": [{"mediaType": "text/note", "digest": digest_of(b"a note"), "size": 6}],
        "subject": {"mediaType": INDEX, "digest": SUBJECT.digest, "size": SUBJECT.size},
        "annotations": {"org.example.by": "me"},
    }


def test_nothing_is_sent_again(registry: FakeRegistry) -> None:
    referrers_of(registry).push(SUBJECT, [NOTE, OTHER])
    registry.requests.clear()
    report = referrers_of(registry).push(SUBJECT, [OTHER, NOTE, NOTE])
    assert (report.uploaded, report.present, report.manifests, report.tags) == (0, 0, 0, 0)
    assert registry.count("(PUT|POST)", "") == 0


def test_a_list_of_several_pages(registry: FakeRegistry) -> None:
    registry.page = 2
    notes = [Artifact("text/note", b"%d" % number) for number in range(5)]
    referrers_of(registry).push(SUBJECT, notes)
    registry.requests.clear()
    assert len(referrers_of(registry).list(SUBJECT.digest)) == 5
    assert registry.count("GET", "/referrers/") == (3 if registry.referrers else 1)


def test_a_registry_is_asked_for_the_api_once(registry: FakeRegistry) -> None:
    referrers = referrers_of(registry)
    for _ in range(3):
        referrers.list(SUBJECT.digest)
    assert registry.count("GET", "/referrers/") == (3 if registry.referrers else 1)


def test_entries_of_others_stay_in_the_tag() -> None:
    with fake_registry() as registry:
        others = {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [{**describe(MANIFEST, b"x").to_json(), "artifactType": "theirs"}],
            "annotations": {"a": "b"},
        }
        registry.manifests["team/app", TAG] = (INDEX, json.dumps(others).encode())
        referrers_of(registry).push(SUBJECT, [NOTE])
        index = json.loads(registry.manifests["team/app", TAG][1])
        assert [each["artifactType"] for each in index["manifests"]] == ["theirs", "text/note"]
        assert index["annotations"] == {"a": "b"}


def test_an_entry_that_another_client_lost_is_added_again() -> None:
    with fake_registry() as registry:
        referrers_of(registry).push(SUBJECT, [NOTE, OTHER])
        index = json.loads(registry.manifests["team/app", TAG][1])
        del index["manifests"][0]
        registry.manifests["team/app", TAG] = (INDEX, json.dumps(index).encode())
        assert referrers_of(registry).push(SUBJECT, [NOTE, OTHER]).uploaded == 0
        index = json.loads(registry.manifests["team/app", TAG][1])
        assert [each["artifactType"] for each in index["manifests"]] == ["text/other", "text/note"]


def test_blobs_are_mounted_from_other_repositories(registry: FakeRegistry) -> None:
    locations = BlobLocations()
    for path, expected in (("a", (2, 0)), ("b", (0, 2))):
        client = client_for(registry.host, path)
        report = Referrers(client, locations).push(SUBJECT, [NOTE])
        assert (report.uploaded, report.mounted) == expected


def test_a_refusal_is_no_missing_api() -> None:
    with fake_registry() as registry:
        registry.referrers = True
        registry.fail("GET", "/referrers/", status(403))
        with pytest.raises(RegistryError, match=r"referrers of sha256:.*: HTTP 403"):
            referrers_of(registry).list(SUBJECT.digest)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "0 layers, must be one"),
        ([{"mediaType": "a", "digest": digest_of(b""), "size": 1 << 40}], "larger than 128 MiB"),
    ],
)
def test_what_cannot_be_read(layers: list[object], message: str) -> None:
    data = json.dumps({"config": describe(EMPTY, b"{}").to_json(), "layers": layers}).encode()
    with fake_registry() as registry:
        descriptor: Descriptor = describe(MANIFEST, data)
        registry.manifests["team/app", descriptor.digest] = (MANIFEST, data)
        with pytest.raises(ToolError, match=re.escape(message)):
            referrers_of(registry).read(descriptor)
