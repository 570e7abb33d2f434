"""The flags by which a rule names the remote cache that has the layers of an image."""

from __future__ import annotations

from tools.lib.cas.cas import open_cas
from tools.lib.cli.flags import Parser
from tools.lib.registry.blob_source import BlobStore


class CasFlags:
    """The flags of `add_cas_flags`."""

    cas: str
    cas_credential_helper: str


def add_cas_flags(parser: Parser) -> None:
    """Declares the flags."""
    parser.add_argument(
        "--cas", default="", help="remote cache or disk cache that has the layers without a file"
    )
    parser.add_argument(
        "--cas-credential-helper", default="", help="program with the headers for that cache"
    )


def open_store(flags: CasFlags) -> BlobStore | None:
    """The cache that the flags name, or None."""
    return open_cas(flags.cas, flags.cas_credential_helper)
