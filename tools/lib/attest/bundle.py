"""Sigstore bundles v0.3 around DSSE envelopes, as cosign 3 attaches them to images.

Formats: sigstore/protobuf-specs (sigstore_bundle.proto, in protobuf's JSON) and DSSE v1
(secure-systems-lab/dsse). A bundle of a key says which key by a hint; one of a certificate has the
certificate and an entry of the transparency log, which `keyless` reads.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from tools.lib.attest.statement import PAYLOAD_TYPE
from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    Json,
    compact,
    parse_object,
    require_list,
    require_object,
    require_string,
)

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
"""The media type."""


@dataclass(frozen=True, slots=True)
class KeyBundle:
    """A statement signed with a key.

    Attributes:
        statement: the bytes of the payload.
        signature: over `pae(statement)`.
        hint: says which key; anything, for it is not signed.
    """

    statement: bytes
    signature: bytes
    hint: str

    def encode(self) -> bytes:
        """The bundle, in canonical JSON."""
        envelope: Json = {
            "payload": _encode(self.statement),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": _encode(self.signature)}],
        }
        return compact(
            {
                "mediaType": BUNDLE,
                "verificationMaterial": {"publicKey": {"hint": self.hint}},
                "dsseEnvelope": envelope,
            }
        )


def pae(statement: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """What is signed: DSSE's pre-authentication encoding of a payload and its type."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(statement), statement)


def has_certificate(bundle: bytes, where: str) -> bool:
    """Whether a bundle was signed with a certificate, which a keyless signer gets for one time."""
    material = require_object(
        parse_object(bundle, where).get("verificationMaterial"), f"{where}: verificationMaterial"
    )
    return "publicKey" not in material


def parse_key_bundle(bundle: bytes, where: str) -> KeyBundle:
    """Reads a bundle that was signed with a key.

    Raises:
        ToolError: it is another kind of bundle, or none.
    """
    fields = parse_object(bundle, where)
    if fields.get("mediaType") != BUNDLE:
        raise ToolError(f"{where}: not a bundle: mediaType is {fields.get('mediaType')!r:.80}")
    material = require_object(fields.get("verificationMaterial"), f"{where}: verificationMaterial")
    if "publicKey" not in material:
        raise ToolError(f"{where}: signed with a certificate, not with a key")
    key = require_object(material["publicKey"], f"{where}: publicKey")
    statement, signature = _read_envelope(fields, where)
    return KeyBundle(statement, signature, require_string(key.get("hint") or "", f"{where}: hint"))


def statement_of(bundle: bytes, where: str) -> bytes:
    """The statement of a bundle of either kind. Nothing is verified."""
    return _read_envelope(parse_object(bundle, where), where)[0]


def _read_envelope(fields: Json, where: str) -> tuple[bytes, bytes]:
    where = f"{where}: dsseEnvelope"
    envelope = require_object(fields.get("dsseEnvelope"), where)
    if envelope.get("payloadType") != PAYLOAD_TYPE:
        raise ToolError(f"{where}: payloadType is {envelope.get('payloadType')!r:.80}")
    signatures = require_list(envelope.get("signatures"), f"{where}.signatures")
    if len(signatures) != 1:
        raise ToolError(f"{where}: {len(signatures)} signatures, must be one")
    signature = require_object(signatures[0], f"{where}.signatures[0]")
    return (
        _decode(envelope.get("payload"), f"{where}.payload"),
        _decode(signature.get("sig"), f"{where}.signatures[0].sig"),
    )


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(value: object, where: str) -> bytes:
    try:
        return base64.b64decode(require_string(value, where), validate=True)
    except binascii.Error:
        raise ToolError(f"{where}: invalid base64") from None
