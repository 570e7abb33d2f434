from __future__ import annotations

import pytest

from tools.check_image import checks, elf_checks
from tools.lib.debian.architectures import find_architecture
from tools.lib.part.part import Part, PartEntry
from tools.lib.part.testing import ARM64, directory, elf, file, part, symlink
from tools.lib.rootfs.image import ImageView


def test_duplicate_entry_names_both_parts() -> None:
    parts = [part(file("etc/x"), package="a"), part(file("etc/x"), package="b")]
    (found,) = checks.check_paths(parts)
    assert (found.path, found.owner, found.fault) == (
        "etc/x",
        "b 1",
        "duplicate entry: also in a 1",
    )


def test_replaced_path_is_not_a_duplicate() -> None:
    newer = part(file("etc/x"), label="//x:newer", replaces=("etc/x",))
    assert list(checks.check_paths([part(file("etc/x")), newer])) == []
    (found,) = checks.check_paths([newer, part(file("etc/x"), label="//x:other")])
    assert found.owner == "//x:other"


def test_the_same_symlink_in_two_parts() -> None:
    one, two = part(symlink("x", "y")), part(symlink("x", "y", mtime=9), package="a")
    assert list(checks.check_paths([one, two])) == []
    (found,) = checks.check_paths([one, part(symlink("x", "z"), package="a")])
    assert (found.path, found.owner) == ("x", "a 1")


def test_directory_may_be_in_two_parts_but_not_over_a_link() -> None:
    shared = part(directories=(directory("etc"),))
    assert list(checks.check_paths([shared, shared])) == []
    below = part(file("lib/x"), package="old")
    (found,) = checks.check_paths([part(symlink("lib", "usr/lib"), package="base-files"), below])
    assert (found.path, found.owner) == ("lib", "old 1")
    assert "not a directory in base-files 1" in found.fault


@pytest.mark.parametrize(
    ("entry", "check"),
    [
        (file("bin/su", 0o4755), "setuid"),
        (file("bin/wall", 0o2755), "setuid"),
        (file("bin/ping", 0o755, xattrs={"security.capability": b"\1"}), "setuid"),
        (file("etc/x", 0o666), "writable"),
        (file("etc/x", 0o755, xattrs={"user.note": b"\1"}), None),
        (symlink("etc/x", "y"), None),
        (file("etc/x", 0o664), None),
    ],
)
def test_modes_of_files(entry: PartEntry, check: str | None) -> None:
    assert [found.check for found in checks.check_modes([part(entry)])] == (
        [check] if check else []
    )


@pytest.mark.parametrize(
    ("mode", "expected"), [(0o777, ["srv"]), (0o1777, []), (0o2775, []), (0o755, [])]
)
def test_world_writable_directory_needs_the_sticky_bit(mode: int, expected: list[str]) -> None:
    parts = [part(directories=(directory("srv", mode),))]
    assert [found.path for found in checks.check_modes(parts)] == expected


def test_package_without_status() -> None:
    status = file("var/lib/dpkg/status.d/a")
    assert list(checks.check_packages([part(status, package="a"), part(file("etc/x"))])) == []
    (found,) = checks.check_packages([part(status, package="a"), part(package="b")])
    assert (found.path, found.owner) == ("var/lib/dpkg/status.d/b", "b 1")


def copyright_findings(*parts: Part) -> list[tuple[str, str]]:
    found = list(checks.check_copyrights(parts, ImageView(parts)))
    assert all(each.check == "copyright" for each in found)
    return [(each.path, each.fault) for each in found]


def test_a_package_without_its_copyright_is_named_once() -> None:
    assert copyright_findings(part(file("x"), package="a"), part(file("y"), package="a")) == [
        ("usr/share/doc/a/copyright", "missing")
    ]
    own = part(file("usr/share/doc/a/copyright"), package="a")
    assert copyright_findings(own, part(file("etc/generated"))) == []


