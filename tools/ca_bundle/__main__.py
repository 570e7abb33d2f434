"""ca_bundle: makes the bundle of certificates of Debian's ca-certificates, as a part of a layer."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.ca_bundle import bundle, package
from tools.lib.cli import Parser
from tools.lib.compress import KINDS
from tools.lib.errors import run
from tools.lib.files import atomic_write, write_json
from tools.lib.part import PartWriter
from tools.lib.tarheader import Entry


def main(argv: Sequence[str]) -> int:
    parser = Parser("ca_bundle", "Makes /etc/ssl/certs/ca-certificates.crt, as a part of a layer.")
    parser.add_argument("--deb", required=True, help="the package ca-certificates")
    parser.add_argument(
        "--certificate", action="append", default=[], help="PEM of one's own, after the package's"
    )
    parser.add_argument(
        "--hashed", action="store_true", help="also one file a certificate, as OpenSSL's CApath"
    )
    parser.add_argument("--run", required=True, help="output: the compressed tar entries")
    parser.add_argument("--metadata", required=True, help="output: part.json")
    parser.add_argument("--label", required=True, help="who made the part")
    parser.add_argument("--compression", choices=KINDS, default="gzip")
    args = parser.parse_args(argv)

    deb = package.read(args.deb, args.run)
    own = [(path, _read(path)) for path in args.certificate]
    found = bundle.certificates(deb.certificates, own)
    files = bundle.files(found, deb.stanza, deb.copyright_file, hashed=args.hashed)
    with atomic_write(args.run) as out:
        writer = PartWriter(out, args.compression)
        for path in sorted(files):
            entry = Entry(path, "file", 0o644, mtime=deb.mtime, size=len(files[path]))
            writer.add(entry, [files[path]])
        metadata = writer.close(label=args.label, architecture=None, package=deb.package)
        write_json(args.metadata, metadata)
    return 0


def _read(path: str) -> bytes:
    with open(path, "rb") as source:
        return source.read()


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
