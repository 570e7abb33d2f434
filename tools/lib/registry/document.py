"""A document as a registry stores it."""

from __future__ import annotations

from dataclasses import dataclass

from tools.lib.oci.descriptor import Digest, digest_of


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest or an index as a registry stores it."""

    media_type: str
    data: bytes

    @property
    def digest(self) -> Digest:
        """Its digest."""
        return digest_of(self.data)
