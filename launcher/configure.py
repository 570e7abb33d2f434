"""What Debian's maintainer scripts would have done, as far as Bazel needs it.

Standard library only.
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
from tools.lib.x509.jks import Named, aliases, trust_store
from tools.lib.x509.validity import not_before

# Alternatives, as update-alternatives(1) has them: the link, and a glob of what it may point to.
_LINKS = {
    "usr/bin/awk": "usr/bin/mawk",
    "usr/bin/c++": "usr/bin/g++",
    "usr/bin/cc": "usr/bin/gcc",
    "usr/bin/jar": "usr/lib/jvm/java-*-openjdk-*/bin/jar",
    "usr/bin/java": "usr/lib/jvm/java-*-openjdk-*/bin/java",
    "usr/bin/javac": "usr/lib/jvm/java-*-openjdk-*/bin/javac",
    "usr/bin/sh": "usr/bin/bash",  # dash is essential, so nothing in the root depends on it
    "usr/bin/which": "usr/bin/which.debianutils",
}
# Modules that bazel_tools names and Debian has no package of; nothing here uses them.
_STUBS = ("apple_support", "buildozer", "protobuf", "zlib")
_STUB_DIRECTORY = "usr/share/bazel/stubs"
_CLASSES = "usr/lib/bazel.jsa"
_BUILDOZER = """\
def _repository_impl(rctx):
    rctx.file("BUILD.bazel")

_repository = repository_rule(implementation = _repository_impl)

def _buildozer_binary_impl(_module_ctx):
    _repository(name = "buildozer_binary")

buildozer_binary = module_extension(implementation = _buildozer_binary_impl)
"""
# Of Debian's settings: sandboxes would be left behind, and a flag that Bazel says is out of date.
_UNWANTED = ("--sandbox_debug", "--host_javabase")
_CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
# In the root alone: the machine's own /etc/ssl/certs is bound over the root's.
TRUST_STORE = "etc/java-trust-store"


def configure(root: str, name: str, bazel: str) -> None:
    """Makes a tree of unpacked packages one that Bazel runs in.

    Args:
        root: path of the tree.
        name: what tells it from other roots.
        bazel: version of its Bazel.
    """
    for link, pattern in _LINKS.items():
        for target in sorted(glob.glob(pattern, root_dir=root))[-1:]:
            path = os.path.join(root, link)
            if not os.path.lexists(path):
                os.symlink(f"/{target}", path)
    _bazelrc(root, name)
    _locale(root)
    _certificates(root)
    for cacerts in glob.glob("usr/lib/jvm/*/lib/security/cacerts", root_dir=root):
        os.unlink(os.path.join(root, cacerts))
        os.symlink(f"/{TRUST_STORE}", os.path.join(root, cacerts))
    # By this a bazelw that is called in the root knows where it is.
    _write(root, "etc/bazelw", f"{bazel}\n")


def _write(root: str, name: str, text: str) -> None:
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def _bazelrc(root: str, name: str) -> None:
    path = os.path.join(root, "etc/bazel/bazelrc")
    try:
        with open(path, encoding="utf-8") as source:
            lines = source.readlines()
    except FileNotFoundError:
        raise ToolError("the root has no /etc/bazel/bazelrc", "has the package changed?") from None
    kept = [line for line in lines if not any(flag in line for flag in _UNWANTED)]
    _write(root, "etc/bazel/bazelrc", "".join(kept))
    ours = [
        "common --noenable_workspace",
        # A server that still runs in another root is not this one's: another option starts it anew.
        f"startup --host_jvm_args=-Ddistroless.root={name}",
        # A server writes its classes down when it ends, and the next starts in half the time.
        f"startup --host_jvm_args=-XX:SharedArchiveFile=/{_CLASSES}",
        "startup --host_jvm_args=-XX:+AutoCreateSharedArchive",
    ]
    for stub in _STUBS:
        directory = f"{_STUB_DIRECTORY}/{stub}"
        ours.append(f"common --override_module={stub}=/{directory}")
        _write(root, f"{directory}/MODULE.bazel", f'module(name = "{stub}")\n')
        _write(root, f"{directory}/BUILD.bazel", "")
    _write(root, f"{_STUB_DIRECTORY}/buildozer/buildozer_binary.bzl", _BUILDOZER)
    _write(root, "etc/bazel.bazelrc", "\n".join([*ours, ""]))


def _locale(root: str) -> None:
    """The locale of Bazel's server, without which it cannot name files that are not ASCII."""
    sources = os.path.join(root, "usr/share/i18n")
    if not os.path.exists(sources):
        return
    # By the root's own libc, wherever this runs.
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


def _certificates(root: str) -> None:
    """The bundle of ca-certificates, for machines that have none of their own."""
    os.makedirs(os.path.join(root, os.path.dirname(_CERTIFICATES)), exist_ok=True)
    paths = sorted(glob.glob("usr/share/ca-certificates/*/*.crt", root_dir=root))
    with open(os.path.join(root, _CERTIFICATES), "wb") as out:
        for path in paths:
            with open(os.path.join(root, path), "rb") as source:
                out.write(source.read().rstrip(b"\n") + b"\n")
    write_trust_store(root, os.path.join(root, _CERTIFICATES))


def write_trust_store(root: str, bundle: str) -> None:
    """Makes Java trust the certificates of `bundle`, a PEM file.

    One that cannot be read is left out, as Debian's ca-certificates-java does. The trust store gets
    the time of the bundle: bazelw sees by it when there is another.

    Raises:
        ToolError: not one certificate; the trust store stays as it was.
    """
    with open(bundle, "rb") as source:
        time = os.fstat(source.fileno()).st_mtime_ns
        data = source.read()
    found = []
    for at, block in enumerate(_BLOCK.findall(data)):
        with contextlib.suppress(ToolError, ValueError):
            certificate = pem.certificates(block, bundle)[0]
            not_before(certificate)
            found.append(Named(f"{at:04}.pem", certificate))
    if not found:
        raise ToolError(f"{bundle}: holds no certificate", "update-ca-certificates makes it anew")
    path = os.path.join(root, TRUST_STORE)
    with atomic_write(path) as out:
        out.write(trust_store(aliases(found)))
    os.utime(path, ns=(time, time))
