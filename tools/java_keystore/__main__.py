"""java_keystore: makes Java's trust store of Debian's ca-certificates, as a part of a layer."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Sequence

from tools.ca_bundle import package
from tools.lib.archive.tar_entry import Entry, path_bytes
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.part.output import add_flags, part_writer
from tools.lib.x509 import jks, pem


def main(argv: Sequence[str]) -> int:
    parser = Parser("java_keystore", "Makes Java's trust store (JKS), as a part of a layer.")
    parser.add_argument("--deb", required=True, help="the package ca-certificates")
    parser.add_argument(
        "--certificate", action="append", default=[], help="PEM of one's own, after the package's"
    )
    parser.add_argument(
        "--path",
        action="append",
        required=True,
        help="where Java looks for it; at the first the file, at others a link to it",
    )
    add_flags(parser)
    args = parser.parse_args(argv)

    paths = _paths(args.path, args.label)
    deb = package.read(args.deb, args.blob_out)
    files = [*sorted(deb.certificates.items()), *((path, _read(path)) for path in args.certificate)]
    store = jks.trust_store(
        jks.aliases(
            jks.Named(path, certificate)
            for path, data in files
            for certificate in pem.certificates(data, path)
        )
    )
    with part_writer(args) as writer:
        for path in sorted(paths, key=path_bytes):
            if path == paths[0]:
                writer.add(Entry(path, "file", 0o644, mtime=deb.mtime, size=len(store)), [store])
            else:
                link = posixpath.relpath(paths[0], posixpath.dirname(path))
                writer.add(Entry(path, "symlink", 0o777, mtime=deb.mtime, link=link))
        # The package is registered by the bundle of certificates, which the image has anyway.
        writer.close(label=args.label, architecture=None, package=None)
    return 0


def _paths(given: Sequence[str], label: str) -> list[str]:
    """Paths without slashes at their ends; a ToolError for one that is no place for a file."""
    paths: list[str] = []
    for each in given:
        parts = [part for part in each.split("/") if part not in ("", ".")]
        path = "/".join(parts)
        if not parts or ".." in parts or each.endswith("/"):
            raise ToolError(f"{label}: --path {each:.80}: no path of a file in an image")
        if path in paths:
            raise ToolError(f"{label}: --path {each:.80}: given twice")
        paths.append(path)
    return paths


def _read(path: str) -> bytes:
    with open(path, "rb") as source:
        return source.read()


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