def test_a_copyright_may_be_that_of_another_package() -> None:
    venv = part(symlink("usr/share/doc/venv", "python"), package="venv")
    python = part(file("usr/share/doc/python/copyright"), package="python")
    assert copyright_findings(venv, python) == []
    assert copyright_findings(venv) == [
        (
            "usr/share/doc/venv/copyright",
            "missing: /usr/share/doc/venv is a symlink to python, which is not in the image",
        )
    ]
    linked = part(symlink("usr/share/doc/x/copyright", "../y/LICENSE"), package="x")
    ((_, fault),) = copyright_findings(linked)
    assert fault.startswith("missing: /usr/share/doc/x/copyright is a symlink to ../y/LICENSE")


def test_part_for_another_architecture() -> None:
    parts = [part(), part(architecture="arm64"), part(architecture="amd64", package="a")]
    (found,) = checks.check_architectures(parts, "arm64")
    assert (found.owner, found.fault) == ("a 1", "for amd64, but the image is for arm64")


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
    assert [found.path for found in checks.check_merged_usr([merged, part(entry)])] == (
        [] if fits else [entry.path]
    )
    assert fits or list(checks.check_merged_usr([part(entry)])) == []


def test_empty_directory_in_the_place_of_a_merged_usr_link() -> None:
    parts = [part(symlink("bin", "usr/bin"), directories=(directory("lib64"),))]
    assert [found.path for found in checks.check_merged_usr(parts)] == ["lib64"]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([symlink("etc/x", "y")], ["etc/x"]),
        ([symlink("etc/x", "y"), file("etc/y")], []),
        ([symlink("etc/x", "/etc/y"), symlink("etc/y", "x")], ["etc/x", "etc/y"]),
        ([symlink("etc/x", "../srv"), file("srv/y")], []),
        ([symlink("etc/mtab", "/proc/mounts"), symlink("var/run", "/run")], []),
        ([symlink("var/lock", "../run/lock")], []),
        ([symlink("usr/share/doc/x/README", "../y/README")], []),
    ],
)
def test_links(entries: list[PartEntry], expected: list[str]) -> None:
    parts = [part(*entries)]
    assert [found.path for found in checks.check_links(parts, ImageView(parts))] == expected


def test_link_to_an_empty_directory() -> None:
    parts = [part(symlink("etc/x", "/srv")), part(directories=(directory("srv"),))]
    assert list(checks.check_links(parts, ImageView(parts))) == []


AMD64 = find_architecture("amd64")
LOADER = "lib64/ld-linux-x86-64.so.2"


def test_program_without_interpreter() -> None:
    start = elf("bin/x", interpreter=f"/{LOADER}")
    assert list(elf_checks.check_interpreters(ImageView([part(start, elf(LOADER))]), AMD64)) == []
    (found,) = elf_checks.check_interpreters(ImageView([part(start)]), AMD64)
    assert (found.path, found.subject) == ("bin/x", f"/{LOADER}")
    foreign = elf(LOADER, machine=ARM64)
    (found,) = elf_checks.check_interpreters(ImageView([part(start, foreign)]), AMD64)
    assert "another machine" in found.fault


def test_c_library_needs_the_loader_at_its_path() -> None:
    moved = [elf("usr/lib/libc.so.6"), elf(f"usr/{LOADER}")]
    (found,) = elf_checks.check_interpreters(ImageView([part(*moved)]), AMD64)
    assert (found.path, found.subject) == ("usr/lib/libc.so.6", f"/{LOADER}")
    merged = [*moved, symlink("lib64", "usr/lib64")]
    assert list(elf_checks.check_interpreters(ImageView([part(*merged)]), AMD64)) == []


def test_elf_file_for_another_machine() -> None:
    image = ImageView([part(elf("bin/x"), elf("bin/y", machine=ARM64), package="a")])
    (found,) = elf_checks.check_machines(image, AMD64)
    assert (found.path, found.owner, found.check) == ("bin/y", "a 1", "architecture")
