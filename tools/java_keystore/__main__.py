"""java_keystore: makes a part with a Java trust store of Debian's package ca-certificates."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Sequence

from tools.lib.archive.tar_entry import TarEntry, path_bytes
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.debian.ca_certificates import read_ca_certificates
from tools.lib.part.output import add_flags, part_writer
from tools.lib.x509 import pem
from tools.lib.x509.jks import TrustedCertificate, assign_aliases, encode_trust_store


def main(argv: Sequence[str]) -> int:
    parser = Parser("java_keystore", "Makes a part with a Java trust store in JKS format.")
    parser.add_argument("--deb", required=True, help="Debian's package ca-certificates")
    parser.add_argument(
        "--certificate",
        action="append",
        default=[],
        help="a PEM file whose certificates are added to the package's",
    )
    parser.add_argument(
        "--path",
        action="append",
        required=True,
        help="a path in the image; the first is the trust store, the others are links to it",
    )
    add_flags(parser)
    args = parser.parse_args(argv)

    paths = _parse_paths(args.path, args.label)
    package = read_ca_certificates(args.deb, args.blob_out)
    files = [
        *sorted(package.certificates.items()),
        *((path, _read(path)) for path in args.certificate),
    ]
    store = encode_trust_store(
        assign_aliases(
            TrustedCertificate(path, certificate)
            for path, data in files
            for certificate in pem.certificates(data, path)
        )
    )
    with part_writer(args) as writer:
        for path in sorted(paths, key=path_bytes):
            if path == paths[0]:
                entry = TarEntry(path, "file", 0o644, mtime=package.mtime, size=len(store))
                writer.add(entry, [store])
            else:
                link = posixpath.relpath(paths[0], posixpath.dirname(path))
                writer.add(TarEntry(path, "symlink", 0o777, mtime=package.mtime, link=link))
        # The CA bundle registers the package with dpkg, and every image with Java has it.
        writer.close(label=args.label, architecture=None, package=None)
    return 0


def _parse_paths(given: Sequence[str], label: str) -> list[str]:
    """The paths without slashes at either end."""
    paths: list[str] = []
    for each in given:
        names = [name for name in each.split("/") if name not in ("", ".")]
        path = "/".join(names)
        if not names or ".." in names or each.endswith("/"):
            raise ToolError(f"{label}: paths: {each!r:.80} is not the path of a file")
        if path in paths:
            raise ToolError(f"{label}: paths: duplicate path {each!r:.80}")
        paths.append(path)
    return paths


def _read(path: str) -> bytes:
    with open(path, "rb") as source:
        return source.read()


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
