import json
import re
import socket

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import MANIFEST, Digest
from tools.lib.registry.credentials import Credentials
from tools.lib.registry.document import Document
from tools.lib.registry.errors import NotFoundError, RegistryError, UnauthorizedError
from tools.lib.registry.testing import Fault, Handler, fake_registry, status
from tools.lib.registry.testing_content import client_for

DOCUMENT = Document(MANIFEST, b'{"schemaVersion": 2}')
ABSENT = Digest("sha256:" + "0" * 64)
USER = Credentials("user", "SECRET")


def test_manifests_by_tag_and_digest() -> None:
    with fake_registry() as registry:
        client = client_for(registry.host)
        assert client.head_manifest("v1") is None
        client.put_manifest(DOCUMENT, "v1")
        assert client.head_manifest("v1") == DOCUMENT.digest
        assert client.get_manifest("v1") == client.get_manifest(DOCUMENT.digest) == DOCUMENT
        with pytest.raises(NotFoundError, match=r"/team/app: manifest v2: HTTP 404: unknown"):
            client.get_manifest("v2")
        assert not client.has_blob(ABSENT)


def test_a_digest_that_is_not_that_of_the_content_is_an_error() -> None:
    with fake_registry() as registry:
        client = client_for(registry.host)
        registry.manifests["team/app", ABSENT] = (MANIFEST, DOCUMENT.data)
        with pytest.raises(RegistryError, match=f"the content has the digest {DOCUMENT.digest}"):
            client.get_manifest(ABSENT)
        registry.fail("PUT", "/manifests/", status(201, Docker_Content_Digest=ABSENT))
        with pytest.raises(RegistryError, match=f"the registry computed the digest {ABSENT}"):
            client.put_manifest(DOCUMENT, "v1")


def test_basic_authentication() -> None:
    def authorize(handler: Handler) -> str | None:
        accepted = handler.headers.get("Authorization") == USER.basic
        return None if accepted else 'Basic realm="x"'

    with fake_registry() as registry:
        registry.authorize = authorize
        client_for(registry.host, credentials=USER).put_manifest(DOCUMENT, "v1")
        with pytest.raises(UnauthorizedError) as caught:
            client_for(registry.host).put_manifest(DOCUMENT, "v1")
        assert str(caught.value).endswith(
            f"/team/app: pushing manifest v1: unauthorized: no credentials found "
            f"(hint: run docker login {registry.host}, or podman login {registry.host})"
        )
        with pytest.raises(UnauthorizedError, match="the credentials were refused") as caught:
            client_for(registry.host, credentials=Credentials("u", "SECRET")).get_manifest("v1")
        assert "SECRET" not in str(caught.value)


def token_server(handler: Handler) -> None:
    """Gives a token that has the query of its request."""
    query = handler.path.partition("?")[2] or handler.body().decode()
    handler.answer(200, json.dumps({"token": f"for:{query}"}).encode())


def test_tokens_are_for_a_scope_and_asked_for_once() -> None:
    with fake_registry() as registry:
        realm = f'Bearer realm="http://{registry.host}/token",service="s"'

        def authorize(handler: Handler) -> str | None:
            sent = handler.headers.get("Authorization", "")
            return None if "repository%3Ateam%2Fapp%3Apull%2Cpush" in sent else realm

        registry.authorize = authorize
        registry.fail("GET", "^/token", *[token_server] * 9)
        client = client_for(registry.host, credentials=USER)
        client.put_manifest(DOCUMENT, "v1")
        client.get_manifest("v1")
    asked = [number for number, each in enumerate(registry.requests) if "/token" in each]
    assert len(asked) == 1
    assert registry.requests[asked[0]] == (
        "GET /token?service=s&scope=repository%3Ateam%2Fapp%3Apull%2Cpush&account=user"
    )
    assert registry.headers[asked[0]]["Authorization"] == USER.basic


def test_an_identity_token_is_exchanged() -> None:
    with fake_registry() as registry:
        realm = f'Bearer realm="http://{registry.host}/token",service="s"'
        registry.authorize = lambda handler: None if "Authorization" in handler.headers else realm
        registry.fail("POST", "^/token", token_server)
        client = client_for(registry.host, credentials=Credentials(identity_token="refresh"))
        client.put_manifest(DOCUMENT, "v1")
    token = registry.headers[-1]["Authorization"]
    assert "grant_type=refresh_token" in token
    assert "refresh_token=refresh" in token


