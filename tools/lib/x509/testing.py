"""Certificates for tests, and the machine's keytool."""

from __future__ import annotations

import datetime
import glob
import os
import shutil

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_DAY = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)


def make_certificate(*names: tuple[x509.ObjectIdentifier, str], serial: int = 1) -> bytes:
    """Returns a self-signed certificate in PEM whose subject is `names`."""
    key = ec.derive_private_key(1, ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), serial, _DAY, _DAY)
    ).sign(key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM)


def keytool() -> str:
    """The path of the machine's keytool, which Debian puts on PATH for the default JDK only."""
    home = os.environ.get("JAVA_HOME")
    places = [*([f"{home}/bin"] if home else []), *sorted(glob.glob("/usr/lib/jvm/*/bin"))]
    found = shutil.which("keytool") or shutil.which("keytool", path=os.pathsep.join(places))
    if not found:
        pytest.fail("keytool: not found (hint: install Debian's package default-jre-headless)")
    return found
