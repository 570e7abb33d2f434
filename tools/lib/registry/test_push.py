import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.cli.progress import Lines
from tools.lib.oci.reference import parse_repository
from tools.lib.registry.blob_locations import BlobLocations
from tools.lib.registry.blob_source import Origin
from tools.lib.registry.client import RepositoryClient
from tools.lib.registry.content import Content
from tools.lib.registry.errors import RegistryError
from tools.lib.registry.push import PushReport, push
from tools.lib.registry.testing import FakeRegistry, fake_registry, status
from tools.lib.registry.testing_content import client_for, read_layout, write_index


class Quiet(Lines):
    def say(self, text: str) -> None:
        """Says nothing."""


def push_index(registry: FakeRegistry, layout: str, path: str = "team/app") -> PushReport:
    return push(client_for(registry.host, path), read_layout(layout), ["v1", "latest"], Quiet())


def puts(registry: FakeRegistry) -> list[str]:
    return [
        path.rpartition("/")[2].partition("?")[0]
        for method, path in (each.split() for each in registry.requests)
        if method == "PUT"
    ]


def test_the_order_is_blobs_manifests_index_tags(tmp_path: Path) -> None:
    content = read_layout(write_index(tmp_path / "layout"))
    with fake_registry() as registry:
        report = push(client_for(registry.host), content, ["v1", "latest"], Quiet())
    digests = [each.document.digest for each in content.manifests]
    done = puts(registry)
    assert all(each.startswith("u") for each in done[:5])  # uploads
    assert sorted(done[5:7]) == sorted(digests[:2])
    assert done[7:] == [digests[2], "v1", "latest"]
    assert (report.uploaded, report.manifests, report.tags) == (5, 3, 2)
    assert registry.received == report.uploaded_bytes
    assert registry.blobs.keys() == {("team/app", digest) for digest in content.blobs}
    assert registry.manifests["team/app", "v1"][1] == content.root.data


def test_a_second_push_sends_nothing(tmp_path: Path) -> None:
    layout = write_index(tmp_path / "layout")
    with fake_registry() as registry:
        push_index(registry, layout)
        registry.requests.clear()
        report = push_index(registry, layout)
    assert report == PushReport()
    assert {each.split()[0] for each in registry.requests} == {"HEAD"}
    assert len(registry.requests) == 3  # the index, and two tags


def test_a_push_that_was_killed_goes_on(tmp_path: Path) -> None:
    layout = write_index(tmp_path / "layout")
    content = read_layout(layout)
    with fake_registry() as registry:
        registry.fail("PUT", "/manifests/", status(400))
        with pytest.raises(RegistryError, match=r"pushing manifest sha256:\w+: HTTP 400"):
            push_index(registry, layout)
        assert ("team/app", "v1") not in registry.manifests
        before = registry.received
        report = push_index(registry, layout)
        assert registry.received == before
    assert report.uploaded == 0
    assert ("team/app", content.root.digest) in registry.manifests


def test_a_tag_that_moves_is_set_last(tmp_path: Path) -> None:
    old = write_index(tmp_path / "old")
    new = write_index(tmp_path / "new", size=7)
    with fake_registry() as registry:
        push_index(registry, old)
        registry.fail("PUT", r"/manifests/sha256:", status(400))
        with pytest.raises(RegistryError):
            push_index(registry, new)
        assert registry.manifests["team/app", "v1"][1] == read_layout(old).root.data
        push_index(registry, new)
        assert registry.manifests["team/app", "v1"][1] == read_layout(new).root.data


@pytest.mark.parametrize("mounts", [True, False])
def test_blobs_are_mounted_from_other_repositories(tmp_path: Path, mounts: bool) -> None:
    content = read_layout(write_index(tmp_path / "layout"))
    with fake_registry() as registry:
        registry.mounts = mounts
        locations = BlobLocations()
        push(client_for(registry.host, "a"), content, [], Quiet(), locations)
        report = push(client_for(registry.host, "b"), content, [], Quiet(), locations)
        assert ("b", content.root.digest) in registry.manifests
    assert (report.mounted, report.uploaded) == ((5, 0) if mounts else (0, 5))


def test_each_blob_is_sent_once_by_pushes_at_the_same_time(tmp_path: Path) -> None:
    content = read_layout(write_index(tmp_path / "layout"))
    with fake_registry() as registry:
        locations = BlobLocations()
        first = client_for(registry.host, "r0")
        threads = []
        for number in range(4):
            client = RepositoryClient(
                first.registry, parse_repository(f"{registry.host}/r{number}"), writes=True
            )
            arguments = (client, content, ["v1"], Quiet(), locations)
            threads.append(threading.Thread(target=push, args=arguments))
            threads[-1].start()
        for thread in threads:
            thread.join()
        assert {(f"r{number}", "v1") in registry.manifests for number in range(4)} == {True}
    assert registry.received == sum(blob.size for blob in content.blobs.values())


def test_a_missing_layer_is_an_error_before_anything_is_sent(tmp_path: Path) -> None:
    layout = write_index(tmp_path / "layout")
    (blob,) = [
        path
        for path in Path(layout).rglob("*")
        if path.is_file() and b"shared" in path.read_bytes()
    ]
    blob.unlink()
    with pytest.raises(ToolError, match=rf"layout: blob sha256:{blob.name} is missing"):
        read_layout(layout)


def test_a_corrupt_layer_is_refused_by_the_registry(tmp_path: Path) -> None:
    layout = write_index(tmp_path / "layout")
    (blob,) = [
        path
        for path in Path(layout).rglob("*")
        if path.is_file() and b"shared" in path.read_bytes()
    ]
    blob.write_bytes(b"SHARED" * 1000)
    with fake_registry() as registry, pytest.raises(RegistryError) as caught:
        push_index(registry, layout)
    assert re.fullmatch(
        rf"127.0.0.1:\d+/team/app: pushing blob sha256:{blob.name}: HTTP 400: wrong "
        r"\(DIGEST_INVALID\) \(hint: the content differs from its digest: build it again\)",
        str(caught.value),
    )
    assert not registry.manifests


@pytest.mark.parametrize("mounts", [True, False])
def test_blobs_of_another_repository_are_mounted_or_copied(tmp_path: Path, mounts: bool) -> None:
    content = read_layout(write_index(tmp_path / "layout"))
    with fake_registry() as registry:
        registry.mounts = mounts
        origin = Origin(parse_repository(f"{registry.host}/team/base"), insecure=True)
        for blob in content.blobs.values():
            registry.blobs["team/base", blob.digest] = Path(blob.path).read_bytes()
        elsewhere = Content(
            tuple(
                replace(
                    each,
                    blobs=tuple(replace(blob, path="", origin=origin) for blob in each.blobs),
                )
                for each in content.manifests
            )
        )
        report = push(client_for(registry.host), elsewhere, ["v1"], Quiet())
        assert (report.mounted, report.uploaded) == ((5, 0) if mounts else (0, 5))
        downloads = registry.count("GET", "/v2/team/base/blobs/sha256:")
        assert downloads == (0 if mounts else 5)
        for blob in content.blobs.values():
            assert registry.blobs["team/app", blob.digest] == Path(blob.path).read_bytes()
