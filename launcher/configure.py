"""Configures unpacked packages so that Bazel runs: what their maintainer scripts would have done.

Raise root_version in bazelw with any change of what this module writes. Standard library only.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
import shutil
import subprocess

from tools.lib.cli.errors import ToolError
from tools.lib.cli.files import atomic_write
from tools.lib.x509 import pem
from tools.lib.x509.jks import TrustedCertificate, assign_aliases, encode_trust_store
from tools.lib.x509.validity import not_before

# Alternatives, see update-alternatives(1): links, and patterns of their targets.
_ALTERNATIVES = {
    "usr/bin/awk": "usr/bin/mawk",
    "usr/bin/c++": "usr/bin/g++",
    "usr/bin/cc": "usr/bin/gcc",
    "usr/bin/jar": "usr/lib/jvm/java-*-openjdk-*/bin/jar",
    "usr/bin/java": "usr/lib/jvm/java-*-openjdk-*/bin/java",
    "usr/bin/javac": "usr/lib/jvm/java-*-openjdk-*/bin/javac",
    "usr/bin/sh": "usr/bin/bash",  # dash is essential, so no package depends on it
    "usr/bin/which": "usr/bin/which.debianutils",
}
# Modules that bazel_tools depends on and Debian does not package. Bazel does not use them here.
_STUBS = ("apple_support", "buildozer", "protobuf", "zlib")
_STUB_DIRECTORY = "usr/share/bazel/stubs"
_CLASS_ARCHIVE = "usr/lib/bazel.jsa"
_BUILDOZER = """\
def _repository_impl(rctx):
    rctx.file("BUILD.bazel")

_repository = repository_rule(implementation = _repository_impl)

def _buildozer_binary_impl(_module_ctx):
    _repository(name = "buildozer_binary")

buildozer_binary = module_extension(implementation = _buildozer_binary_impl)
"""
# Flags in Debian's bazelrc: the first keeps all sandboxes, the second is deprecated.
_REMOVED_FLAGS = ("--sandbox_debug", "--host_javabase")
_CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
_PEM_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
TRUST_STORE = "etc/java-trust-store"
"""Outside of /etc/ssl/certs, over which bazelw mounts the machine's."""


def configure(root: str, name: str, bazel: str) -> None:
    """Configures a tree of unpacked packages.

    Args:
        root: path of the tree.
        name: the root's name; other roots have other names.
        bazel: the version of Bazel.
    """
    for link, pattern in _ALTERNATIVES.items():
        for target in sorted(glob.glob(pattern, root_dir=root))[-1:]:
            path = os.path.join(root, link)
            if not os.path.lexists(path):
                os.symlink(f"/{target}", path)
    _write_bazelrcs(root, name)
    _compile_locale(root)
    _write_certificates(root)
    for cacerts in glob.glob("usr/lib/jvm/*/lib/security/cacerts", root_dir=root):
        os.unlink(os.path.join(root, cacerts))
        os.symlink(f"/{TRUST_STORE}", os.path.join(root, cacerts))
    # Tells a bazelw that runs inside of the root that it is there.
    _write(root, "etc/bazelw", f"{bazel}\n")


def _write(root: str, name: str, text: str) -> None:
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def _write_bazelrcs(root: str, name: str) -> None:
    path = os.path.join(root, "etc/bazel/bazelrc")
    try:
        with open(path, encoding="utf-8") as source:
            lines = source.readlines()
    except FileNotFoundError:
        raise ToolError("/etc/bazel/bazelrc: not found in the packages of the root") from None
    kept = [line for line in lines if not any(flag in line for flag in _REMOVED_FLAGS)]
    _write(root, "etc/bazel/bazelrc", "".join(kept))
    lines = [
        "common --noenable_workspace",
        # Bazel restarts a server that runs in another root, because its options differ.
        f"startup --host_jvm_args=-Ddistroless.root={name}",
        # A server archives its classes when it ends. The next one starts twice as fast.
        f"startup --host_jvm_args=-XX:SharedArchiveFile=/{_CLASS_ARCHIVE}",
        "startup --host_jvm_args=-XX:+AutoCreateSharedArchive",
    ]
    for stub in _STUBS:
        directory = f"{_STUB_DIRECTORY}/{stub}"
        lines.append(f"common --override_module={stub}=/{directory}")
        _write(root, f"{directory}/MODULE.bazel", f'module(name = "{stub}")\n')
        _write(root, f"{directory}/BUILD.bazel", "")
    _write(root, f"{_STUB_DIRECTORY}/buildozer/buildozer_binary.bzl", _BUILDOZER)
    _write(root, "etc/bazel.bazelrc", "\n".join([*lines, ""]))


def _compile_locale(root: str) -> None:
    """Compiles the locale that Bazel's server needs for file names that are not ASCII."""
    sources = os.path.join(root, "usr/share/i18n")
    if not os.path.exists(sources):
        return
    # Run with the root's libc, not the machine's.
    (loader,) = glob.glob("usr/lib/*-linux-gnu/ld-linux-*.so.*", root_dir=root)
    command = [os.path.join(root, loader), "--library-path", os.path.dirname(loader)]
    command += ["usr/bin/localedef", "--no-archive", "-i", "en_US", "-f", "ISO-8859-1"]
    result = subprocess.run(
        [*command, "usr/lib/locale/en_US.iso88591"],
        cwd=root,
        env={"I18NPATH": "usr/share/i18n", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise ToolError(f"{root}: localedef: {result.stderr.strip() or result.returncode}")
    shutil.rmtree(sources)


def _write_certificates(root: str) -> None:
    """Writes the bundle of Debian's ca-certificates, for machines without one."""
    os.makedirs(os.path.join(root, os.path.dirname(_CERTIFICATES)), exist_ok=True)
    paths = sorted(glob.glob("usr/share/ca-certificates/*/*.crt", root_dir=root))
    with open(os.path.join(root, _CERTIFICATES), "wb") as out:
        for path in paths:
            with open(os.path.join(root, path), "rb") as source:
                out.write(source.read().rstrip(b"\n") + b"\n")
    write_trust_store(root, os.path.join(root, _CERTIFICATES))


def write_trust_store(root: str, bundle: str) -> None:
    """Makes the root's Java trust the certificates of `bundle`, a PEM file.

    Skips invalid certificates, as Debian's ca-certificates-java does. The trust store gets the
    bundle's modification time, so that bazelw notices another bundle.

    Raises:
        ToolError: the bundle has no valid certificate; the trust store is unchanged.
    """
    with open(bundle, "rb") as source:
        time = os.fstat(source.fileno()).st_mtime_ns
        data = source.read()
    found = []
    for number, block in enumerate(_PEM_BLOCK.findall(data)):
        with contextlib.suppress(ToolError, ValueError):
            certificate = pem.certificates(block, bundle)[0]
            not_before(certificate)
            found.append(TrustedCertificate(f"{number:04}.pem", certificate))
    if not found:
        raise ToolError(f"{bundle}: no valid certificate found", "run update-ca-certificates")
    path = os.path.join(root, TRUST_STORE)
    with atomic_write(path) as out:
        out.write(encode_trust_store(assign_aliases(found)))
    os.utime(path, ns=(time, time))
