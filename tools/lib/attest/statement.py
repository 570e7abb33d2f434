"""in-toto statements v1 (https://github.com/in-toto/attestation, spec/v1): a claim on a digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import (
    Json,
    compact,
    parse_object,
    require_list,
    require_object,
    require_string,
    require_string_map,
)
from tools.lib.oci.descriptor import Digest

PAYLOAD_TYPE = "application/vnd.in-toto+json"
"""The media type of a statement."""

SIGNATURE = "https://sigstore.dev/cosign/sign/v1"
"""Predicate type of cosign's signatures; the predicate is empty."""
PROVENANCE = "https://slsa.dev/provenance/v1"
"""Predicate type of SLSA provenance."""
SPDX = "https://spdx.dev/Document"
"""Predicate type of SBOMs in SPDX's JSON; the predicate is the document."""
CYCLONEDX = "https://cyclonedx.org/bom"
"""Predicate type of SBOMs in CycloneDX's JSON; the predicate is the document."""
OPENVEX = "https://openvex.dev/ns"
"""Predicate type of OpenVEX documents; the predicate is the document."""

_STATEMENT = "https://in-toto.io/Statement/v1"
# cosign 3 still writes this version around attestations.
_ACCEPTED = (_STATEMENT, "https://in-toto.io/Statement/v0.1")
_NO_NAME = "_"


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim: what `predicate` says is true of each of the subjects.

    Attributes:
        subjects: digests of manifests.
        predicate_type: a URI that says what the predicate is.
        predicate: an object of that type.
        name: names the subjects; it need not be that of a repository, for the same statement can be
            attached in several.
    """

    subjects: tuple[Digest, ...]
    predicate_type: str
    predicate: Json
    name: str = _NO_NAME

    def encode(self) -> bytes:
        """The statement in canonical JSON: the same claim has the same bytes."""
        return encode_statement(
            self.subjects, self.predicate_type, compact(self.predicate), self.name
        )


def encode_statement(
    subjects: Sequence[Digest], predicate_type: str, predicate: bytes, name: str = _NO_NAME
) -> bytes:
    """A statement whose predicate is JSON already; see Statement for the arguments.

    In canonical JSON if the predicate is. An SBOM can have megabytes, which need not be parsed.
    """
    named = [{"name": name, "digest": dict([digest.split(":")])} for digest in subjects]
    head = compact({"_type": _STATEMENT}).removesuffix(b"}")
    tail = compact({"predicateType": predicate_type, "subject": named}).removeprefix(b"{")
    return b'%b,"predicate":%b,%b' % (head, predicate.rstrip(), tail)


def signature_statement(subject: Digest) -> Statement:
    """The statement that `cosign sign` signs: this manifest is the signer's."""
    return Statement((subject,), SIGNATURE, {})


def parse_statement(data: bytes, where: str) -> Statement:
    """Reads a statement, of version 1 or 0.1. Subjects without a sha256 are left out.

    Raises:
        ToolError: it is not a statement.
    """
    fields = parse_object(data, where)
    if fields.get("_type") not in _ACCEPTED:
        raise ToolError(f"{where}: not an in-toto statement: _type is {fields.get('_type')!r:.80}")
    subjects = []
    name = _NO_NAME
    for number, item in enumerate(require_list(fields.get("subject"), f"{where}: subject")):
        path = f"{where}: subject[{number}]"
        subject = require_object(item, path)
        digests = require_string_map(subject.get("digest") or {}, f"{path}.digest")
        name = require_string(subject.get("name") or name, f"{path}.name")
        if "sha256" in digests:
            subjects.append(Digest(f"sha256:{digests['sha256']}"))
    return Statement(
        tuple(subjects),
        require_string(fields.get("predicateType"), f"{where}: predicateType"),
        require_object(fields.get("predicate") or {}, f"{where}: predicate"),
        name,
    )
