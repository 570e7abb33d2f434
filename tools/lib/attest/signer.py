"""Signs statements, and verifies bundles."""

from __future__ import annotations

from typing import Protocol

from tools.lib.cli.errors import ToolError


class VerificationError(ToolError):
    """A bundle is not what it should be: another signer's, or changed."""


class Verifier(Protocol):
    """Knows one signer."""

    @property
    def identity(self) -> str:
        """Names the signer, for people."""

    def verify(self, bundle: bytes, where: str) -> bytes:
        """The statement of a bundle by this signer.

        Args:
            bundle: of any signer.
            where: names it in errors.

        Raises:
            VerificationError: the bundle is not this signer's.
        """


class Signer(Protocol):
    """Signs as one signer. Several threads may use it."""

    @property
    def verifier(self) -> Verifier:
        """Verifies what it signed."""

    @property
    def deterministic(self) -> bool:
        """Whether `sign` returns the same bundle for the same statement each time."""

    def sign(self, statement: bytes) -> bytes:
        """A Sigstore bundle (v0.3, JSON) of a statement.

        Raises:
            ToolError: the signature could not be made.
        """
