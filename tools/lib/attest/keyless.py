"""Signs with an identity instead of a key, with Sigstore: Fulcio certifies a key for some minutes.

The identity is the machine's, such as that of a GitHub Actions workflow. The library `sigstore`
speaks to Fulcio and to the transparency log (Rekor).
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import requests
from sigstore.dsse import Statement
from sigstore.errors import Error, NetworkError
from sigstore.models import Bundle, ClientTrustConfig
from sigstore.oidc import ExpiredIdentity, IdentityToken, detect_credential
from sigstore.sign import Signer as Certified
from sigstore.sign import SigningContext
from sigstore.verify import Verifier as SigstoreVerifier
from sigstore.verify.policy import Identity

from tools.lib.attest.signer import VerificationError
from tools.lib.cli.errors import ToolError
from tools.lib.registry.backoff import Backoff
from tools.lib.registry.errors import TEMPORARY, TemporaryError

GITHUB = "https://token.actions.githubusercontent.com"
"""The issuer of the tokens of GitHub Actions."""

# A signature must be in the log before its certificate expires.
_MARGIN = timedelta(minutes=1)


class KeylessVerifier:
    """Verifies what was signed with an identity.

    Args:
        trust: which Fulcio and Rekor to trust.
        identity: of the signer, as its certificate has it: a workflow's URL, an e-mail address.
        issuer: URL of who vouches for the identity.
    """

    def __init__(self, trust: ClientTrustConfig, identity: str, issuer: str) -> None:
        self._verifier = SigstoreVerifier(trusted_root=trust.trusted_root)
        self._policy = Identity(identity=identity, issuer=issuer)
        self.identity = identity

    def verify(self, bundle: bytes, where: str) -> bytes:
        """The statement of a bundle that was signed with the identity; see Verifier."""
        try:
            return self._verifier.verify_dsse(Bundle.from_json(bundle), self._policy)[1]
        except (Error, ValueError) as error:
            raise VerificationError(
                f"{where}: not signed by {self.identity}: {_line(error)}"
            ) from None


class KeylessSigner:
    """Signs with the machine's identity. A certificate is used until it expires.

    Args:
        trust: which Fulcio and Rekor to use.
        find_token: returns an OpenID Connect token for the audience `sigstore`.
        backoff: how to try again.

    Raises:
        ToolError: the machine has no identity.
    """

    deterministic = False

    def __init__(
        self,
        trust: ClientTrustConfig,
        find_token: Callable[[], str | None] = detect_credential,
        backoff: Backoff | None = None,
    ) -> None:
        self._context = SigningContext.from_trust_config(trust)
        self._find_token = find_token
        self._backoff = backoff or Backoff()
        self._lock = threading.Lock()
        self._signer: Certified | None = None
        self._expires: datetime | None = None
        token = self._token()
        self.verifier = KeylessVerifier(trust, _identity_of(token), token.issuer)

    def sign(self, statement: bytes) -> bytes:
        """A bundle with the certificate and the entry of the log. It is verified before it returns.

        Raises:
            ToolError: Fulcio or Rekor refused, or cannot be reached.
        """
        bundle = self._backoff.call(lambda _: self._attempt(statement))
        self.verifier.verify(bundle, "the new signature")
        return bundle

    def _attempt(self, statement: bytes) -> bytes:
        try:
            signed = self._certified().sign_dsse(Statement(statement))
        except ToolError:
            raise
        except Exception as error:  # those of Fulcio and Rekor have no common class
            raise _failure(error) from None
        with self._lock:
            self._expires = signed.signing_certificate.not_valid_after_utc
        return signed.to_json().encode()

    def _certified(self) -> Certified:
        """What signs with a certificate that is valid for a while."""
        with self._lock:
            if self._expires and datetime.now(UTC) > self._expires - _MARGIN:
                self._signer = self._expires = None
            if self._signer is None:
                self._signer = Certified(self._token(), self._context)
            return self._signer

    def _token(self) -> IdentityToken:
        try:
            text = self._find_token()
            if text is None:
                raise ToolError(
                    "this machine has no identity to sign with",
                    "in GitHub Actions, give the job the permission id-token: write; "
                    "elsewhere, use --sign-key",
                )
            return IdentityToken(text)
        except Error as error:
            raise ToolError(f"the machine's identity: {_line(error)}") from None


def read_trust(path: str = "") -> ClientTrustConfig:
    """What Sigstore to use: its public instance, or that of a client trust config.

    Args:
        path: of a file in the JSON of sigstore/protobuf-specs (ClientTrustConfig), "" for the
            public instance, whose configuration is downloaded with TUF.

    Raises:
        ToolError: the download failed, or the file is invalid.
    """
    if not path:
        try:
            return ClientTrustConfig.production()
        except Error as error:
            raise ToolError(
                f"Sigstore's configuration: download failed: {_line(error)}",
                "check the network; --sigstore names a file to use instead",
            ) from None
    try:
        with open(path, encoding="utf-8") as source:
            return ClientTrustConfig.from_json(source.read())
    except (Error, ValueError) as error:
        raise ToolError(f"{path}: not a client trust config: {_line(error)}") from None


def _identity_of(token: IdentityToken) -> str:
    """The identity that Fulcio will write into a certificate for a token."""
    if token.issuer != GITHUB:
        return token.identity
    part = str(token).split(".")[1]  # RFC 7519
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError):
        claims = {}
    return f"https://github.com/{claims.get('job_workflow_ref', '')}"


def _failure(error: Exception) -> ToolError:
    """The error for a signature that could not be made. No token is ever in it."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, requests.HTTPError) and cause.response is not None:
            host = cause.response.url.partition("//")[2].partition("/")[0]
            status = cause.response.status_code
            kind = TemporaryError if status in TEMPORARY else ToolError
            return kind(f"{host}: signing failed: HTTP {status}: {_line(error)}".rstrip(": "))
        if isinstance(cause, requests.RequestException | NetworkError):
            return TemporaryError("signing failed: Fulcio or Rekor: the connection broke")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, ExpiredIdentity):
        return TemporaryError("signing failed: the machine's identity token expired")
    return ToolError(f"signing failed: {_line(error)}")


def _line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else ""
