"""Mutated packages, releases of Node.js and layers, and the tools that read them."""

from __future__ import annotations

import datetime
import gzip
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.hostile.deb_variants import generate as generate_deb
from tests.hostile.mutations import mutate_bytes, mutate_tar
from tests.hostile.tar_programs import ours, python
from tools.lib.archive.tar_entry import path_bytes
from tools.lib.archive.testing import archive, header, pax
from tools.lib.debian.testing import (
    COMPRESSIONS,
    CONTROL,
    PackedEntry,
    ar,
    file,
    hardlink,
    symlink,
    tar,
)
from tools.lib.elf.testing import shared_library
from tools.lib.part.part_json import read_part
from tools.node.testing import npm, program


@dataclass(frozen=True, slots=True)
class Case:
    """Files by their paths, and the tool that reads them with its arguments.

    The tool runs in the directory of the files. `outputs` are the files that it may write; if it
    fails, it must not leave any. `check` says what is wrong with them if it succeeds.
    """

    files: Mapping[str, bytes]
    module: str
    arguments: Sequence[str]
    outputs: Sequence[str] = ()
    check: Callable[[Path], str] = lambda directory: ""


_COMPRESS: Mapping[str, Callable[[bytes], bytes]] = COMPRESSIONS
_LIBRARY = shared_library("libx.so.1")
ENTRIES = (
    file("./usr/lib/libx.so.1.0", _LIBRARY),
    symlink("./usr/lib/libx.so.1", "libx.so.1.0"),
    file("./usr/bin/a", b"#!/bin/sh\n", 0o755),
    hardlink("./usr/bin/b", "./usr/bin/a"),
    file("./etc/ld.so.conf", b"include /etc/ld.so.conf.d/*\n"),
    file("./usr/share/doc/sample/copyright", b"License: GPL-2\n"),
)
TAR = tar(*ENTRIES)
_PAX_TAR = archive(
    pax([(b"path", b"p" * 120), (b"mtime", b"5.5"), (b"SCHILY.xattr.user.a", b"v")]),
    header(size=3),
    b"abc",
    header(name=b"d/", typeflag=b"5"),
    header(name=b"d/l", typeflag=b"2", link=b"p" * 100),
)


def deb(dice: random.Random) -> Case:
    """A package: its ar archive, its compression, its headers or its control file is changed."""
    kind = dice.randrange(5)
    if kind == 0:
        data = generate_deb(dice.randrange(1 << 30))
    else:
        data = _mutate_package(dice, CONTROL, dice.choice([TAR, _PAX_TAR]))
    outputs = ["o.blob", "o.json", "o.layer.json"]
    flags = ["--blob-out=o.blob", "--part-out=o.json", "--layer-out=o.layer.json"]
    flags += dice.choice([[], ["--merged-usr"], ["--no-default-excludes"]])
    arguments = ["--deb=in.deb", "--label=x", *flags]
    return Case({"in.deb": data}, "tools.deb", arguments, outputs, _check_layer)


def _check_layer(directory: Path) -> str:
    """The layer has to be one that readers read alike, and to have what its part.json lists."""
    data = gzip.decompress((directory / "o.blob").read_bytes())
    seen = ours(data, for_runtime=True)
    if python(data) != seen:
        return "a layer that Python reads differently"
    part = read_part(str(directory / "o.json"))
    listed = [path_bytes(entry.path) for entry in part.entries]
    if [each.path for each in seen if each.type != "directory"] != listed:
        return "a layer with other entries than part.json lists"
    return ""


def _mutate_package(dice: random.Random, control: bytes, files: bytes) -> bytes:
    controls = tar(file("./control", control))
    kind = dice.randrange(4)
    if kind == 0:
        controls = tar(file("./control", mutate_bytes(dice, control)))
    elif kind == 1:
        controls = mutate_tar(dice, controls)
    else:
        files = mutate_tar(dice, files)
    suffix = dice.choice(["", ".gz", ".zst"])
    members = [
        ("debian-binary", b"2.0\n"),
        (f"control.tar{suffix}", _COMPRESS[suffix](controls)),
        (f"data.tar{suffix}", _COMPRESS[suffix](files)),
    ]
    data = ar(members)
    return mutate_bytes(dice, data) if dice.random() < 0.1 else data


