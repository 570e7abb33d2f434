"""Who signs a release, and what only the release knows of the provenance: who built, and what."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tools.lib.attest.attach import bundle_artifact
from tools.lib.attest.bundle import statement_of
from tools.lib.attest.provenance import Builder, Provenance, Source, parse_provenance
from tools.lib.attest.signer import Signer
from tools.lib.attest.statement import PROVENANCE, encode_statement, parse_statement
from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import compact, parse_object, read_large_document
from tools.lib.oci.descriptor import Digest
from tools.lib.registry.referrers import Artifact
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

    def statement(self, subject: Digest, predicate: Predicate) -> bytes:
        """What is signed: that a predicate is true of an image or an index."""
        return encode_statement((subject,), predicate.type, self._read(predicate))

    def sign(self, subject: Digest, predicate: Predicate) -> Artifact:
        """The signed statement, as it is attached."""
        bundle = self.signer.sign(self.statement(subject, predicate))
        return bundle_artifact(bundle, predicate.type)

    def has_signed(self, bundle: bytes, statement: bytes) -> bool:
        """Whether a bundle has a statement of this release, signed by this signer.

        The provenance of an image that did not change since it was released may name the commit
        and the builder of that release.
        """
        where = "an attached bundle"
        try:
            found = statement_of(bundle, where)
            if found != statement and not self._differs_in_build_only(found, statement):
                return False
            return self.signer.verifier.verify(bundle, where) == found
        except ToolError:
            return False

    def _differs_in_build_only(self, found: bytes, statement: bytes) -> bool:
        """Whether two statements are the same provenance, but for the commit and the builder."""
        old = parse_statement(found, "found")
        new = parse_statement(statement, "expected")
        if not old.predicate_type == new.predicate_type == PROVENANCE:
            return False
        before = parse_provenance(old.predicate, "found")
        if before.source is None or before.source.repository != self.source.repository:
            return False
        predicate = self._complete(before)
        return encode_statement(old.subjects, PROVENANCE, predicate, old.name) == statement

    def _read(self, predicate: Predicate) -> bytes:
        """The JSON of a predicate, complete."""
        if not predicate.path:  # a signature says nothing more
            return b"{}"
        data = read_large_document(predicate.path)
        if predicate.type != PROVENANCE:
            return data
        return self._complete(parse_provenance(parse_object(data, predicate.path), predicate.path))

    def _complete(self, provenance: Provenance) -> bytes:
        return compact(replace(provenance, source=self.source, builder=self.builder).predicate())
