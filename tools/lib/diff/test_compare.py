from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from tools.lib.archive.testing import pax
from tools.lib.cli.errors import ToolError
from tools.lib.diff.compare import compare_sets
from tools.lib.diff.images import Cost, ImageSet
from tools.lib.diff.layout_images import layout_images
from tools.lib.diff.result import FileChange, ImageDiff, PackageChange, SetDiff
from tools.lib.diff.testing import (
    directory,
    file,
    hardlink,
    image_layout,
    index_layout,
    layer,
    package,
    symlink,
)
from tools.lib.oci.descriptor import Platform, digest_of, read_platform

BASE = layer(
    directory("usr"),
    symlink("lib", "usr/lib"),
    directory("usr/lib"),
    file("etc/passwd", b"root"),
)


def compare(old: str, new: str, platform: str = "") -> SetDiff:
    wanted = read_platform(platform) if platform else None
    return compare_sets(layout_images(old), layout_images(new), platform=wanted)


def compare_layers(folder: Path, old: list[bytes], new: list[bytes]) -> ImageDiff:
    diff = compare(image_layout(folder / "old", *old), image_layout(folder / "new", *new))
    (image,) = diff.images
    assert not diff.is_equal
    return image


def summary(changes: tuple[FileChange, ...]) -> list[tuple[str, str]]:
    """Paths with what differs, or `added` or `removed`."""
    return [
        (
            each.path,
            " ".join(each.fields) if each.old and each.new else "added" if each.new else "removed",
        )
        for each in changes
    ]


def forget(layouts: Path, *layers: bytes) -> None:
    """Makes layers of a layout unreadable."""
    for each in layers:
        digest = digest_of(gzip.compress(each, mtime=0)).removeprefix("sha256:")
        (layouts / "blobs/sha256" / digest).unlink()


def test_equal(tmp_path: Path) -> None:
    old, new = (image_layout(tmp_path / name, BASE) for name in ("old", "new"))
    forget(tmp_path / "old", BASE)
    diff = compare(old, new)
    assert diff.is_equal
    assert diff.images == ()
    assert diff.equal_images == (Platform("linux", "amd64"),)


def test_every_kind_of_difference_of_files(tmp_path: Path) -> None:
    old = layer(
        file("content", b"one", mtime=1),
        file("device"),
        file("gone"),
        file("mode"),
        file("owner"),
        file("same", b"x"),
        file("time", mtime=1),
        file("type"),
        file("xattrs"),
        symlink("link", "a"),
    )
    new = layer(
        file("content", b"three", mtime=2),
        file("device"),
        file("mode", mode=0o4755),
        file("new"),
        file("owner", uid=1),
        file("same", b"x"),
        file("time", mtime=2),
        symlink("type", "content"),
        pax([(b"SCHILY.xattr.security.capability", b"\1")]) + file("xattrs"),
        symlink("link", "b"),
    )
    image = compare_layers(tmp_path, [old], [new])
    assert summary(image.files) == [
        ("/content", "size content mtime"),
        ("/gone", "removed"),
        ("/link", "link"),
        ("/mode", "mode"),
        ("/new", "added"),
        ("/owner", "owner"),
        ("/time", "mtime"),
        ("/type", "type mode content link"),
        ("/xattrs", "xattrs"),
    ]
    assert [each.path for each in image.files if each.is_time_only] == ["/time"]
    assert (image.sizes.old_unpacked, image.sizes.new_unpacked) == (4, 6)
    assert image.sizes.unpacked_change == 2


def test_content_of_the_same_size(tmp_path: Path) -> None:
    image = compare_layers(tmp_path, [layer(file("a", b"1"))], [layer(file("a", b"2"))])
    assert summary(image.files) == [("/a", "content")]
    assert image.sizes.unpacked_change == 0


def test_hard_links_are_not_copies(tmp_path: Path) -> None:
    old = layer(file("a", b"1"), hardlink("b", "a"), hardlink("c", "b"))
    new = layer(file("a", b"1"), hardlink("b", "a"), file("c", b"1"))
    image = compare_layers(tmp_path, [old], [new])
    assert summary(image.files) == [("/c", "hardlink")]
    assert image.files[0].old
    assert image.files[0].old.hardlink == "/a"
    assert (image.sizes.old_unpacked, image.sizes.new_unpacked) == (1, 2)


