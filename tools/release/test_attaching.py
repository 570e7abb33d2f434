import base64
import json
from pathlib import Path

import pytest

from tools.lib.attest.provenance import SOME_MACHINE
from tools.lib.attest.statement import OPENVEX, PROVENANCE
from tools.lib.oci.descriptor import digest_of
from tools.lib.registry.testing import FakeRegistry, fake_registry
from tools.release.testing import (
    COMMIT,
    TYPES,
    SampleRelease,
    attached_types,
    faults_of_tags,
    publish,
    write_key,
    writes,
)

END_OF_LIFE = "vnd.microsoft.artifact.lifecycle.end-of-life"


def test_an_empty_predicate_is_not_attached(sample: SampleRelease) -> None:
    with fake_registry() as registry:
        publish(registry, sample)
        found = attached_types(registry, "project/static", sample.tags("static")["latest-amd64"])
    assert found == TYPES


def test_each_bundle_is_sent_once(sample: SampleRelease) -> None:
    with fake_registry() as registry:
        publish(registry, sample)
        distinct = {digest: len(data) for (_, digest), data in registry.blobs.items()}
        assert registry.received == sum(distinct.values())


def test_what_another_signer_attached_does_not_count(sample: SampleRelease) -> None:
    with fake_registry() as registry:
        publish(registry, sample)
        write_key()
        registry.requests.clear()
        publish(registry, sample)
        puts = [each for each in writes(registry) if "/manifests/" in each]
        assert {each.rpartition("/")[2].startswith("sha256") for each in puts} == {True}
        assert sum("/manifests/sha256-" in each for each in puts) == 6 * 6


def test_an_attestation_that_is_listed_but_missing_is_attached_again(sample: SampleRelease) -> None:
    flags = ("--only", "static", "--report", "report.json")
    with fake_registry() as registry:
        publish(registry, sample, *flags)
        path, image = "project/static", sample.tags("static")["latest-amd64"]
        listed = json.loads(registry.manifests[path, image.replace(":", "-")][1])["manifests"]
        lost = {(path, each["digest"]) for each in listed[:2]}
        for key in lost:
            del registry.manifests[key]
        publish(registry, sample, *flags)
        assert lost <= registry.manifests.keys()
    assert json.loads(Path("report.json").read_text())["total"]["attestations"] == 2


@pytest.mark.parametrize("referrers", [True, False])
def test_the_provenance_of_an_image_that_does_not_change_stays(
    sample: SampleRelease, referrers: bool
) -> None:
    flags = ("--only", "static", "--report", "report.json")

    def attached() -> int:
        count = json.loads(Path("report.json").read_text())["total"]["attestations"]
        assert isinstance(count, int)
        return count

    with fake_registry() as registry:
        registry.referrers = referrers
        publish(registry, sample, *flags)
        assert attached() == 4 * 4 + 2 * 2
        publish(registry, sample, *flags, "--commit", "d" * 40)
        assert attached() == 0
        # It is attached again if anything else in it changes.
        publish(registry, sample, *flags, "--source", "https://example.org/moved")
        assert attached() == 4 + 2


@pytest.mark.parametrize("referrers", [True, False])
def test_what_was_published_unsigned_is_signed(sample: SampleRelease, referrers: bool) -> None:
    with fake_registry() as registry:
        registry.referrers = referrers
        publish(registry, sample, "--unsigned")
        publish(registry, sample)
        if not referrers:
            assert not list(faults_of_tags(registry))
        assert sum(b'"subject"' in data for _, data in registry.manifests.values()) > 0


@pytest.mark.parametrize("on_github", [True, False])
def test_provenance_says_who_built_what(
    sample: SampleRelease, on_github: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    github = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_WORKFLOW_REF": "owner/name/.github/workflows/release.yml@refs/heads/main",
        "GITHUB_REPOSITORY": "owner/name",
        "GITHUB_RUN_ID": "7",
        "GITHUB_RUN_ATTEMPT": "2",
    }
    for name, value in github.items():
        monkeypatch.delenv(name, raising=False)
        if on_github:
            monkeypatch.setenv(name, value)
    with fake_registry() as registry:
        publish(registry, sample, "--only", "static")
        bundles = [json.loads(data) for data in registry.blobs.values() if b"dsseEnvelope" in data]
    statements = [json.loads(base64.b64decode(each["dsseEnvelope"]["payload"])) for each in bundles]
    found = [each["predicate"] for each in statements if each["predicateType"] == PROVENANCE]
    assert len(found) == 6
    for each in found:
        source = {"uri": "git+https://example.org/images", "digest": {"gitCommit": COMMIT}}
        assert each["buildDefinition"]["externalParameters"]["source"] == source
        assert each["buildDefinition"]["resolvedDependencies"] == [
            source,
            {"uri": "https://example.org/a.deb"},
        ]
        if on_github:
            assert each["runDetails"] == {
                "builder": {
                    "id": "https://github.com/owner/name/.github/workflows/release.yml@"
                    "refs/heads/main"
                },
                "metadata": {
                    "invocationId": "https://github.com/owner/name/actions/runs/7/attempts/2"
                },
            }
        else:
            assert each["runDetails"] == {"builder": {"id": SOME_MACHINE}}


def test_a_vex_document_that_changes_is_attached_again(sample: SampleRelease) -> None:
    position = sample.flags.index(OPENVEX)
    image = digest_of(Path(sample.flags[position - 1]).read_bytes())
    document = Path(sample.flags[position + 1])
    (path,) = [each.name for each in sample.plan.repositories if image in each.tags.values()][:1]

    def count(registry: FakeRegistry) -> int:
        listed = registry.manifests[f"project/{path}", image.replace(":", "-")][1]
        return len(json.loads(listed)["manifests"])

    with fake_registry() as registry:
        publish(registry, sample, "--only", path)
        assert count(registry) == 4
        for text, expected in (("one", 5), ("one", 5), ("two", 6)):
            document.write_text(json.dumps({"statements": [text]}))
            publish(registry, sample, "--only", path)
            assert count(registry) == expected


LIFECYCLE = {
    "version": 1,
    "distributions": {
        name: {
            "name": name,
            "released": "2001-01-01",
            "support_ends": end,
            "end_of_life": end,
            "long_term_architectures": ["amd64"],
        }
        for name, end in (("debian12", "2002-02-03"), ("debian13", "9000-01-01"))
    },
    "runtimes": [],
    "images": {name: ["debian12", "debian13"] for name in ("static", "base")},
}


def test_images_past_their_end_of_life_say_so(sample: SampleRelease) -> None:
    Path("lifecycle.json").write_text(json.dumps(LIFECYCLE))
    with fake_registry() as registry:
        for attached in (6, 0):
            publish(
                registry,
                sample,
                "--lifecycle=lifecycle.json",
                "--only=static-debian12",
                "--only=static",
                "--report=report.json",
            )
            report = json.loads(Path("report.json").read_text())["repositories"]
            base = 4 * 4 + 2 * 2 if attached else 0
            assert report["static"]["attestations"] == base
            assert report["static-debian12"]["attestations"] == base + attached
        kind = "application/vnd.microsoft.artifact.lifecycle"
        found = [
            (path, json.loads(data))
            for (path, name), (_, data) in registry.manifests.items()
            if name == digest_of(data) and json.loads(data).get("artifactType") == kind
        ]
    assert {path for path, _ in found} == {"project/static-debian12"}
    assert {each["annotations"][f"{END_OF_LIFE}.date"] for _, each in found} == {"2002-02-03"}
    tags = sample.tags("static-debian12")
    assert {each["subject"]["digest"] for _, each in found} == {*tags.values()}
