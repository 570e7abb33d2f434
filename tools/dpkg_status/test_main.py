from __future__ import annotations

import io
import tarfile
from pathlib import Path

from tools.dpkg_status.__main__ import main
from tools.lib.cli.errors import run
from tools.lib.cli.files import write_json
from tools.lib.oci.descriptor import LAYERS, digest_of
from tools.lib.part.part import Part
from tools.lib.part.part_json import write_part
from tools.lib.part.testing import file, part, symlink

DIRECTORY = "var/lib/dpkg/status.d"


def paragraph(name: str, version: str = "1", more: str = "") -> str:
    return f"Package: {name}\n{more}Version: {version}\nArchitecture: amd64\n"


def status(folder: Path, *flags: str) -> str:
    """Runs the tool; returns the status file."""
    out = folder / "status"
    assert main([*flags, "--status-out", str(out)]) == 0
    return out.read_text()


def write(path: Path, content: Part) -> list[str]:
    with path.open("wb") as out:
        write_part(content, out)
    return ["--part", str(path)]


def tar(path: Path, files: dict[str, str]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


def package_part(name: str, version: str = "1") -> Part:
    return part(
        file(f"{DIRECTORY}/{name}", text=paragraph(name, version)),
        file(f"{DIRECTORY}/{name}.md5sums"),
        package=name,
    )


def test_packages_of_parts_are_sorted_and_installed(tmp_path: Path) -> None:
    flags = write(tmp_path / "1", package_part("tool")) + write(tmp_path / "2", package_part("lib"))
    assert status(tmp_path, *flags) == (
        "Package: lib\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n"
        "\n"
        "Package: tool\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n"
    )


def test_an_image_without_packages_has_an_empty_file(tmp_path: Path) -> None:
    assert status(tmp_path, *write(tmp_path / "1", part(symlink("bin", "usr/bin")))) == ""


def test_a_layout_from_elsewhere_is_read(tmp_path: Path) -> None:
    """As Debian's own images have it, with a layer of status.d and one that deletes from it."""
    installed = paragraph("libc6", "2", "Status: install ok installed\n")
    removed = paragraph("old", more="Status: deinstall ok config-files\n")
    held = paragraph("held", more="Status: hold ok installed\n")
    layers = [
        {"var/lib/dpkg/status": f"{installed}\n{removed}\n{held}\n"},
        {f"{DIRECTORY}/one": paragraph("one"), f"{DIRECTORY}/two": paragraph("two")},
        {f"{DIRECTORY}/.wh.one": ""},
    ]
    blobs = tmp_path / "layout" / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    descriptors = []
    for number, files in enumerate(layers):
        data = tar(tmp_path / f"{number}.tar", files).read_bytes()
        digest = digest_of(data)
        (blobs / digest.removeprefix("sha256:")).write_bytes(data)
        descriptors.append({"mediaType": LAYERS["none"], "digest": digest, "size": len(data)})
    manifest = tmp_path / "manifest.json"
    config = {
        "mediaType": "application/vnd.oci.image.config.v1+json",
        "digest": digest_of(b"{}"),
        "size": 2,
    }
    write_json(
        str(manifest),
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config,
            "layers": descriptors,
        },
    )
    layout = ["--base-manifest", str(manifest), "--layout", str(tmp_path / "layout")]
    above = tar(tmp_path / "above.tar", {f"{DIRECTORY}/libc6": paragraph("libc6", "3")})
    found = status(tmp_path, *layout, "--tar", str(above)).split("\n\n")
    assert [each.split("\n")[0].removeprefix("Package: ") for each in found] == [
        "held",
        "libc6",
        "two",
    ]
    assert found[0] == held.rstrip("\n")
    assert "Version: 3\n" in found[1]


def test_a_malformed_paragraph_is_an_error(tmp_path: Path, capsys: object) -> None:
    flags = write(tmp_path / "1", part(file(f"{DIRECTORY}/x", text="Package: x\nVersion: 1\n")))
    assert run(main, ["dpkg_status", *flags, "--status-out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err  # type: ignore[attr-defined]
    assert error == f"error: {DIRECTORY}/x: Architecture of x: invalid architecture ''\n"
    assert not (tmp_path / "out").exists()
