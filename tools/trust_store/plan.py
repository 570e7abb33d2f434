"""Decides which files an image's trust stores consist of once certificates are added."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tools.lib.archive.tar_entry import path_bytes
from tools.lib.cli.errors import ToolError
from tools.lib.rootfs.image import ImageView
from tools.lib.rootfs.tree import Inode
from tools.lib.x509 import jks, pem
from tools.lib.x509.bundle import (
    BUNDLE,
    CERTIFICATE_DIRECTORY,
    OPENSSL_LINKS,
    encode_bundle,
    hashed_files,
)
from tools.lib.x509.pkcs12 import decode_pkcs12

# Debian's and Temurin's packages, and the JDKs that other distributions and images have.
_JAVA_STORES = ("/etc/ssl/certs/java/cacerts", "/etc/ssl/certs/adoptium/cacerts")
_JDK_STORE = "/lib/security/cacerts"
_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.[0-9]+")


@dataclass(slots=True)
class TrustFiles:
    """Files and symlinks by their paths in the image, without a leading slash."""

    files: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


def plan_trust_files(
    image: ImageView,
    additional: Sequence[jks.TrustedCertificate],
    java_stores: Sequence[str],
    *,
    hashed: bool,
    need_bundle: bool,
    label: str,
) -> TrustFiles:
    """Returns the bundle, the hashed files and the Java trust stores of an image.

    Args:
        image: the image underneath, whose certificates come first.
        additional: the certificates to add, in their order.
        java_stores: paths of Java trust stores to make if the image lacks them, without a leading
            slash. The first is a file, the others link to it. Those of the image are always
            rewritten.
        hashed: whether to add hashed files for all certificates of the bundle.
        need_bundle: whether an image without a bundle is an error.
        label: the target, for errors.

    Raises:
        ToolError: a trust store of the image cannot be read.
    """
    result = TrustFiles()
    known = _read_bundle(image, need_bundle=need_bundle, label=label)
    certificates = list(dict.fromkeys([*known, *(each.certificate for each in additional)]))
    result.files[_real_path(image, BUNDLE)] = encode_bundle(certificates)
    names = _names(image, CERTIFICATE_DIRECTORY)
    has_hashed = any(_HASHED_NAME.fullmatch(name) for name in names)
    if hashed or has_hashed:
        done = set(known) if has_hashed else set()
        result.files |= hashed_files([each for each in certificates if each not in done], names)
    for path, link in OPENSSL_LINKS.items():
        if not image.exists(path):
            result.links[path] = link
    for path, data in _java_files(image, additional, label).items():
        result.files[path] = data
    missing = [path for path in java_stores if not image.exists(path)]
    if missing:
        first, *others = missing
        result.files[first] = jks.encode_trust_store(
            jks.assign_aliases([*_named(known), *additional])
        )
        for path in others:
            result.links[path] = posixpath.relpath(first, posixpath.dirname(path))
    return result


def _read_bundle(image: ImageView, *, need_bundle: bool, label: str) -> list[pem.Certificate]:
    text = image.text(BUNDLE)
    if text is not None:
        return pem.certificates(path_bytes(text), f"{label}: /{BUNDLE} of the base image")
    if image.exists(BUNDLE):
        raise ToolError(f"{label}: /{BUNDLE} of the base image is not a file of at most 4 MiB")
    if need_bundle:
        raise ToolError(
            f"{label}: the base image has no /{BUNDLE}",
            "set `deb` to Debian's package ca-certificates, or leave out `base` to trust only "
            "`certificates`",
        )
    return []


def _named(certificates: Iterable[pem.Certificate]) -> list[jks.TrustedCertificate]:
    """Certificates of the base's bundle, which does not tell their names."""
    return [
        jks.TrustedCertificate(f"{hashlib.sha256(each).hexdigest()[:16]}.pem", each)
        for each in certificates
    ]


def _java_files(
    image: ImageView, additional: Sequence[jks.TrustedCertificate], label: str
) -> Mapping[str, bytes]:
    """The content of the image's Java trust stores, by their paths without links."""
    found: dict[str, bytes] = {}
    for each in image.tree.walk():
        if not (each.path in _JAVA_STORES or each.path.endswith(_JDK_STORE)):
            continue
        path = _real_path(image, each.path)
        inode = image.inode(path)
        if path in found or inode is None:
            continue
        found[path] = _extend_java_store(image, path, additional, label)
    return found


def _extend_java_store(
    image: ImageView, path: str, additional: Sequence[jks.TrustedCertificate], label: str
) -> bytes:
    where = f"{label}: /{path} of the base image"
    text = image.text(path)
    if text is None:
        raise ToolError(f"{where} is not a file of at most 4 MiB")
    data = path_bytes(text)
    decode = jks.decode_trust_store if jks.is_jks(data) else decode_pkcs12
    entries = decode(data, where)
    known = {each.certificate for each in entries.values()}
    new = [each for each in additional if each.certificate not in known]
    return jks.encode_trust_store(entries | jks.assign_aliases(new, entries))


def _real_path(image: ImageView, path: str) -> str:
    """The path without links, so that what is written replaces the file and not a link to it."""
    return image.tree.locate(path).lstrip("/")


def _names(image: ImageView, directory: str) -> Mapping[str, Inode]:
    inode = image.inode(directory)
    return inode.entries if inode else {}
