from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.x509.oid import NameOID

from tools.lib.cli.errors import ToolError
from tools.lib.x509 import jks, pem
from tools.lib.x509.pkcs12 import decode_pkcs12
from tools.lib.x509.testing import keytool, make_certificate

PLAIN = [
    "-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE",
    "-J-Dkeystore.pkcs12.macAlgorithm=NONE",
]


def keytool_store(folder: Path, kind: str, *flags: str) -> tuple[bytes, dict[str, bytes]]:
    """A trust store that keytool makes, and its certificates (PEM) by alias."""
    certificates = {
        alias: make_certificate((NameOID.COMMON_NAME, alias)) for alias in ("one", "other é")
    }
    store = folder / "store"
    for alias, certificate in certificates.items():
        (folder / "x.pem").write_bytes(certificate)
        subprocess.run(
            [
                *(keytool(), "-J-Dfile.encoding=UTF-8", "-J-Dsun.jnu.encoding=UTF-8", *flags),
                *("-importcert", "-noprompt", "-trustcacerts", "-alias", alias),
                *("-file", f"{folder}/x.pem", "-keystore", str(store)),
                *("-storetype", kind, "-storepass", jks.PASSWORD),
            ],
            check=True,
            capture_output=True,
            env={"LC_ALL": "C.UTF-8"},
        )
    return store.read_bytes(), certificates


def certificates_of(entries: dict[str, jks.TrustedCertificate]) -> dict[str, bytes]:
    return {alias: pem.encode(each.certificate) for alias, each in entries.items()}


def test_reads_what_keytool_writes_as_the_cacerts_of_a_jdk(tmp_path: Path) -> None:
    data, certificates = keytool_store(tmp_path, "PKCS12", *PLAIN)
    assert certificates_of(decode_pkcs12(data, "x")) == certificates


def test_reads_what_keytool_writes_as_jks(tmp_path: Path) -> None:
    data, certificates = keytool_store(tmp_path, "JKS")
    assert jks.is_jks(data)
    assert certificates_of(jks.decode_trust_store(data, "x")) == certificates


def test_an_encrypted_store_is_an_error(tmp_path: Path) -> None:
    data, _ = keytool_store(tmp_path, "PKCS12")
    with pytest.raises(ToolError, match=r"^x: the trust store is encrypted or signed .*-deststore"):
        decode_pkcs12(data, "x")


@pytest.mark.parametrize("data", [b"", b"x", b"\x30\x00", b"\x30\x03\x02\x01\x03"])
def test_another_file_is_an_error(data: bytes) -> None:
    with pytest.raises(ToolError, match=r"^x: invalid trust store, neither JKS nor PKCS #12: "):
        decode_pkcs12(data, "x")


def test_a_damaged_jks_is_an_error() -> None:
    der = pem.certificates(make_certificate((NameOID.COMMON_NAME, "x")), "x")[0]
    data = jks.encode_trust_store({"a": jks.TrustedCertificate("x", der)})
    assert jks.decode_trust_store(data, "x")["a"].certificate == der
    with pytest.raises(ToolError, match="x: damaged, or its password is not changeit"):
        jks.decode_trust_store(data[:-1] + bytes((data[-1] ^ 1,)), "x")
