"""What other programs make of our layouts: skopeo and umoci find in them what dpkg unpacks."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import shutil
import stat
import subprocess
import tarfile
from pathlib import Path
from typing import NamedTuple

import pytest

IMAGE = os.environ["IMAGE"]
INDEX = os.environ["INDEX"]

# What the rule `deb` excludes by default, written again to notice a change of the rule.
LEFT_OUT = [f"usr/share/{name}/*" for name in ("bug", "doc", "info", "lintian", "man")]
# What is in the image and in no package's archive: made at install time, or by our rules.
MADE = [
    "etc/group",
    "etc/nsswitch.conf",
    "etc/passwd",
    "etc/ssl/certs/ca-certificates.crt",
    "usr/lib/os-release",
    "usr/lib/ssl/cert.pem",
    "usr/share/doc/ca-certificates/copyright",
    "var/lib/dpkg/status.d/*",
]
# base-files' own file makes room for the image's.
REPLACED = {"usr/lib/os-release"}

KINDS = {tarfile.DIRTYPE: stat.S_IFDIR, tarfile.SYMTYPE: stat.S_IFLNK}


class Node(NamedTuple):
    """What is compared of a file: everything but its times."""

    kind: int
    mode: int
    owner: tuple[int, int]
    link: str
    content: str


def run(*command: str) -> str:
    """Runs a client and returns its output; what it says on failure is the test's message."""
    if not shutil.which(command[0]):
        pytest.fail(f"{command[0]}: not found (hint: install Debian's package {command[0]})")
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, f"{' '.join(command)}: {result.stderr}"
    return result.stdout


@pytest.fixture
def layouts(tmp_path: Path) -> Path:
    """Copies, as clients write locks and temporary files into a layout."""
    for name, source in (("image", IMAGE), ("index", INDEX)):
        shutil.copytree(source, tmp_path / name, copy_function=shutil.copyfile)
        for directory in (tmp_path / name).rglob("*"):
            directory.chmod(0o755 if directory.is_dir() else 0o644)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def test_layout_holds_regular_files_only() -> None:
    for directory, names, files in os.walk(INDEX):
        for name in names + files:
            path = os.path.join(directory, name)
            # Runfiles are links themselves, of the name that they lead to.
            within = os.path.relpath(path, INDEX)
            assert not os.path.islink(path) or os.path.realpath(path).endswith(within), path
    assert len(os.listdir(os.path.join(INDEX, "blobs", "sha256"))) > int(os.environ["PLATFORMS"])


def test_skopeo_inspects_the_image() -> None:
    found = json.loads(run("skopeo", "inspect", f"oci:{IMAGE}"))
    assert (found["Os"], found["Architecture"]) == ("linux", "amd64")
    assert "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt" in found["Env"]


def test_skopeo_copies_the_whole_index(tmp_path: Path) -> None:
    index = json.loads(run("skopeo", "inspect", "--raw", f"oci:{INDEX}"))
    assert len(index["manifests"]) == int(os.environ["PLATFORMS"])
    run("skopeo", "copy", "--quiet", "--all", f"oci:{INDEX}", f"dir:{tmp_path}/copy")


def unpacked_by_dpkg() -> dict[str, Node]:
    """What `dpkg-deb` unpacks of the image's packages, less what is left out."""
    nodes: dict[str, Node] = {}
    for deb in os.environ["DEBS"].split():
        if not shutil.which("dpkg-deb"):
            pytest.fail("dpkg-deb: not found (hint: install Debian's package dpkg)")
        with (
            subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as dpkg,
            tarfile.open(fileobj=dpkg.stdout, mode="r|") as archive,
        ):
            for member in archive:
                path = member.name.removeprefix("./").rstrip("/")
                dropped = any(fnmatch.fnmatch(path, pattern) for pattern in LEFT_OUT)
                if path in REPLACED or (dropped and not path.endswith("/copyright")):
                    continue
                data = archive.extractfile(member) if member.isreg() else None
                content = hashlib.sha256(data.read()).hexdigest() if data else ""
                if member.islnk():
                    content = nodes[member.linkname.removeprefix("./")].content
                nodes[path] = Node(
                    KINDS.get(member.type, stat.S_IFREG),
                    0o777 if member.issym() else member.mode,
                    (member.uid, member.gid),
                    member.linkname if member.issym() else "",
                    content,
                )
    return nodes


def owners(layout: Path) -> dict[str, tuple[int, int]]:
    """Who owns what, by the headers of all layers of a layout's one image, applied in turn.

    What is unpacked cannot tell: in a user namespace, such as a sandbox's, all is of one user.
    """

    def read(descriptor: dict[str, str]) -> Path:
        return layout / "blobs" / descriptor["digest"].replace(":", "/")

    (image,) = json.loads((layout / "index.json").read_text())["manifests"]
    # No layer has the root itself, which clients make.
    found = {".": (0, 0)}
    for descriptor in json.loads(read(image).read_text())["layers"]:
        with tarfile.open(read(descriptor)) as archive:
            for member in archive:
                owner = found[member.linkname] if member.islnk() else (member.uid, member.gid)
                found[member.name] = owner
    return found


@pytest.mark.parametrize("layout", ["image", "index"])
def test_umoci_unpacks_what_dpkg_does(layouts: Path, layout: str) -> None:
    bundle = layouts / "bundle"
    source = layouts / layout
    # The name in a layout is that of the target, without its package's: debian12, amd64_debian12.
    tag = os.path.basename(IMAGE if layout == "image" else INDEX).removeprefix("static_")
    if layout == "index":
        # umoci knows no platforms: of an index it asks for one image.
        index, source = source, layouts / "chosen"
        chosen = (f"oci:{index}:{tag}", f"oci:{source}:{tag}")
        run("skopeo", "--override-arch=amd64", "copy", "--quiet", *chosen)
    run("umoci", "unpack", "--rootless", "--image", f"{source}:{tag}", str(bundle))
    owner_of = owners(source)
    expected = unpacked_by_dpkg()
    assert len(expected) > 1000
    assert owner_of["home/nonroot"] == (65532, 0)
    differences = []
    for path, node in expected.items():
        found = bundle / "rootfs" / path
        if not os.path.lexists(found):
            if node.kind != stat.S_IFDIR or not path.startswith("usr/share/"):
                differences.append(f"{path}: missing")
            continue
        status = found.lstat()
        regular = stat.S_ISREG(status.st_mode)
        actual = Node(
            stat.S_IFMT(status.st_mode),
            stat.S_IMODE(status.st_mode),
            owner_of[path],
            os.readlink(found) if found.is_symlink() else "",
            hashlib.sha256(found.read_bytes()).hexdigest() if regular else "",
        )
        if actual != node:
            differences.append(f"{path}: {actual}, and dpkg has {node}")
    for directory, _, names in os.walk(bundle / "rootfs"):
        for path in (
            os.path.relpath(os.path.join(directory, name), bundle / "rootfs") for name in names
        ):
            if path not in expected and not any(fnmatch.fnmatch(path, made) for made in MADE):
                differences.append(f"{path}: from no package")
    assert not differences, "\n".join(differences[:20])
