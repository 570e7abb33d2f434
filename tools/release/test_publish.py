import json
import re
import threading
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import digest_of
from tools.lib.registry.testing import Handler, fake_registry, status
from tools.release.__main__ import main
from tools.release.testing import (
    COMMIT,
    SampleRelease,
    faults_of_tags,
    publish,
    tags_in,
    writes,
)

NAMES = ("base", "base-debian12", "base-debian13", "static", "static-debian12", "static-debian13")


def test_all_repositories_get_all_tags(sample: SampleRelease) -> None:
    with fake_registry() as registry:
        publish(registry, sample)
        for name in NAMES:
            assert tags_in(registry, f"project/{name}") == sample.tags(name)
        assert not list(faults_of_tags(registry))
    assert sample.tags("static").keys() == {
        f"{variant}{architecture}{commit}"
        for variant in ("latest", "debug")
        for architecture in ("", "-amd64", "-arm64")
        for commit in ("", f"-{COMMIT}")
    }


def test_each_blob_is_sent_once(sample: SampleRelease) -> None:
    with fake_registry() as registry:
        publish(registry, sample, "--unsigned")
        assert registry.received == sum(sample.blobs.values())
        assert {digest for _, digest in registry.blobs} == sample.blobs.keys()


def test_a_registry_without_mounts(sample: SampleRelease) -> None:
    with fake_registry() as registry:
        registry.mounts = False
        publish(registry, sample)
        assert not list(faults_of_tags(registry))
        assert registry.received == sum(len(data) for data in registry.blobs.values())


@pytest.mark.parametrize("referrers", [True, False])
def test_a_second_run_sends_nothing(sample: SampleRelease, referrers: bool) -> None:
    with fake_registry() as registry:
        registry.referrers = referrers
        registry.page = 10
        publish(registry, sample)
        registry.requests.clear()
        publish(registry, sample, "--report", "report.json")
        assert not writes(registry)
        # Of each repository: its tags, what each names, and what is attached to 2 x 3 manifests.
        tags, lists = 6 * 12, 6 * 6
        if referrers:
            assert registry.count("HEAD", "/manifests/") == tags
            assert registry.count("GET", "/referrers/") == lists
        else:
            # A list that clients write may name what is not there.
            attached = 6 * (4 * 4 + 2 * 2)
            assert registry.count("HEAD", "/manifests/") == tags + attached
            assert registry.count("GET", "/manifests/sha256-") == lists
    report = json.loads(Path("report.json").read_text())
    assert report["total"]["request_bytes"] == 0
    assert report["tags"] == []


def test_tags_are_moved_last(sample: SampleRelease) -> None:
    with fake_registry() as registry:
        publish(registry, sample)
        done = [
            each.rpartition("/")[2]
            for each in registry.requests
            if each.startswith("PUT") and "/manifests/" in each
        ]
    tags = 6 * 12
    lists = [number for number, name in enumerate(done) if name.startswith("sha256-")]
    assert all(not name.startswith("sha256") for name in done[-tags:])
    assert all(name.startswith("sha256") for name in done[:-tags])
    manifests = 6 * 6
    assert min(lists) >= manifests
    indexes = {each.digest for each in sample.plan.repositories[0].indexes}
    assert not indexes & {*done[: manifests - 12]}


def test_a_new_commit_moves_tags(tmp_path: Path, sample: SampleRelease) -> None:
    new = SampleRelease(tmp_path / "new", "new")
    with fake_registry() as registry:
        publish(registry, sample)
        publish(registry, new, "--commit", "d" * 40, "--report", "report.json")
        for name in NAMES:
            old = {tag: digest for tag, digest in sample.tags(name).items() if COMMIT in tag}
            assert tags_in(registry, f"project/{name}") == old | new.tags(name, "d" * 40)
        assert not list(faults_of_tags(registry))
    report = json.loads(Path("report.json").read_text())
    assert {
        "repository": "static",
        "tag": "latest",
        "before": sample.tags("static")["latest"],
        "after": new.tags("static")["latest"],
    } in report["tags"]
    assert report["total"]["tags"] == 6 * 12


def test_only(sample: SampleRelease) -> None:
    with fake_registry() as registry:
        publish(registry, sample, "--only", "static", "--only", "base-debian12")
        assert {path for path, _ in registry.manifests} == {
            "project/static",
            "project/base-debian12",
        }
        before = registry.received
        publish(registry, sample, "--unsigned")
        # What is in one of them is mounted from there.
        extra = {digest: size for digest, size in sample.blobs.items()}
        known = sum(extra.values()) + before
        assert registry.received < known
        sent = [data for (_, digest), data in registry.blobs.items() if digest in sample.blobs]
        assert {digest_of(data) for data in sent} == sample.blobs.keys()


