"""A Sigstore on loopback: Fulcio, Rekor (version 1 of the log) and a CT log.

It answers what clients ask for when they sign, with certificates and proofs that they verify.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives import serialization

from tools.lib.attest.testing_fulcio import ISSUER, WORKFLOW, FakeFulcio, Key
from tools.lib.data.json_values import Json, compact

_ORIGIN = "rekor.example.com - 1"


@dataclass(slots=True)
class FakeSigstore:
    """The state of the services.

    Attributes:
        statuses: answered to the next requests in place of a success.
        authorizations: the header of each request, "" if it had none.
    """

    host: str = ""
    fulcio: FakeFulcio = field(default_factory=FakeFulcio)
    rekor: Key = field(default_factory=Key)
    entries: int = 0
    statuses: list[int] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)

    def token(self) -> str:
        """A token as GitHub gives to a job."""
        now = int(datetime.now(UTC).timestamp())
        claims: Json = {
            "iss": ISSUER,
            "sub": "repo:example/images:ref:refs/heads/main",
            "aud": "sigstore",
            "iat": now,
            "nbf": now - 5,
            "exp": now + 300,
            "job_workflow_ref": WORKFLOW,
        }
        parts = (compact({"alg": "RS256", "typ": "JWT"}), compact(claims), b"signature")
        return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)

    def trust_config(self) -> str:
        """The client trust config (sigstore/protobuf-specs)."""
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
                "trustedRoot": self.trusted_root(),
                "signingConfig": {
                    "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
                    "caUrls": [self._service()],
                    "rekorTlogUrls": [self._service()],
                    "rekorTlogConfig": {"selector": "ANY"},
                    "tsaConfig": {"selector": "ANY"},
                },
            }
        )

    def trusted_root(self) -> Json:
        """The trusted root (sigstore/protobuf-specs), which cosign reads too."""
        certificate = self.fulcio.root.public_bytes(serialization.Encoding.DER)
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [self._log(self.rekor)],
            "certificateAuthorities": [
                {
                    "subject": {"organization": "example", "commonName": "authority"},
                    "uri": f"http://{self.host}",
                    "certChain": {"certificates": [{"rawBytes": _text(certificate)}]},
                    "validFor": {"start": "2020-01-01T00:00:00Z"},
                }
            ],
            "ctlogs": [self._log(self.fulcio.log)],
            "timestampAuthorities": [],
        }

    def log(self, entry: Json) -> Json:
        """Rekor's answer to a proposed entry of kind dsse, as the only one of a new tree."""
        self.entries += 1
        proposed = entry["spec"]["proposedContent"]  # type: ignore[index]
        envelope = json.loads(proposed["envelope"])
        payload = base64.b64decode(envelope["payload"])
        spec: Json = {
            "envelopeHash": _sha256(proposed["envelope"].encode()),
            "payloadHash": _sha256(payload),
            "signatures": [
                {"signature": envelope["signatures"][0]["sig"], "verifier": verifier}
                for verifier in proposed["verifiers"]
            ],
        }
        body = compact({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec})
        root = hashlib.sha256(b"\0" + body).digest()
        time = int(datetime.now(UTC).timestamp())
        promised: Json = {
            "body": _text(body),
            "integratedTime": time,
            "logID": self.rekor.id.hex(),
            "logIndex": 0,
        }
        proof: Json = {
            "checkpoint": self._checkpoint(root),
            "hashes": [],
            "logIndex": 0,
            "rootHash": root.hex(),
            "treeSize": 1,
        }
        promise = _text(self.rekor.sign(compact(promised)))
        verification: Json = {"inclusionProof": proof, "signedEntryTimestamp": promise}
        return {hashlib.sha256(body).hexdigest(): {**promised, "verification": verification}}

    def _checkpoint(self, root: bytes) -> str:
        """A signed note (transparency-dev/formats)."""
        note = f"{_ORIGIN}\n1\n{_text(root)}\n"
        signature = _text(self.rekor.id[:4] + self.rekor.sign(note.encode()))
        return f"{note}\n\u2014 rekor.example.com {signature}\n"

    def _log(self, key: Key) -> Json:
        return {
            "baseUrl": f"http://{self.host}",
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": _text(key.der),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": {"start": "2020-01-01T00:00:00Z"},
            },
            "logId": {"keyId": _text(key.id)},
        }

    def _service(self) -> Json:
        return {
            "url": f"http://{self.host}",
            "majorApiVersion": 1,
            "validFor": {"start": "2020-01-01T00:00:00Z"},
            "operator": "example.com",
        }


@contextlib.contextmanager
def fake_sigstore() -> Iterator[FakeSigstore]:
    """Runs the services."""
    sigstore = FakeSigstore()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            sigstore.authorizations.append(self.headers.get("Authorization", ""))
            if sigstore.statuses:
                return self._answer(sigstore.statuses.pop(0), {"code": 1, "message": "no"})
            if self.path == "/api/v2/signingCert":
                request = base64.b64decode(body["certificateSigningRequest"])
                return self._answer(200, sigstore.fulcio.certify(request))
            return self._answer(201, sigstore.log(body))

        def _answer(self, status: int, value: Json) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sigstore.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield sigstore
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _sha256(data: bytes) -> Json:
    return {"algorithm": "sha256", "value": hashlib.sha256(data).hexdigest()}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
