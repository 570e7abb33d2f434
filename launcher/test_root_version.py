"""root_version in bazelw follows the tree that a root's packages become."""

from __future__ import annotations

import datetime
import hashlib
import os
import re
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from launcher.configure import configure
from launcher.unpack import link_merged_usr, unpack
from tools.lib.debian.testing import deb, directory, file, hardlink, symlink

# root_version, and the digest of the tree that it stands for. If the digest changes, raise
# root_version in bazelw, so that the roots of users are made again, and record both here.
RECORDED = ("2", "51bc12c557ea12769522fb6c08480fa0b49c4bdc98d36e0845fc19216603aa7a")


def certificate() -> bytes:
    """The same bytes on each call: Ed25519 signatures are deterministic."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")])
    day = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day)
    return builder.sign(key, None).public_bytes(Encoding.PEM)


PACKAGE = deb(
    file("bin/bash", b"bash", 0o4755),
    file("etc/bazel/bazelrc", b"try-import /etc/bazel.bazelrc\nbuild --sandbox_debug\n"),
    file("usr/bin/gcc", b"gcc", 0o755),
    file("usr/bin/mawk", b"mawk", 0o755),
    hardlink("usr/bin/nawk", "usr/bin/mawk"),
    file("usr/lib/jvm/java-21-openjdk-amd64/bin/java", b"java", 0o755),
    file("usr/lib/jvm/java-21-openjdk-amd64/jmods/java.base.jmod", b"jmod"),
    file("usr/lib/jvm/java-21-openjdk-amd64/lib/security/cacerts", b"cacerts"),
    symlink("usr/lib/jvm/default-java", "java-21-openjdk-amd64"),
    file("usr/share/ca-certificates/a/a.crt", certificate()),
    file("usr/share/doc/a/copyright", b"copyright"),
    file("var/lib/private", b"private", 0o600),
    directory("var/cache/a"),
)


def tree_digest(root: Path) -> str:
    """The hash of paths, links, contents and execute permissions."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        content = b""
        if path.is_symlink():
            content = os.fsencode(path.readlink())
        elif path.is_file():
            content = b"%o %b" % (path.stat().st_mode & 0o111, path.read_bytes())
        digest.update(b"%b\0%b\0" % (os.fsencode(path.relative_to(root)), content))
    return digest.hexdigest()


def test_root_version_is_that_of_the_recorded_tree(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    link_merged_usr(str(root))
    package = tmp_path / "a.deb"
    package.write_bytes(PACKAGE)
    unpack(str(package), str(root))
    configure(str(root), "root-name", "7.7.1")
    version = re.search("^root_version=(.*)$", Path("bazelw").read_text(), re.MULTILINE)
    assert version
    assert (version[1], tree_digest(root)) == RECORDED
