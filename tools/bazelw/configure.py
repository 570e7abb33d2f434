"""What Debian's maintainer scripts would have done, as far as Bazel needs it.

Standard library only.
"""

from __future__ import annotations

import contextlib
import glob
import os

from tools.ca_bundle import pem
from tools.java_keystore.jks import Named, aliases, trust_store
from tools.lib.errors import ToolError
from tools.lib.files import atomic_write

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
_STUB_DIRECTORY = "/usr/share/bazel/stubs"
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
# In the root alone: the machine's own /etc/ssl/certs is bound over the root's.
TRUST_STORE = "etc/java-trust-store"


def configure(root: str) -> None:
    """Makes a tree of unpacked packages one that Bazel runs in."""
    for link, pattern in _LINKS.items():
        for target in sorted(glob.glob(os.path.join(root, pattern)))[-1:]:
            path = os.path.join(root, link)
            if not os.path.lexists(path):
                os.symlink("/" + os.path.relpath(target, root), path)
    _bazelrc(root)
    _certificates(root)
    for cacerts in glob.glob(os.path.join(root, "usr/lib/jvm/*/lib/security/cacerts")):
        os.unlink(cacerts)
        os.symlink(f"/{TRUST_STORE}", cacerts)
    for directory in ("dev", "proc", "sys", "tmp", "root", "home", "run", "var/tmp"):
        os.makedirs(os.path.join(root, directory), exist_ok=True)
    # Files of the machine are bound over these.
    for name in ("passwd", "group", "hosts", "resolv.conf", "pip.conf"):
        with open(os.path.join(root, "etc", name), "ab"):
            pass


def _bazelrc(root: str) -> None:
    path = os.path.join(root, "etc/bazel/bazelrc")
    try:
        with open(path, encoding="utf-8") as source:
            lines = source.readlines()
    except FileNotFoundError:
        raise ToolError("the root has no /etc/bazel/bazelrc", "has the package changed?") from None
    kept = [line for line in lines if not any(flag in line for flag in _UNWANTED)]
    with atomic_write(path) as out:
        out.write("".join(kept).encode())
    ours = ["common --noenable_workspace"]
    for name in _STUBS:
        ours.append(f"common --override_module={name}={_STUB_DIRECTORY}/{name}")
        directory = os.path.join(root, _STUB_DIRECTORY.lstrip("/"), name)
        os.makedirs(directory)
        files = {"MODULE.bazel": f'module(name = "{name}")\n', "BUILD.bazel": ""}
        if name == "buildozer":
            files["buildozer_binary.bzl"] = _BUILDOZER
        for file, content in files.items():
            with open(os.path.join(directory, file), "w", encoding="utf-8") as out:
                out.write(content)
    with atomic_write(os.path.join(root, "etc/bazel.bazelrc")) as out:
        out.write("\n".join([*ours, ""]).encode())


def _certificates(root: str) -> None:
    """The bundle of ca-certificates, for machines that have none of their own."""
    os.makedirs(os.path.join(root, os.path.dirname(_CERTIFICATES)), exist_ok=True)
    paths = sorted(glob.glob(os.path.join(root, "usr/share/ca-certificates/*/*.crt")))
    with open(os.path.join(root, _CERTIFICATES), "wb") as out:
        for path in paths:
            with open(path, "rb") as source:
                out.write(source.read().rstrip(b"\n") + b"\n")
    write_trust_store(root, os.path.join(root, _CERTIFICATES))


def write_trust_store(root: str, bundle: str) -> None:
    """Makes Java trust the certificates of `bundle`, a PEM file; a damaged one changes nothing."""
    with contextlib.suppress(FileNotFoundError), open(bundle, "rb") as source:
        found = pem.certificates(source.read(), bundle)
        entries = aliases(Named(f"{at:04}.pem", each) for at, each in enumerate(found))
        with atomic_write(os.path.join(root, TRUST_STORE)) as out:
            out.write(trust_store(entries))
