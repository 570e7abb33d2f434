from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tools.check_image.findings import Finding
from tools.check_image.path_checks import check_directories, check_merged_usr, check_paths
from tools.lib.debian.package import BinaryPackage
from tools.lib.part.part import Part, PartEntry
from tools.lib.part.testing import directory, file, hardlink, part, symlink
from tools.lib.rootfs.image import ImageView


def path_findings(*parts: Part) -> list[Finding]:
    return list(check_paths(ImageView(parts).conflicts))


def test_duplicate_entry_names_both_parts() -> None:
    parts = [part(file("etc/x"), package="a"), part(file("etc/x"), package="b")]
    (found,) = path_findings(*parts)
    assert (found.path, found.owner) == ("etc/x", "b 1")
    assert found.fault == "duplicate entry: also in a 1"
    assert found.hint == "exclude it from one of them"


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("etc/passwd", "set `base` of the target to the image underneath, whose users stay then"),
        ("etc/x", "leave it out, or list it in `replaces` of the target"),
    ],
)
def test_generated_entry_over_one_of_the_base_has_a_hint_that_works(path: str, hint: str) -> None:
    base, own = (part(file(path), label=label) for label in ("//base:passwd", "//:passwd"))
    (found,) = path_findings(base, own)
    assert found.hint == hint


def test_replaced_path_is_not_a_duplicate() -> None:
    newer = part(file("etc/x"), label="//x:newer", replaces=("etc/x",))
    assert path_findings(part(file("etc/x")), newer) == []
    (found,) = path_findings(newer, part(file("etc/x"), label="//x:other"))
    assert found.owner == "//x:other"


def test_directory_may_be_in_two_parts_but_not_over_a_link() -> None:
    shared = part(directories=(directory("etc"),))
    assert path_findings(shared, shared) == []
    below = part(file("lib/x"), package="old")
    (found,) = path_findings(part(symlink("lib", "usr/lib"), package="base-files"), below)
    assert (found.path, found.owner) == ("lib", "old 1")
    assert found.fault == "directory, but symlink to usr/lib in base-files 1"


@pytest.mark.parametrize(
    ("entry", "fits"),
    [
        (symlink("lib64", "usr/lib64"), True),
        (symlink("bin", "/usr/bin"), True),
        (file("usr/bin/x"), True),
        (file("library/x"), True),
        (symlink("sbin", "usr/bin"), False),
        (file("lib64/ld.so"), False),
        (symlink("bin/sh", "dash"), False),
        (file("lib"), False),
    ],
)
def test_merged_usr(entry: PartEntry, fits: bool) -> None:
    merged = part(symlink("lib32", "usr/lib32"))
    assert [found.path for found in check_merged_usr([merged, part(entry)])] == (
        [] if fits else [entry.path]
    )
    assert fits or list(check_merged_usr([part(entry)])) == []


def test_empty_directory_in_the_place_of_a_merged_usr_link() -> None:
    parts = [part(symlink("bin", "usr/bin"), directories=(directory("lib64"),))]
    assert [found.path for found in check_merged_usr(parts)] == ["lib64"]


# An image of Debian 13, and what tars do to it.
DEBIAN = part(
    symlink("lib", "usr/lib"),
    file("usr/lib/x86_64-linux-gnu/libc.so.6"),
    file("etc/passwd"),
    package="base-files",
    directories=[directory("tmp", 0o1777), directory("etc"), directory("usr/lib")],
)


def tar(*entries: PartEntry, directories: Sequence[str] = ()) -> Part:
    """A layer from elsewhere, as tar(1) makes it of a directory."""
    return part(
        *entries,
        label="//app:app.tar",
        directories=[directory(path) for path in directories],
        foreign=True,
    )


def tar_findings(part: Part, *more: Part) -> list[tuple[str, str, str]]:
    """Check, path and owner of what the tar does wrong."""
    image = ImageView([DEBIAN, part, *more])
    found = [
        *check_paths(image.conflicts),
        *check_directories(image.parts),
        *check_merged_usr(image.parts),
    ]
    return [(each.check, each.path, each.owner) for each in found]


