from __future__ import annotations

from pathlib import Path

import pytest

from tools.ld_so_cache.__main__ import main
from tools.ld_so_cache.needed import needed_directories
from tools.lib.debian.architectures import find_architecture
from tools.lib.part.part import Part, PartEntry
from tools.lib.part.part_json import read_part, write_part
from tools.lib.part.testing import ARM64, elf, ld_so_cache, part
from tools.lib.rootfs.image import ImageView

_PROGRAM = elf("app/x", "libx.so.1", interpreter="/lib64/ld-linux-x86-64.so.2")
_LIBRARY = elf("usr/local/lib/libx.so.1")


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([_PROGRAM, _LIBRARY], ["/usr/local/lib"]),
        # Found by its soname.
        ([_PROGRAM, elf("opt/libx.so.1.2", soname="libx.so.1")], ["/opt"]),
        # The loader searches here.
        ([_PROGRAM, elf("usr/lib/libx.so.1")], None),
        # Not there at all, for another machine, or ambiguous.
        ([_PROGRAM], None),
        ([_PROGRAM, elf("opt/libx.so.1", machine=ARM64)], None),
        ([_PROGRAM, _LIBRARY, elf("opt/libx.so.1")], None),
        # Nothing needs it.
        ([_LIBRARY], None),
    ],
)
def test_directories_of_libraries(entries: list[PartEntry], expected: list[str] | None) -> None:
    own = {entry.path for entry in entries}
    image = ImageView([part(*entries)])
    assert needed_directories(image, find_architecture("amd64"), own) == expected
    # What the base needs is the base's concern.
    assert needed_directories(image, find_architecture("amd64"), ()) is None


def test_directories_in_the_cache_of_the_base_are_kept() -> None:
    known = ld_so_cache({"libbase.so": ["/opt/base/libbase.so", "/usr/lib/libbase.so"]})
    image = ImageView([part(elf("opt/base/libbase.so"), known), part(_PROGRAM, _LIBRARY)])
    expected = ["/opt/base", "/usr/local/lib"]
    own = {"app/x"}
    assert needed_directories(image, find_architecture("amd64"), own) == expected


@pytest.mark.parametrize(
    ("library", "expected"),
    [
        (elf("usr/lib/libx.so.1.2", soname="libx.so.1"), ["/opt/base"]),
        (elf("opt/base/libx.so.1.2", soname="libx.so.1"), ["/opt/base"]),
        # The cache lists it, ldconfig does not search there, or it is for another machine.
        (elf("usr/lib/libbase.so", soname="libbase.so"), None),
        (elf("usr/lib/x/libx.so.1", soname="libx.so.1"), None),
        (elf("usr/lib/libx.so.1", soname="libx.so.1", machine=ARM64), None),
    ],
)
def test_a_cache_of_the_base_is_kept_up_to_date(
    library: PartEntry, expected: list[str] | None
) -> None:
    known = ld_so_cache({"libbase.so": ["/opt/base/libbase.so"]})
    base = part(elf("opt/base/libbase.so", soname="libbase.so"), known)
    amd64 = find_architecture("amd64")
    own = {library.path}
    assert needed_directories(ImageView([base, part(library)]), amd64, own) == expected
    assert needed_directories(ImageView([part(library)]), amd64, own) is None


def run_main(folder: Path, *new: Part) -> Part:
    """The part that the tool makes for an image of `new` parts; the blob is beside it."""
    flags = [
        "--label",
        "//x",
        "--blob-out",
        str(folder / "blob"),
        "--part-out",
        str(folder / "out"),
    ]
    for number, each in enumerate(new):
        with (folder / str(number)).open("wb") as out:
            write_part(each, out)
        flags += ["--new-part", str(folder / str(number))]
    assert main(flags) == 0
    return read_part(str(folder / "out"))


def test_an_image_that_needs_a_cache_gets_one(tmp_path: Path) -> None:
    made = run_main(tmp_path, part(_PROGRAM, architecture="amd64"), part(_LIBRARY))
    (cache,) = made.entries
    assert (cache.path, made.replaces) == ("etc/ld.so.cache", ("etc/ld.so.cache",))
    assert cache.libraries == {"libx.so.1": ("/usr/local/lib/libx.so.1",)}


@pytest.mark.parametrize(
    "parts",
    [
        [part(_PROGRAM, architecture="amd64"), part(elf("usr/lib/libx.so.1"))],
        # The image has one.
        [part(_PROGRAM, _LIBRARY, ld_so_cache({}), architecture="amd64")],
        # No package tells the architecture, or two tell different ones.
        [part(_PROGRAM, _LIBRARY)],
        [part(_PROGRAM, _LIBRARY, architecture="amd64"), part(architecture="arm64")],
    ],
)
def test_otherwise_the_part_is_empty_and_changes_no_layer(
    tmp_path: Path, parts: list[Part]
) -> None:
    made = run_main(tmp_path, *parts)
    assert (made.entries, made.directories, made.replaces) == ((), (), ())
    assert (tmp_path / "blob").read_bytes() == b""