def test_a_dry_run_sends_nothing(sample: SampleRelease, capsys: pytest.CaptureFixture[str]) -> None:
    with fake_registry() as registry:
        publish(registry, sample, "--dry-run", "--only", "static", "--sign-key", "key.pem")
        assert not writes(registry)
        assert capsys.readouterr().out == (
            "would change 1 repositories:\n"
            f"{registry.host}/project/static: 9 blobs, 6 manifests, 20 attestations, "
            "12 tags (0 move)\n"
        )
        publish(registry, sample, "--only", "static")
        capsys.readouterr()
        publish(registry, sample, "--dry-run", "--only", "static", "--sign-key", "key.pem")
        assert capsys.readouterr().out == "would change 0 repositories:\n"


def test_the_report(sample: SampleRelease) -> None:
    with fake_registry() as registry:
        publish(registry, sample, "--unsigned", "--report", "report.json")
        requests = len(registry.requests)
        host = registry.host
    report = json.loads(Path("report.json").read_text())
    assert report["version"] == 1
    assert report["registry"] == f"{host}/project"
    assert report["commit"] == COMMIT
    assert report["error"] is None
    total = report["total"]
    assert sum(total["requests"].values()) == requests
    assert total["blobs_sent"] == len(sample.blobs)
    assert total["blob_bytes"] == sum(sample.blobs.values())
    assert total["manifests"] == 6 * 6
    assert total["tags"] == len(report["tags"]) == 6 * 12
    for name in ("blobs_sent", "blobs_mounted", "manifests", "tags", "request_bytes"):
        assert total[name] == sum(each[name] for each in report["repositories"].values())
    assert report["repositories"].keys() == {*NAMES}


def test_a_tag_that_somebody_else_moves(sample: SampleRelease, tmp_path: Path) -> None:
    new = SampleRelease(tmp_path / "new", "new")
    with fake_registry() as registry:
        publish(registry, sample)
        other = sample.tags("static")["debug"]
        manifest = registry.manifests["project/static", other]

        def move(handler: Handler) -> None:
            """Somebody moves the tag when this run has pushed all, and signs."""
            registry.manifests["project/static", "latest"] = manifest
            handler.answer(404)

        registry.fail("GET", "/v2/project/static/manifests/sha256-", move)
        with pytest.raises(ToolError) as caught:
            publish(registry, new, "--only", "static", "--report", "report.json")
        before = sample.tags("static")["latest"]
        assert str(caught.value) == (
            f"{registry.host}/project/static:latest: moved by somebody else: it named {before} "
            f"when the release began, and names {other} now (hint: wait until the other release "
            "has ended, then run this one again)"
        )
        assert tags_in(registry, "project/static")["latest"] == other
    assert json.loads(Path("report.json").read_text())["error"] == str(caught.value)


def test_a_tag_that_another_run_of_the_same_release_set(sample: SampleRelease) -> None:
    with fake_registry() as registry:
        ready = threading.Event()

        def wait(handler: Handler) -> None:
            """The other run ends while this one sends its first blob."""
            publish(registry, sample, "--only", "static")
            ready.set()
            handler.body()
            handler.answer(500)

        registry.fail("POST", "/v2/project/static/blobs/uploads/", wait)
        publish(registry, sample, "--only", "static")
        assert ready.is_set()
        assert tags_in(registry, "project/static") == sample.tags("static")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--registry", "example.com"], "--registry example.com: no project (hint: write HOST/PR"),
        (["--registry", "example.com/a:b"], "must not have a tag or a digest"),
        (["--registry", "example.com/a"], "who signs the release? (hint: give one of --sign-key"),
        (
            ["--registry", "example.com/a", "--keyless", "--unsigned"],
            "who signs the release? (hint: give one of --sign-key",
        ),
        (["--registry", "example.com/a", "--unsigned", "--only", "x"], "--only x: the release has"),
        (["--registry", "example.com/a", "--unsigned", "--commit", "a b"], "--commit 'a b': not"),
        (["--registry", "example.com/a", "--sign-key", "none"], "none"),
    ],
)
def test_errors_before_the_first_request(
    sample: SampleRelease, flags: list[str], message: str
) -> None:
    with pytest.raises((ToolError, OSError), match=re.escape(message)):
        main([*sample.flags, *flags])


def test_a_missing_layer_is_an_error_before_the_first_request(sample: SampleRelease) -> None:
    position = sample.flags.index("--layer")
    blob = Path(sample.flags[position + 2])
    blob.write_bytes(b"")
    with fake_registry() as registry:
        with pytest.raises(ToolError, match=r"0 bytes, but blob sha256:\w+ has \d+ .hint: build"):
            publish(registry, sample)
        assert not registry.requests


def test_temporary_failures_are_tried_again(
    sample: SampleRelease, capsys: pytest.CaptureFixture[str]
) -> None:
    with fake_registry() as registry:
        registry.fail("PUT", "/manifests/", status(429, Retry_After="0"), status(503))
        publish(registry, sample, "--only", "static", "--unsigned")
        assert tags_in(registry, "project/static") == sample.tags("static")
    shown = capsys.readouterr().err
    assert "HTTP 429; trying again in 0 s" in shown
    # It is the first or the second answer of a request.
    assert re.search(r"HTTP 503; trying again in (0\.25|1) s", shown)
