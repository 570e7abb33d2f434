"""Who signs a release, and what only the release knows of the provenance: who built, and what."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tools.lib.attest.provenance import Builder, Source, parse_provenance
from tools.lib.attest.signer import Signer
from tools.lib.attest.statement import PROVENANCE
from tools.lib.data.json_values import compact, parse_object, read_large_document
from tools.release.content import Predicate


@dataclass(frozen=True, slots=True)
class Signing:
    """How a release is signed.

    Attributes:
        signer: signs.
        source: what was built.
        builder: who built.
    """

    signer: Signer
    source: Source
    builder: Builder

    def read(self, predicate: Predicate) -> bytes:
        """The JSON of a predicate, complete."""
        if not predicate.path:  # a signature says nothing more
            return b"{}"
        data = read_large_document(predicate.path)
        if predicate.type != PROVENANCE:
            return data
        provenance = parse_provenance(parse_object(data, predicate.path), predicate.path)
        return compact(replace(provenance, source=self.source, builder=self.builder).predicate())