def test_packages_and_owners(tmp_path: Path) -> None:
    old = layer(
        package("gone", "1"),
        package("libx", "1.0-1", ("usr/lib/x.so", b"1"), ("lib/y.so", b"1")),
    )
    new = layer(
        package("libx", "1.0-2", ("usr/lib/x.so", b"2"), ("lib/y.so", b"2")),
        package("new", "2:3", ("new", b"")),
    )
    image = compare_layers(tmp_path, [BASE, old], [BASE, new])
    assert image.packages == (
        PackageChange("gone", "amd64", "1", None),
        PackageChange("libx", "amd64", "1.0-1", "1.0-2"),
        PackageChange("new", "amd64", None, "2:3"),
    )
    owners = {each.path: each.package for each in image.files}
    assert owners == {
        "/new": "new",
        "/usr/lib/x.so": "libx",
        "/usr/lib/y.so": "libx",
        "/var/lib/dpkg/status.d/gone": "gone",
        "/var/lib/dpkg/status.d/gone.md5sums": "gone",
        "/var/lib/dpkg/status.d/libx": "libx",
        "/var/lib/dpkg/status.d/libx.md5sums": "libx",
        "/var/lib/dpkg/status.d/new": "new",
        "/var/lib/dpkg/status.d/new.md5sums": "new",
    }


def test_database_of_dpkg_itself(tmp_path: Path) -> None:
    def image(version: str) -> bytes:
        status = (
            f"Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: {version}\n"
        )
        return layer(
            symlink("lib", "usr/lib"),
            file("usr/lib/a", version.encode()),
            file("var/lib/dpkg/info/a:all.list", b"/.\n/lib\n/lib/a\n/missing\n"),
            file("var/lib/dpkg/status", status.encode()),
        )

    diff = compare_layers(tmp_path, [image("1")], [image("2")])
    assert diff.packages == (PackageChange("a", "all", "1", "2"),)
    assert [(each.path, each.package) for each in diff.files] == [
        ("/usr/lib/a", "a"),
        ("/var/lib/dpkg/status", ""),
    ]


def test_shared_layers_are_not_read(tmp_path: Path) -> None:
    top = layer(file("top"))
    old = image_layout(tmp_path / "old", BASE, layer(file("a", b"1")), top)
    new = image_layout(tmp_path / "new", BASE, layer(file("a", b"2")), top)
    for name in ("old", "new"):
        forget(tmp_path / name, BASE, top)
    (image,) = compare(old, new).images
    assert summary(image.files) == [("/a", "content")]
    assert (image.sizes.old_unpacked, image.sizes.unpacked_change) == (None, 0)
    assert [each.number for each in image.layers.only_new] == [2]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([file("etc/passwd", b"other")], [("/etc/passwd", "content size")]),
        ([file("etc/.wh.passwd")], [("/etc/passwd", "removed")]),
        (
            [file("etc/.wh..wh..opq"), file("etc/new")],
            [("/etc/new", "added"), ("/etc/passwd", "removed")],
        ),
        ([hardlink("etc/p", "etc/passwd")], [("/etc/p", "added")]),
        ([file("lib/x")], [("/usr/lib/x", "added")]),
    ],
)
def test_shared_layers_are_read_where_others_depend_on_them(
    tmp_path: Path, entries: list[bytes], expected: list[tuple[str, str]]
) -> None:
    image = compare_layers(tmp_path, [BASE], [BASE, layer(*entries)])
    found = [(path, " ".join(sorted(text.split()))) for path, text in summary(image.files)]
    assert found == expected
    assert image.sizes.old_unpacked == 4
    assert image.unread == 0


def downloaded(images: ImageSet) -> ImageSet:
    """The same images as if a registry had their layers."""
    return replace(
        images,
        images=tuple(
            replace(image, layers=tuple(replace(each, cost=Cost.DOWNLOAD) for each in image.layers))
            for image in images.images
        ),
    )


