import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import LAYER, Digest, describe, digest_of
from tools.lib.registry.blob_source import BlobSource
from tools.lib.registry.download import download_blob
from tools.lib.registry.errors import RegistryError, TemporaryError
from tools.lib.registry.testing import FakeRegistry, fake_registry, hang_up, status
from tools.lib.registry.testing_content import client_for
from tools.lib.registry.upload import upload_blob

DATA = bytes(range(256)) * 2000


@pytest.fixture
def blob(tmp_path: Path) -> BlobSource:
    (tmp_path / "blob").write_bytes(DATA)
    return BlobSource(digest_of(DATA), len(DATA), str(tmp_path / "blob"))


def stored(registry: FakeRegistry) -> list[bytes]:
    return list(registry.blobs.values())


def test_one_post_and_one_put(blob: BlobSource) -> None:
    sent: list[int] = []
    with fake_registry() as registry:
        upload_blob(client_for(registry.host), blob, sent.append)
        assert stored(registry) == [DATA]
    assert [each.split()[0] for each in registry.requests] == ["POST", "PUT"]
    assert sum(sent) == len(DATA)


def test_an_empty_blob() -> None:
    with fake_registry() as registry:
        upload_blob(client_for(registry.host), BlobSource(digest_of(b""), 0))
        assert stored(registry) == [b""]


def test_a_broken_upload_goes_on_where_it_ended(blob: BlobSource) -> None:
    sent: list[int] = []
    with fake_registry() as registry:
        registry.fail("PUT", "/uploads/", hang_up(100_000))
        upload_blob(client_for(registry.host), blob, sent.append)
        assert stored(registry) == [DATA]
        assert registry.received == len(DATA)
    assert sum(sent) == len(DATA)
    assert registry.count("PATCH", "uploads") == 1


class BreakingStore:
    """Has DATA. The first read ends after 100,000 bytes."""

    def __init__(self) -> None:
        self.offsets: list[int] = []

    def read(self, digest: Digest, size: int, offset: int) -> Iterator[bytes]:
        assert (digest, size) == (digest_of(DATA), len(DATA))
        self.offsets.append(offset)
        if len(self.offsets) == 1:
            yield DATA[:100_000]
            raise TemporaryError("the connection broke")
        yield DATA[offset:]


def test_a_store_that_breaks_is_read_again(blob: BlobSource) -> None:
    store = BreakingStore()
    with fake_registry() as registry:
        source = BlobSource(blob.digest, blob.size, store=store)
        upload_blob(client_for(registry.host), source)
        assert stored(registry) == [DATA]
    assert store.offsets == [0, 0]  # of the broken upload, this registry keeps nothing


def test_a_registry_that_keeps_nothing_gets_all_of_it_again(blob: BlobSource) -> None:
    sent: list[int] = []
    with fake_registry() as registry:
        registry.resumes = False
        registry.fail("PUT", "/uploads/", hang_up(100_000))
        upload_blob(client_for(registry.host), blob, sent.append)
        assert stored(registry) == [DATA]
    assert sum(sent) == len(DATA)
    assert registry.count("POST", "uploads") == 2


def test_a_blob_whose_answer_was_lost_is_not_sent_again(blob: BlobSource) -> None:
    with fake_registry() as registry:
        client = client_for(registry.host)

        def store_and_hang_up(handler: object) -> None:
            hang_up(len(DATA))(handler)  # type: ignore[arg-type]
            registry.blobs["team/app", blob.digest] = DATA

        registry.fail("PUT", "/uploads/", store_and_hang_up)
        upload_blob(client, blob)
    assert registry.received == len(DATA)


def test_a_registry_that_forgets_an_upload_gets_it_again(blob: BlobSource) -> None:
    with fake_registry() as registry:
        registry.fail("PUT", "/uploads/", status(404))
        upload_blob(client_for(registry.host), blob)
        assert stored(registry) == [DATA]
    assert registry.count("POST", "uploads") == 2


def test_waits_as_long_as_the_registry_says(blob: BlobSource) -> None:
    pauses: list[float] = []
    notices: list[str] = []
    with fake_registry() as registry:
        registry.fail("POST", "/uploads/", status(429, Retry_After="7"), status(503))
        registry.fail("PUT", "/uploads/", status(502))
        upload_blob(client_for(registry.host, pause=pauses.append, notice=notices.append), blob)
        assert stored(registry) == [DATA]
    assert pauses == [7.0, 1.0, 2.0]
    assert "HTTP 429; trying again in 7 s" in notices[0]


def test_a_registry_that_stays_busy_is_an_error_without_secrets(blob: BlobSource) -> None:
    with fake_registry() as registry:
        registry.fail("PUT", "/uploads/", *[status(503)] * 10)
        with pytest.raises(TemporaryError) as caught:
            upload_blob(client_for(registry.host), blob)
        assert "SECRET-STATE" in " ".join(registry.requests)
    assert re.fullmatch(
        rf"127.0.0.1:\d+/team/app: pushing blob {blob.digest}: HTTP 503 \(hint: try again later\)",
        str(caught.value),
    )


def test_a_file_that_became_shorter(blob: BlobSource) -> None:
    Path(blob.path).write_bytes(DATA[:-1])
    with (
        fake_registry() as registry,
        pytest.raises(ToolError, match="blob: shorter than"),
    ):
        upload_blob(client_for(registry.host), blob)


def serve(registry: FakeRegistry, data: bytes) -> None:
    registry.blobs["team/app", digest_of(DATA)] = data


def test_download() -> None:
    out = io.BytesIO()
    with fake_registry() as registry:
        serve(registry, DATA)
        download_blob(client_for(registry.host), describe(LAYER, DATA), out)
    assert out.getvalue() == DATA


def test_a_broken_download_goes_on_where_it_ended() -> None:
    out = io.BytesIO()
    with fake_registry() as registry:
        serve(registry, DATA)
        length = {"Content_Length": str(len(DATA))}

        def half(handler: object) -> None:
            status(200, DATA[:1000], **length)(handler)  # type: ignore[arg-type]
            handler.close_connection = True  # type: ignore[attr-defined]

        registry.fail("GET", "/blobs/", half)
        download_blob(client_for(registry.host), describe(LAYER, DATA), out)
        assert registry.headers[-1]["Range"] == "bytes=1000-"
    assert out.getvalue() == DATA


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (DATA[::-1], "the content has the digest sha256:"),
        (DATA + b"x", f"more than {len(DATA)} bytes"),
    ],
)
def test_a_registry_that_lies(data: bytes, message: str) -> None:
    with fake_registry() as registry:
        serve(registry, data)
        with pytest.raises(RegistryError, match=message):
            download_blob(client_for(registry.host), describe(LAYER, DATA), io.BytesIO())
