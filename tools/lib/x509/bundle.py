"""Makes the files that Debian's update-ca-certificates(8) makes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.debian.ca_certificates import COPYRIGHT, CaCertificates
from tools.lib.debian.dpkg_status import status_files
from tools.lib.x509 import der, pem

CERTIFICATE_DIRECTORY = "etc/ssl/certs/"
BUNDLE = f"{CERTIFICATE_DIRECTORY}ca-certificates.crt"

# Where OpenSSL looks by default (OPENSSLDIR in Debian's build), so that programs trust the bundle
# without SSL_CERT_FILE. Debian has the same links in the package openssl.
OPENSSL_LINKS = {"usr/lib/ssl/cert.pem": f"/{BUNDLE}", "usr/lib/ssl/certs": "/etc/ssl/certs"}


def bundle_certificates(
    package: Mapping[str, bytes], additional: Iterable[tuple[str, bytes]]
) -> list[pem.Certificate]:
    """Returns the certificates of a bundle in their order, without duplicates.

    The package's come first, sorted by path, then the additional ones as given.

    Args:
        package: the content of the package's PEM files, by path.
        additional: the name, for errors, and content of further PEM files.
    """
    files = [*sorted(package.items(), key=lambda item: path_bytes(item[0])), *additional]
    found = [each for where, data in files for each in pem.certificates(data, where)]
    return list(dict.fromkeys(found))


def encode_bundle(certificates: Iterable[pem.Certificate]) -> bytes:
    """Returns the content of a bundle."""
    return b"".join(map(pem.encode, certificates))


def bundle_files(
    certificates: Sequence[pem.Certificate], package: CaCertificates, *, hashed: bool
) -> dict[str, bytes]:
    """Returns the content of the files of the part, by path.

    They include the package's copyright file and its registration with dpkg, by which scanners
    know whose certificates the bundle has.

    Args:
        certificates: the certificates in the bundle's order.
        package: the package ca-certificates.
        hashed: whether to add a file for each certificate, named as OpenSSL looks for it in a
            directory (`CApath`, `openssl rehash`).
    """
    files = {BUNDLE: encode_bundle(certificates)}
    if hashed:
        files |= hashed_files(certificates)
    return files | registration_files(files, package)


def registration_files(files: Mapping[str, bytes], package: CaCertificates) -> dict[str, bytes]:
    """Returns the package's copyright file and what registers the package with dpkg, by path.

    Args:
        files: the content of the files that are made of the package, by path.
        package: the package ca-certificates.
    """
    own = {COPYRIGHT: package.copyright_file}
    md5sums = {
        path: hashlib.md5(content, usedforsecurity=False).hexdigest()
        for path, content in (dict(files) | own).items()
    }
    return own | status_files(package.control, md5sums)


def hashed_files(
    certificates: Iterable[pem.Certificate], taken: Collection[str] = ()
) -> dict[str, bytes]:
    """Returns a file for each certificate, by path, named as OpenSSL looks for it (`CApath`).

    Args:
        certificates: in the order in which those of one subject are numbered.
        taken: names in the directory that other files have.
    """
    files: dict[str, bytes] = {}
    numbers: dict[str, int] = {}
    for certificate in certificates:
        try:
            name = der.subject_hash(certificate)
        except ValueError as error:
            raise ToolError(f"invalid subject of a certificate: {error}") from None
        number = numbers.get(name, 0)
        while f"{name}.{number}" in taken:
            number += 1
        numbers[name] = number + 1
        files[f"{CERTIFICATE_DIRECTORY}{name}.{number}"] = pem.encode(certificate)
    return files
