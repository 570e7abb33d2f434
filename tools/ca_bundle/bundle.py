"""The files that Debian's update-ca-certificates(8) makes, without running it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.x509 import der, pem

PACKAGE = "ca-certificates"
# What the package enables: all of Mozilla's, as debconf's default and every Debian image have it.
SOURCES = "usr/share/ca-certificates/mozilla/"
COPYRIGHT = f"usr/share/doc/{PACKAGE}/copyright"
_DIRECTORY = "etc/ssl/certs/"
BUNDLE = _DIRECTORY + "ca-certificates.crt"
_STATUS = f"var/lib/dpkg/status.d/{PACKAGE}"


def certificates(
    shipped: Mapping[str, bytes], own: Iterable[tuple[str, bytes]]
) -> list[pem.Certificate]:
    """The certificates of a bundle, each once: the package's by name, then one's own as given.

    Args:
        shipped: path in the package to PEM.
        own: name for errors, and PEM.
    """
    by_name = sorted(shipped.items(), key=lambda item: path_bytes(item[0]))
    found = [each for where, data in [*by_name, *own] for each in pem.certificates(data, where)]
    return list(dict.fromkeys(found))


def files(
    found: Iterable[pem.Certificate], stanza: bytes, copyright_file: bytes, *, hashed: bool
) -> dict[str, bytes]:
    """Path to content of all that the part holds.

    Args:
        found: the certificates, in the bundle's order.
        stanza: the package's control stanza, so that scanners know whose certificates these are.
        copyright_file: the package's.
        hashed: also one file a certificate, by the name under which OpenSSL looks for it in a
            directory (`CApath`, `openssl rehash`).
    """
    blocks = [(each, pem.encode(each)) for each in found]
    made = {BUNDLE: b"".join(block for _, block in blocks), COPYRIGHT: copyright_file}
    if hashed:
        made |= _hashed(blocks)
    sums = "".join(
        f"{hashlib.md5(made[path], usedforsecurity=False).hexdigest()}  {path}\n"
        for path in sorted(made)
    )
    return made | {_STATUS: stanza, f"{_STATUS}.md5sums": sums.encode()}


def _hashed(blocks: Iterable[tuple[pem.Certificate, bytes]]) -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    for certificate, block in blocks:
        try:
            name = _DIRECTORY + der.subject_hash(certificate)
        except ValueError as error:
            raise ToolError(f"a certificate whose subject cannot be hashed: {error}") from None
        number = 0
        while f"{name}.{number}" in made:
            number += 1
        made[f"{name}.{number}"] = block
    return made
