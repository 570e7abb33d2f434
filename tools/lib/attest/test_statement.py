import re

import pytest

from tools.lib.attest.statement import (
    SIGNATURE,
    SPDX,
    Statement,
    parse_statement,
    signature_statement,
)
from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Digest

HEX = "ab" * 32
DIGEST = Digest(f"sha256:{HEX}")


def test_a_signature_is_a_statement_without_a_predicate() -> None:
    assert signature_statement(DIGEST).encode() == (
        b'{"_type":"https://in-toto.io/Statement/v1","predicate":{},'
        b'"predicateType":"https://sigstore.dev/cosign/sign/v1",'
        b'"subject":[{"digest":{"sha256":"%b"},"name":"_"}]}' % HEX.encode()
    )


def test_what_is_written_is_read() -> None:
    statement = Statement((DIGEST,), SPDX, {"b": [1], "a": "ä"}, "app")
    assert parse_statement(statement.encode(), "s") == statement


def test_what_cosign_writes_is_read() -> None:
    """Version 0.1 around attestations; no name, but annotations, around signatures."""
    attestation = (
        b'{"_type":"https://in-toto.io/Statement/v0.1","subject":[{"name":"localhost/app",'
        b'"digest":{"sha256":"%b"}}],"predicateType":"https://spdx.dev/Document",'
        b'"predicate":{"x":1}}' % HEX.encode()
    )
    assert parse_statement(attestation, "s") == Statement(
        (DIGEST,), SPDX, {"x": 1}, "localhost/app"
    )
    signature = (
        b'{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"%b"},'
        b'"annotations":{}}],"predicateType":"%b","predicate":{}}'
        % (HEX.encode(), SIGNATURE.encode())
    )
    assert parse_statement(signature, "s") == signature_statement(DIGEST)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "s: must be an object, not a list"),
        ('{"_type": "x"}', "s: not an in-toto statement: _type is 'x'"),
        ('{"_type": "https://in-toto.io/Statement/v1"}', "s: subject: missing, must be a list"),
        (
            '{"_type": "https://in-toto.io/Statement/v1", "subject": []}',
            "s: predicateType: missing, must be a string",
        ),
    ],
)
def test_what_is_no_statement(text: str, message: str) -> None:
    with pytest.raises(ToolError, match=f"^{re.escape(message)}$"):
        parse_statement(text.encode(), "s")
