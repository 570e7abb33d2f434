from __future__ import annotations

import os
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.x509.oid import NameOID

from launcher import __main__ as launcher
from launcher.configure import TRUST_STORE, configure, write_trust_store
from tools.lib.cli.errors import ToolError
from tools.lib.x509.testing import make_certificate

DEBIAN = make_certificate((NameOID.COMMON_NAME, "Debian"))
LOCAL = make_certificate((NameOID.COMMON_NAME, "local"), serial=2)
BAZELRC = """\
try-import /etc/bazel.bazelrc
startup --host_javabase=/usr/lib/jvm/default-java
build --sandbox_debug
common --override_module=rules_cc=/usr/share/bazel/rules/cc
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree of unpacked packages."""
    root = tmp_path / "root[1]"
    for name, content in {
        "etc/bazel/bazelrc": BAZELRC.encode(),
        "usr/bin/gcc": b"",
        "usr/bin/mawk": b"",
        "usr/lib/jvm/java-21-openjdk-amd64/bin/java": b"",
        "usr/lib/jvm/java-21-openjdk-amd64/lib/security/cacerts": b"none",
        "usr/share/ca-certificates/mozilla/Some.crt": DEBIAN.rstrip(b"\n"),
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def trusts(root: Path, certificate: bytes) -> bool:
    """Whether the trust store has a certificate, given as PEM."""
    body = b"".join(certificate.split(b"\n")[1:-2])
    return b64decode(body) in (root / TRUST_STORE).read_bytes()


def test_programs_have_the_names_of_alternatives(root: Path) -> None:
    configure(str(root), "root-1", "7.7.1")
    links = {
        path.name: os.readlink(path) for path in (root / "usr/bin").iterdir() if path.is_symlink()
    }
    assert links == {
        "awk": "/usr/bin/mawk",
        "cc": "/usr/bin/gcc",
        "java": "/usr/lib/jvm/java-21-openjdk-amd64/bin/java",
    }


def test_flags_of_debian_s_bazelrc_are_removed(root: Path) -> None:
    configure(str(root), "root-1", "7.7.1")
    assert (root / "etc/bazel/bazelrc").read_text().splitlines() == [
        "try-import /etc/bazel.bazelrc",
        "common --override_module=rules_cc=/usr/share/bazel/rules/cc",
    ]


def test_modules_without_a_package_are_stubs(root: Path) -> None:
    configure(str(root), "root-1", "7.7.1")
    lines = (root / "etc/bazel.bazelrc").read_text().splitlines()
    stubs = dict(line.split("=")[1:] for line in lines if "--override_module=" in line)
    assert sorted(stubs) == ["apple_support", "buildozer", "protobuf", "zlib"]
    for name, directory in stubs.items():
        assert f'"{name}"' in (root / directory.lstrip("/") / "MODULE.bazel").read_text()


def test_a_server_belongs_to_one_root(root: Path) -> None:
    configure(str(root), "root-1", "7.7.1")
    assert "startup --host_jvm_args=-Ddistroless.root=root-1" in (
        (root / "etc/bazel.bazelrc").read_text().splitlines()
    )


def test_the_root_has_the_version_of_its_bazel(root: Path) -> None:
    configure(str(root), "root-1", "7.7.1")
    assert (root / "etc/bazelw").read_text() == "7.7.1\n"


def test_packages_without_debian_s_bazelrc_are_an_error(root: Path) -> None:
    (root / "etc/bazel/bazelrc").unlink()
    with pytest.raises(ToolError, match="/etc/bazel/bazelrc: not found"):
        configure(str(root), "root-1", "7.7.1")


def test_java_trusts_debian_s_certificates(root: Path) -> None:
    configure(str(root), "root-1", "7.7.1")
    assert trusts(root, DEBIAN)
    assert (root / "etc/ssl/certs/ca-certificates.crt").read_bytes() == DEBIAN
    cacerts = root / "usr/lib/jvm/java-21-openjdk-amd64/lib/security/cacerts"
    assert os.readlink(cacerts) == f"/{TRUST_STORE}"


def test_java_trusts_the_certificates_of_a_bundle_and_has_its_time(root: Path) -> None:
    configure(str(root), "root-1", "7.7.1")
    bundle = root.parent / "bundle.crt"
    bundle.write_bytes(b"# text\n" + LOCAL)
    os.utime(bundle, ns=(5, 1_000_000_007))
    write_trust_store(str(root), str(bundle))
    assert trusts(root, LOCAL)
    assert not trusts(root, DEBIAN)
    assert (root / TRUST_STORE).stat().st_mtime_ns == 1_000_000_007


def test_invalid_certificates_are_skipped(root: Path) -> None:
    configure(str(root), "root-1", "7.7.1")
    bundle = root.parent / "bundle.crt"
    bundle.write_bytes(DEBIAN.replace(b"M", b"!") + LOCAL + b"-----BEGIN CERTIFICATE-----\nMII")
    write_trust_store(str(root), str(bundle))
    assert trusts(root, LOCAL)


@pytest.mark.parametrize("content", [b"", b"\0", DEBIAN[:100]])
def test_a_bundle_without_certificates_is_a_warning(
    root: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(str(root), "root-1", "7.7.1")
    bundle = root.parent / "bundle.crt"
    bundle.write_bytes(content)
    assert launcher.main(["write-trust-store", str(root), str(bundle)]) == 0
    assert trusts(root, DEBIAN)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("bazelw: warning: ")
    assert f"{bundle}: no valid certificate found" in line
