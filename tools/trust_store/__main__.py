"""trust_store: makes a part that adds certificates to an image's trust stores."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tools.lib.archive.tar_entry import TarEntry, path_bytes
from tools.lib.archive.tar_member import relative
from tools.lib.cli.error_context import error_context
from tools.lib.cli.errors import ToolError, run
from tools.lib.cli.flags import Parser
from tools.lib.debian.ca_certificates import CaCertificates, read_ca_certificates
from tools.lib.part.output import add_flags, part_writer
from tools.lib.rootfs.image import ImageView
from tools.lib.rootfs.image_flags import add_image_flags, read_image_parts
from tools.lib.x509 import pem
from tools.lib.x509.bundle import registration_files
from tools.lib.x509.jks import TrustedCertificate
from tools.trust_store.plan import plan_trust_files


def main(argv: Sequence[str]) -> int:
    parser = Parser("trust_store", "Adds certificates to an image's trust stores.")
    add_image_flags(parser)
    parser.add_argument("--deb", help="Debian's package ca-certificates")
    parser.add_argument(
        "--certificate", action="append", default=[], help="a PEM file with certificates to add"
    )
    parser.add_argument(
        "--java-keystore",
        action="append",
        default=[],
        metavar="PATH",
        help="absolute path of a Java trust store to make if the image lacks it",
    )
    parser.add_argument(
        "--hashed",
        action="store_true",
        help="add a file for each certificate, for OpenSSL's CApath",
    )
    parser.add_argument("--has-base", action="store_true", help="the flags describe an image")
    parser.add_argument("--mtime", type=int, required=True, help="seconds since 1970")
    add_flags(parser)
    args = parser.parse_args(argv)

    package = read_ca_certificates(args.deb, args.blob_out) if args.deb else None
    image = ImageView(read_image_parts(args))
    planned = plan_trust_files(
        image,
        _additional(package, args.certificate),
        [_parse_path(path, args.label) for path in args.java_keystore],
        hashed=args.hashed,
        need_bundle=args.has_base and package is None,
        label=args.label,
    )
    if package:
        planned.files |= registration_files(planned.files, package)
    with part_writer(args) as writer:
        paths = sorted([*planned.files, *planned.links], key=path_bytes)
        for path in paths:
            if path in planned.links:
                link = planned.links[path]
                writer.add(TarEntry(path, "symlink", 0o777, mtime=args.mtime, link=link))
            else:
                data = planned.files[path]
                entry = TarEntry(path, "file", 0o644, mtime=args.mtime, size=len(data))
                writer.add(entry, [data])
        writer.close(
            label=args.label,
            architecture=None,
            package=package.control.package if package else None,
            replaces=[path for path in paths if path in image.overlay.entries],
        )
    return 0


def _additional(
    package: CaCertificates | None, paths: Sequence[str]
) -> Sequence[TrustedCertificate]:
    files = (
        sorted(package.certificates.items(), key=lambda item: path_bytes(item[0]))
        if package
        else []
    )
    for path in paths:
        with open(path, "rb") as source:
            files.append((path, source.read()))
    return [
        TrustedCertificate(path, certificate)
        for path, data in files
        for certificate in pem.certificates(data, path)
    ]


def _parse_path(text: str, label: str) -> str:
    with error_context(f"{label}: java_keystores"):
        path = relative(path_bytes(text))
        if not path or text.endswith("/"):
            raise ToolError(f"{text!r:.80} is not the path of a file")
    return path


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
