"""ca_bundle: makes the bundle of certificates of Debian's ca-certificates, as a part of a layer."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.ca_bundle import bundle, package
from tools.lib.archive.tar_entry import Entry
from tools.lib.cli.errors import run
from tools.lib.cli.flags import Parser
from tools.lib.part.output import add_flags, part_writer


def main(argv: Sequence[str]) -> int:
    parser = Parser("ca_bundle", "Makes /etc/ssl/certs/ca-certificates.crt, as a part of a layer.")
    parser.add_argument("--deb", required=True, help="the package ca-certificates")
    parser.add_argument(
        "--certificate", action="append", default=[], help="PEM of one's own, after the package's"
    )
    parser.add_argument(
        "--hashed", action="store_true", help="also one file a certificate, as OpenSSL's CApath"
    )
    add_flags(parser)
    args = parser.parse_args(argv)

    deb = package.read(args.deb, args.blob_out)
    own = [(path, _read(path)) for path in args.certificate]
    found = bundle.certificates(deb.certificates, own)
    files = bundle.files(found, deb.stanza, deb.copyright_file, hashed=args.hashed)
    with part_writer(args) as writer:
        for path in sorted(files):
            entry = Entry(path, "file", 0o644, mtime=deb.mtime, size=len(files[path]))
            writer.add(entry, [files[path]])
        writer.close(label=args.label, architecture=None, package=deb.package)
    return 0


def _read(path: str) -> bytes:
    with open(path, "rb") as source:
        return source.read()


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
