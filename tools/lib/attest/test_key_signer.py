import base64
import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tools.lib.attest.key_signer import KeySigner, KeyVerifier, read_public_key
from tools.lib.attest.private_key import PrivateKey
from tools.lib.attest.signer import VerificationError
from tools.lib.attest.statement import signature_statement
from tools.lib.attest.testing import COSIGN_KEY, COSIGN_PUB, some_signer
from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import Digest

STATEMENT = signature_statement(Digest("sha256:" + "ab" * 32)).encode()

# Written by `cosign sign --key`, with the key of COSIGN_PUB.
OF_COSIGN = b"""\
{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publ\
icKey":{"hint":"5R0yEZbf9OrMuXoz2CGhVkHLE96eUDLqg5CwlBGQCHM="}},"dsseEnvelope":{"payload":\
"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJkaWdlc3QiOnsic\
2hhMjU2IjoiZjI4N2YyMWMzYjljZmRmNTMyYzA1MjY3NmVjMjQ3NmU2YWM3ZDkzZjcxNzUwNjEzZWJhZDQzNDc1ZjY\
4M2JmYyJ9LCJhbm5vdGF0aW9ucyI6e319XSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vc2lnc3RvcmUuZGV2L2Nvc\
2lnbi9zaWduL3YxIiwicHJlZGljYXRlIjp7fX0=","payloadType":"application/vnd.in-toto+json","sig\
natures":[{"sig":"MEUCIQDajjytPzPeYT+B8jDdBn3/PmZORGW+yCg8DvoiiKLV4AIgfZN+L/1qjQU7kJrB/DtS\
hDFEBI1z0leqrT9FGa952aM="}]}}"""


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP521R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
    ],
)
def test_the_same_statement_has_the_same_bundle(key: PrivateKey) -> None:
    signer = KeySigner(key)
    bundle = signer.sign(STATEMENT)
    assert bundle == signer.sign(STATEMENT)
    assert signer.verifier.verify(bundle, "b") == STATEMENT
    with pytest.raises(VerificationError, match=r"^b: not signed with this key sha256:"):
        some_signer().verifier.verify(bundle, "b")


def test_a_bundle_has_the_fields_of_cosign() -> None:
    def shape(value: object) -> object:
        if isinstance(value, dict):
            return {key: shape(each) for key, each in value.items()}
        return [shape(each) for each in value] if isinstance(value, list) else type(value)

    ours = json.loads(some_signer().sign(STATEMENT))
    assert shape(ours) == shape(json.loads(OF_COSIGN))
    assert ours["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json"


def test_a_bundle_of_cosign_is_verified(tmp_path: Path) -> None:
    (tmp_path / "cosign.pub").write_text(COSIGN_PUB)
    verifier = KeyVerifier(read_public_key(str(tmp_path / "cosign.pub")))
    statement = verifier.verify(OF_COSIGN, "b")
    assert b"https://sigstore.dev/cosign/sign/v1" in statement
    assert json.loads(OF_COSIGN)["verificationMaterial"]["publicKey"]["hint"] == verifier.hint


def changed(bundle: bytes, key: str, value: object) -> bytes:
    fields = json.loads(bundle)
    fields["dsseEnvelope"][key] = value
    return json.dumps(fields).encode()


def test_changed_bundles() -> None:
    signer = some_signer()
    bundle = signer.sign(STATEMENT)
    other = base64.b64encode(STATEMENT.replace(b"ab", b"cd")).decode()
    signature = json.loads(bundle)["dsseEnvelope"]["signatures"]
    for damaged, message in (
        (changed(bundle, "payload", other), f"b: not signed with this {signer.verifier.identity}"),
        (changed(bundle, "payloadType", "text/plain"), "payloadType is 'text/plain'"),
        (changed(bundle, "signatures", []), "0 signatures, must be one"),
        (changed(bundle, "signatures", signature * 2), "2 signatures, must be one"),
        (changed(bundle, "payload", "!"), "payload: invalid base64"),
        (b"{}", "b: not a bundle: mediaType is None"),
        (b"", "b: not JSON"),
        (
            bundle.replace(b"publicKey", b"certificate"),
            "b: signed with a certificate, not with a key",
        ),
    ):
        with pytest.raises(VerificationError, match=re.escape(message)):
            signer.verifier.verify(damaged, "b")


def test_a_file_without_a_public_key(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(COSIGN_KEY)
    with pytest.raises(ToolError, match=r"key: not a public key in PEM \(hint: cosign public-key"):
        read_public_key(str(tmp_path / "key"))