def node(dice: random.Random) -> Case:
    """A release of Node.js, repacked by the npm registry."""
    executable = program()
    if dice.random() < 0.3:
        executable = mutate_bytes(dice, executable)
    data = tar(*npm(executable))
    if dice.random() < 0.7:
        data = mutate_tar(dice, data)
    flags = ["--strip-prefix=package", "--version=24.1.0", "--architecture=amd64", "--mtime=5"]
    outputs = ["--blob-out=o.blob", "--part-out=o.json", "--label=x"]
    files = {"in.tgz": _COMPRESS[".gz"](data)}
    return Case(files, "tools.node", ["--archive=in.tgz", *flags, *outputs], ["o.blob", "o.json"])


def certificates(dice: random.Random) -> Case:
    """A package of certificates, and one of the user."""
    pem, own = _CERTIFICATE, _CERTIFICATE
    if dice.random() < 0.4:
        pem = mutate_bytes(dice, pem)
    elif dice.random() < 0.7:
        own = mutate_bytes(dice, own)
    entries: list[PackedEntry] = [
        file("./usr/share/ca-certificates/mozilla/a.crt", pem),
        file("./usr/share/doc/ca-certificates/copyright", b"free"),
    ]
    control = CONTROL.replace(b"sample", b"ca-certificates").replace(b"amd64", b"all")
    data = tar(*entries)
    package = ar(
        [
            ("debian-binary", b"2.0\n"),
            ("control.tar", tar(file("./control", control))),
            ("data.tar", data),
        ]
    )
    if dice.random() < 0.3:
        package = _mutate_package(dice, control, data)
    outputs = ["--blob-out=o.blob", "--part-out=o.json", "--label=x"]
    arguments = ["--deb=in.deb", "--certificate=own.pem", *outputs]
    module, flags = dice.choice(
        [("tools.ca_bundle", ["--hashed"]), ("tools.java_keystore", ["--path=/etc/cacerts"])]
    )
    files = {"in.deb": package, "own.pem": own}
    return Case(files, module, [*arguments, *flags], ["o.blob", "o.json"])


def _certificate() -> bytes:
    """A certificate of the same bytes each time: Ed25519 signatures are deterministic."""
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")])
    day = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day)
    return builder.sign(key, None).public_bytes(Encoding.PEM)


_CERTIFICATE = _certificate()


def mutate_layer(dice: random.Random) -> bytes:
    data = mutate_tar(dice, dice.choice([TAR, _PAX_TAR]))
    data = _COMPRESS[dice.choice(["", ".gz", ".zst"])](data)
    return mutate_bytes(dice, data) if dice.random() < 0.1 else data


def tar_layer(dice: random.Random) -> Case:
    """A tar, described as a layer."""
    arguments = ["--tar=in.tar", "--layer-out=o.json", "--part-out=p.json", "--label=x"]
    return Case({"in.tar": mutate_layer(dice)}, "tools.tar_layer", arguments, ["o.json", "p.json"])


def ld_so_cache(dice: random.Random) -> Case:
    """A tar, searched for libraries; its configuration and its ELF file are changed too."""
    library, conf = _LIBRARY, b"include /etc/ld.so.conf.d/*\n/usr/lib\n"
    if dice.random() < 0.5:
        library = mutate_bytes(dice, library)
    if dice.random() < 0.5:
        conf = mutate_bytes(dice, conf)
    data = tar(file("usr/lib/libx.so.1", library), file("etc/ld.so.conf", conf))
    if dice.random() < 0.3:
        data = mutate_tar(dice, data)
    outputs = ["o.blob", "o.json"]
    arguments = ["--tar=in.tar", "--architecture=amd64", "--label=x"]
    flags = ["--blob-out=o.blob", "--part-out=o.json"]
    return Case({"in.tar": data}, "tools.ld_so_cache", [*arguments, *flags], outputs)
