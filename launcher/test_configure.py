from __future__ import annotations

import os
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.x509.oid import NameOID

from launcher import __main__ as bazelw
from launcher.configure import TRUST_STORE, configure, write_trust_store
from tools.lib.cli.errors import ToolError
from tools.lib.x509.testing import make

DEBIAN = make((NameOID.COMMON_NAME, "Debian's"))
OWN = make((NameOID.COMMON_NAME, "the machine's"), serial=2)
BAZELRC = """\
try-import /etc/bazel.bazelrc
startup --host_javabase=/usr/lib/jvm/default-java
build --sandbox_debug
common --override_module=rules_cc=/usr/share/bazel/rules/cc
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """As unpacked packages leave it."""
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


def holds(root: Path, certificate: bytes) -> bool:
    """Whether the trust store has a certificate of PEM."""
    body = b"".join(certificate.split(b"\n")[1:-2])
    return b64decode(body) in (root / TRUST_STORE).read_bytes()


def test_programs_have_the_names_that_alternatives_give_them(root: Path) -> None:
    configure(str(root), "root-1", "7.7.1")
    links = {
        path.name: os.readlink(path) for path in (root / "usr/bin").iterdir() if path.is_symlink()
    }
    assert links == {
        "awk": "/usr/bin/mawk",
        "cc": "/usr/bin/gcc",
        "java": "/usr/lib/jvm/java-21-openjdk-amd64/bin/java",
    }


def test_bazel_s_settings_are_debian_s_less_what_is_slow_or_out_of_date(root: Path) -> None:
    configure(str(root), "root-1", "7.7.1")
    assert (root / "etc/bazel/bazelrc").read_text().splitlines() == [
        "try-import /etc/bazel.bazelrc",
        "common --override_module=rules_cc=/usr/share/bazel/rules/cc",
    ]


def test_each_module_without_a_package_has_a_stub(root: Path) -> None:
    configure(str(root), "root-1", "7.7.1")
    lines = (root / "etc/bazel.bazelrc").read_text().splitlines()
    stubs = dict(line.split("=")[1:] for line in lines if "--override_module=" in line)
    assert sorted(stubs) == ["apple_support", "buildozer", "protobuf", "zlib"]
    for name, directory in stubs.items():
        assert f'"{name}"' in (root / directory.lstrip("/") / "MODULE.bazel").read_text()


def test_a_server_is_of_its_root_alone(root: Path) -> None:
    configure(str(root), "root-1", "7.7.1")
    assert "startup --host_jvm_args=-Ddistroless.root=root-1" in (
        (root / "etc/bazel.bazelrc").read_text().splitlines()
    )


def test_a_root_tells_the_version_of_its_bazel(root: Path) -> None:
    configure(str(root), "root-1", "7.7.1")
    assert (root / "etc/bazelw").read_text() == "7.7.1\n"


def test_another_bazel_than_debian_s_is_an_error(root: Path) -> None:
    (root / "etc/bazel/bazelrc").unlink()
    with pytest.raises(ToolError, match=r"no /etc/bazel/bazelrc"):
        configure(str(root), "root-1", "7.7.1")


def test_java_trusts_debian_s_certificates(root: Path) -> None:
    configure(str(root), "root-1", "7.7.1")
    assert holds(root, DEBIAN)
    assert (root / "etc/ssl/certs/ca-certificates.crt").read_bytes() == DEBIAN
    cacerts = root / "usr/lib/jvm/java-21-openjdk-amd64/lib/security/cacerts"
    assert os.readlink(cacerts) == f"/{TRUST_STORE}"


def test_java_trusts_the_machine_s_certificates_and_the_time_tells_which(root: Path) -> None:
    configure(str(root), "root-1", "7.7.1")
    bundle = root.parent / "bundle.crt"
    bundle.write_bytes(b"# text\n" + OWN)
    os.utime(bundle, ns=(5, 1_000_000_007))
    write_trust_store(str(root), str(bundle))
    assert holds(root, OWN)
    assert not holds(root, DEBIAN)
    assert (root / TRUST_STORE).stat().st_mtime_ns == 1_000_000_007


def test_a_damaged_certificate_costs_itself_alone(root: Path) -> None:
    configure(str(root), "root-1", "7.7.1")
    bundle = root.parent / "bundle.crt"
    bundle.write_bytes(DEBIAN.replace(b"M", b"!") + OWN + b"-----BEGIN CERTIFICATE-----\nMII")
    write_trust_store(str(root), str(bundle))
    assert holds(root, OWN)


@pytest.mark.parametrize("content", [b"", b"\0", DEBIAN[:100]])
def test_a_bundle_without_certificates_changes_nothing_but_is_told(
    root: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(str(root), "root-1", "7.7.1")
    bundle = root.parent / "bundle.crt"
    bundle.write_bytes(content)
    assert bazelw.main(["trust", str(root), str(bundle)]) == 0
    assert holds(root, DEBIAN)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("bazelw: warning: ")
    assert f"{bundle}: holds no certificate" in line