def test_a_token_that_expired_is_renewed() -> None:
    accepted = {"now": "Bearer one"}
    with fake_registry() as registry:
        realm = f'Bearer realm="http://{registry.host}/token"'
        registry.authorize = lambda handler: (
            None if handler.headers.get("Authorization") == accepted["now"] else realm
        )
        registry.fail("GET", "^/token", status(200, b'{"token": "one"}'))
        client = client_for(registry.host)
        client.put_manifest(DOCUMENT, "v1")
        accepted["now"] = "Bearer two"
        registry.fail("GET", "^/token", status(200, b'{"access_token": "two"}'))
        client.put_manifest(DOCUMENT, "v2")
        accepted["now"] = "Bearer three"
        registry.fail("GET", "^/token", status(200, b'{"access_token": "two"}'))
        with pytest.raises(UnauthorizedError):
            client.put_manifest(DOCUMENT, "v3")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (status(401), "unauthorized: the credentials were refused"),
        (status(200, b"SECRET"), "the answer is not JSON"),
        (status(200, b'{"token": ["SECRET"]}'), "the answer has no token"),
        (status(200, b'{"token": "SECRET' + bytes(1 << 20)), "larger than 1048576 bytes"),
        (status(200, b"SECRET", Content_Length="9", Connection="close"), "the connection broke"),
        (status(500), "HTTP 500"),
    ],
)
def test_token_servers_that_fail(answer: Fault, message: str) -> None:
    with fake_registry() as registry:
        registry.authorize = lambda _: f'Bearer realm="http://{registry.host}/token?x=SECRET"'
        registry.fail("GET", "^/token", *[answer] * 9)
        with pytest.raises(ToolError) as caught:
            client_for(registry.host, credentials=USER).get_manifest("v1")
    assert f"token of http://{registry.host}/token: {message}" in str(caught.value)
    assert "SECRET" not in str(caught.value)


def test_credentials_do_not_follow_a_redirect_to_another_host() -> None:
    with fake_registry() as registry, fake_registry() as elsewhere:
        registry.authorize = lambda handler: (
            None if handler.headers.get("Authorization") == USER.basic else "Basic"
        )
        elsewhere.manifests["team/app", "v1"] = (MANIFEST, DOCUMENT.data)
        target = f"http://{elsewhere.host}/v2/team/app/manifests/v1?signature=SECRET"
        client = client_for(registry.host, credentials=USER)
        client.put_manifest(DOCUMENT, "v0")
        registry.fail("GET", "/manifests/", status(307, Location=target))
        assert client.get_manifest("v1") == DOCUMENT
        assert registry.headers[-1]["Authorization"] == USER.basic
        assert "Authorization" not in elsewhere.headers[-1]


def test_a_refresh_token_does_not_follow_a_redirect_to_another_host() -> None:
    with fake_registry() as registry, fake_registry() as elsewhere:
        registry.authorize = lambda _: f'Bearer realm="http://{registry.host}/token"'
        registry.fail("POST", "^/token", status(307, Location=f"http://{elsewhere.host}/token"))
        client = client_for(registry.host, credentials=Credentials(identity_token="refresh"))
        with pytest.raises(ToolError, match=rf"redirect of the content to http://{elsewhere.host}"):
            client.get_manifest("v1")
        assert elsewhere.requests == []


def test_a_refused_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    pauses: list[float] = []
    with pytest.raises(RegistryError) as caught:
        client_for(f"127.0.0.1:{port}", pause=pauses.append).get_manifest("v1")
    assert pauses == [0.25, 1.0]
    assert re.fullmatch(
        rf"127.0.0.1:{port}/team/app: manifest v1: connection refused "
        r"\(hint: check the name of the registry and the network\)",
        str(caught.value),
    )


def test_tags_are_listed_page_by_page() -> None:
    with fake_registry() as registry:
        registry.page = 2
        client = client_for(registry.host)
        assert client.list_tags() == set()
        names = {"v1", "v2", "v3", "latest"}
        for name in names:
            client.put_manifest(Document(MANIFEST, name.encode()), name)
        assert client.list_tags() == names
        assert registry.count("GET", "tags/list") == 3