def test_shared_layers_are_not_downloaded(tmp_path: Path) -> None:
    old = downloaded(layout_images(image_layout(tmp_path / "old", BASE)))
    top = layer(file("etc/passwd", b"other"))
    new = downloaded(layout_images(image_layout(tmp_path / "new", BASE, top)))
    (image,) = compare_sets(old, new).images
    assert summary(image.files) == [("/etc", "added"), ("/etc/passwd", "added")]
    assert image.unread == 1
    (image,) = compare_sets(old, new, all_layers=True).images
    assert summary(image.files) == [("/etc/passwd", "size content")]
    assert image.unread == 0
    # What deletes something of them cannot be understood without them.
    new = downloaded(
        layout_images(image_layout(tmp_path / "wh", BASE, layer(file("etc/.wh.passwd"))))
    )
    (image,) = compare_sets(old, new).images
    assert summary(image.files) == [("/etc/passwd", "removed")]


def test_order_of_layers(tmp_path: Path) -> None:
    a, b = layer(file("x", b"a")), layer(file("x", b"b"))
    image = compare_layers(tmp_path, [a, b], [b, a])
    assert image.layers.reordered
    assert image.layers.only_old == image.layers.only_new == ()
    assert summary(image.files) == [("/x", "content")]


def test_directory_in_the_place_of_a_link(tmp_path: Path) -> None:
    top = layer(directory("lib"), file("lib/x"))
    image = compare_layers(tmp_path, [BASE], [BASE, top])
    assert summary(image.files) == [("/lib", "type mode link"), ("/lib/x", "added")]


def test_indexes(tmp_path: Path) -> None:
    one, two = layer(file("a", b"1")), layer(file("a", b"2"))
    old = index_layout(tmp_path / "old", {"amd64": [one], "arm64": [one], "s390x": [one]})
    new = index_layout(tmp_path / "new", {"amd64": [two], "arm64": [one], "riscv64": [one]})
    diff = compare(old, new)
    assert [str(each) for each in diff.only_old] == ["linux/s390x"]
    assert [str(each) for each in diff.only_new] == ["linux/riscv64"]
    assert [str(each) for each in diff.equal_images] == ["linux/arm64"]
    assert [str(each.platform) for each in diff.images] == ["linux/amd64"]
    assert not diff.is_equal

    assert compare(old, new, "linux/arm64").is_equal
    assert not compare(old, new, "linux/amd64").is_equal
    with pytest.raises(ToolError, match="old: no image for linux/riscv64"):
        compare(old, new, "linux/riscv64")


def test_image_and_index(tmp_path: Path) -> None:
    one = layer(file("a", b"1"))
    index = index_layout(tmp_path / "index", {"amd64": [one], "arm64": [one]})
    assert compare(image_layout(tmp_path / "same", one, architecture="arm64"), index).is_equal
    single = image_layout(tmp_path / "other", one, architecture="s390x")
    with pytest.raises(ToolError) as caught:
        compare(index, single)
    assert str(caught.value) == (f"{index}: no image for linux/s390x, the platform of {single}")


def test_documents(tmp_path: Path) -> None:
    image = compare(
        image_layout(
            tmp_path / "old",
            BASE,
            config={"Env": ["A=1", "B=2"], "User": "0", "Cmd": ["x"]},
            annotations={"a": "1"},
        ),
        image_layout(
            tmp_path / "new",
            BASE,
            config={"Env": ["B=2", "A=3"], "Cmd": ["x"], "ExposedPorts": {"80/tcp": {}}},
            annotations={"a": "2"},
        ),
    ).images[0]
    assert [(each.path, each.old, each.new) for each in image.config] == [
        (("config", "Env", "A"), ("1",), ("3",)),
        (("config", "ExposedPorts", "80/tcp"), (), ({},)),
        (("config", "User"), ("0",), ()),
    ]
    assert [(each.path, each.old, each.new) for each in image.manifest] == [
        (("annotations", "a"), ("1",), ("2",))
    ]
    assert image.files == ()


def test_digest_that_lies(tmp_path: Path) -> None:
    a, b = layer(file("a", b"1")), layer(file("a", b"2"))
    old, new = image_layout(tmp_path / "old", a), image_layout(tmp_path / "new", b)
    (blob,) = (
        path
        for path in (tmp_path / "new/blobs/sha256").iterdir()
        if path.read_bytes().startswith(b"\x1f\x8b")
    )
    blob.write_bytes(gzip.compress(a, mtime=0))
    with pytest.raises(ToolError, match=r"^/\S+: corrupt layer: its sha256 is [0-9a-f]{64}$"):
        compare(old, new)
    blob.write_bytes(b"not a tar")
    with pytest.raises(ToolError, match=r"^/\S+: not a tar archive$"):
        compare(old, new)
