"""ca_bundle: makes a part with the CA bundle of Debian's package ca-certificates."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.archive.tar_entry import TarEntry
from tools.lib.cli.errors import run
from tools.lib.cli.flags import Parser
from tools.lib.debian.ca_certificates import read_ca_certificates
from tools.lib.part.output import add_flags, part_writer
from tools.lib.x509.bundle import OPENSSL_LINKS, bundle_certificates, bundle_files


def main(argv: Sequence[str]) -> int:
    parser = Parser("ca_bundle", "Makes a part with /etc/ssl/certs/ca-certificates.crt.")
    parser.add_argument("--deb", required=True, help="Debian's package ca-certificates")
    parser.add_argument(
        "--certificate",
        action="append",
        default=[],
        help="a PEM file whose certificates follow the package's",
    )
    parser.add_argument(
        "--hashed",
        action="store_true",
        help="add a file for each certificate, for OpenSSL's CApath",
    )
    add_flags(parser)
    args = parser.parse_args(argv)

    package = read_ca_certificates(args.deb, args.blob_out)
    additional = [(path, _read(path)) for path in args.certificate]
    certificates = bundle_certificates(package.certificates, additional)
    files = bundle_files(certificates, package, hashed=args.hashed)
    with part_writer(args) as writer:
        for path in sorted([*files, *OPENSSL_LINKS]):
            if path in OPENSSL_LINKS:
                link = OPENSSL_LINKS[path]
                writer.add(TarEntry(path, "symlink", 0o777, mtime=package.mtime, link=link))
            else:
                entry = TarEntry(path, "file", 0o644, mtime=package.mtime, size=len(files[path]))
                writer.add(entry, [files[path]])
        writer.close(label=args.label, architecture=None, package=package.control.package)
    return 0


def _read(path: str) -> bytes:
    with open(path, "rb") as source:
        return source.read()


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