def test_directory_in_a_tar_hides_a_link() -> None:
    own = tar(file("lib/x86_64-linux-gnu/libfoo.so"), directories=["lib", "lib/x86_64-linux-gnu"])
    assert tar_findings(own) == [
        ("path", "lib", "//app:app.tar"),
        ("merged-usr", "lib", "//app:app.tar"),
    ]
    (found,) = path_findings(DEBIAN, own)
    assert found.fault == "directory, but symlink to usr/lib in base-files 1"
    assert found.hint == "leave the entry of the directory itself out of the tar"


def test_file_in_a_tar_goes_through_a_link() -> None:
    assert tar_findings(tar(file("lib/x86_64-linux-gnu/libfoo.so"))) == []
    (found,) = path_findings(DEBIAN, tar(file("lib/x86_64-linux-gnu/libc.so.6")))
    assert found.path == "usr/lib/x86_64-linux-gnu/libc.so.6"
    assert found.fault == "duplicate entry: also in base-files 1"
    assert found.hint == "leave it out of the tar, or list it in a file of `waivers`"


def test_directories_of_a_tar_may_be_those_of_the_image() -> None:
    own = tar(file("etc/app/conf"), directories=["etc", "etc/app", "opt"])
    assert tar_findings(own) == []


def test_directory_in_a_tar_changes_a_mode() -> None:
    own = tar(directories=["tmp", "etc"])
    assert tar_findings(own) == [("directory", "tmp", "//app:app.tar")]
    (found,) = check_directories([DEBIAN, own])
    assert found.fault == "directory of mode and owner 0755 0:0, but 1777 0:0 in base-files 1"


def test_directory_in_a_tar_changes_an_owner() -> None:
    own = part(directories=[directory("etc", uid=1000, gid=1000)], foreign=True)
    (found,) = check_directories([DEBIAN, own])
    assert "0755 1000:1000, but 0755 0:0 in base-files 1" in found.fault


def test_root_directory_of_a_tar() -> None:
    assert tar_findings(tar(directories=[""])) == []
    own = part(directories=[directory("", 0o700, uid=1000)], label="//app:app.tar", foreign=True)
    (found,) = check_directories([DEBIAN, own])
    assert (found.path, found.owner) == ("", "//app:app.tar")
    assert found.fault == (
        "directory / of mode and owner 0700 1000:0, but 0755 0:0 in the container runtime"
    )


def test_declared_directory_may_change_a_mode() -> None:
    assert list(check_directories([DEBIAN, part(directories=[directory("tmp", 0o755)])])) == []


def test_directory_that_nobody_declared_may_have_any_mode() -> None:
    below = part(file("opt/x"))
    own = part(directories=[directory("opt", 0o775)], foreign=True)
    assert list(check_directories([below, own])) == []


@pytest.mark.parametrize(
    ("own", "check", "fault"),
    [
        (
            tar(file("etc/passwd/x")),
            "path",
            "below /etc/passwd, which is not a directory in base-files 1",
        ),
        (
            tar(hardlink("q/g", "q/f"), file("q/f")),
            "link",
            "hard link to q/f, which is not an earlier file of the image",
        ),
        (tar(file("etc")), "path", "file, but directory in base-files 1"),
    ],
)
def test_entry_that_cannot_be_unpacked(own: Part, check: str, fault: str) -> None:
    (found,) = path_findings(DEBIAN, own)
    assert (found.check, found.owner, found.fault) == (check, "//app:app.tar", fault)


def test_hard_link_to_a_file_of_a_layer_below() -> None:
    assert tar_findings(tar(hardlink("etc/passwd-", "etc/passwd"))) == []
    assert tar_findings(tar(hardlink("etc/libc", "lib/x86_64-linux-gnu/libc.so.6"))) == []


def test_whiteout_makes_room() -> None:
    deletes = tar(file("etc/.wh.passwd"))
    assert tar_findings(deletes, part(file("etc/passwd"), package="b")) == []
    assert tar_findings(tar(file("etc/.wh.passwd"), file("etc/passwd"))) == []


def test_two_versions_of_a_package_have_a_hint_about_locks() -> None:
    old = part(file("usr/a"), package="libssl3")
    new = replace(old, package=BinaryPackage("libssl3", "2", "amd64", "libssl3"))
    (found,) = path_findings(old, new)
    assert found.fault == "duplicate entry: also in libssl3 1"
    assert found.hint.startswith("lock them together: set `base` of apt.install")
