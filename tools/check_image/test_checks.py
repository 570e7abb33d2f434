from __future__ import annotations

from dataclasses import replace

import pytest

from tools.check_image import checks, elf_checks
from tools.lib.debian.alternatives import read_alternatives
from tools.lib.debian.architectures import find_architecture
from tools.lib.part.part import Part, PartEntry
from tools.lib.part.testing import ARM64, directory, elf, file, part, symlink
from tools.lib.rootfs.image import ImageView


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
    assert [found.check for found in checks.check_modes(ImageView([part(entry)]))] == (
        [check] if check else []
    )


@pytest.mark.parametrize(
    ("mode", "expected"), [(0o777, ["srv"]), (0o1777, []), (0o2775, []), (0o755, [])]
)
def test_world_writable_directory_needs_the_sticky_bit(mode: int, expected: list[str]) -> None:
    parts = [part(directories=(directory("srv", mode),))]
    assert [found.path for found in checks.check_modes(ImageView(parts))] == expected


def test_package_without_status() -> None:
    status = file("var/lib/dpkg/status.d/a")
    registered = [part(status, package="a"), part(file("etc/x"))]
    assert list(checks.check_packages(ImageView(registered))) == []
    (found,) = checks.check_packages(ImageView([part(status, package="a"), part(package="b")]))
    assert (found.path, found.owner) == ("var/lib/dpkg/status.d/b", "b 1")


def test_package_whose_status_a_tar_deletes() -> None:
    package = part(file("var/lib/dpkg/status.d/a"), package="a")
    tar = part(file("var/lib/dpkg/.wh.status.d"), foreign=True)
    (found,) = checks.check_packages(ImageView([package, tar]))
    assert found.owner == "a 1"


def test_what_a_tar_deletes_is_not_checked() -> None:
    base = part(
        file("bin/su", 0o4755), symlink("etc/x", "gone"), elf("lib/x.so", machine=ARM64), label="b"
    )
    tar = part(file(".wh.bin"), file("etc/.wh.x"), file("lib/.wh.x.so"), foreign=True)
    image = ImageView([base, tar])
    assert list(checks.check_modes(image)) == []
    assert list(checks.check_links(image)) == []
    assert list(elf_checks.check_machines(image, AMD64)) == []
    assert len(list(elf_checks.check_machines(ImageView([base]), AMD64))) == 1


def copyright_findings(*parts: Part) -> list[tuple[str, str]]:
    found = list(checks.check_copyrights(ImageView(parts)))
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
    assert [found.path for found in checks.check_links(ImageView(parts))] == expected


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("etc/rmt", False),
        ("usr/share/nginx/modules", False),
        ("usr/bin/x", True),
        ("lib/x.so", True),
        ("lib64/x", True),
        ("usr/lib/x/y.so", True),
        ("etc/alternatives/x", True),
        ("etc/ssl/certs/x.pem", True),
        ("etc/os-release", True),
    ],
)
def test_links_of_packages_are_checked_where_programs_look(path: str, found: bool) -> None:
    image = ImageView([part(symlink(path, "gone"), package="x")])
    assert [each.path for each in checks.check_links(image)] == [path] * found


def test_link_to_an_empty_directory() -> None:
    parts = [part(symlink("etc/x", "/srv")), part(directories=(directory("srv"),))]
    assert list(checks.check_links(ImageView(parts))) == []


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
    elsewhere = [elf("usr/lib/libc.so.6"), elf("opt/ld-linux-x86-64.so.2")]
    (found,) = elf_checks.check_interpreters(ImageView([part(*elsewhere)]), AMD64)
    assert (found.path, found.subject) == ("usr/lib/libc.so.6", f"/{LOADER}")
    assert found.hint.startswith("use a base with the C library, such as @distroless//base:")


def test_a_missing_link_into_usr_is_one_finding() -> None:
    programs = [elf(f"usr/bin/{name}", interpreter=f"/{LOADER}") for name in "abc"]
    moved = [elf("usr/lib/libc.so.6"), elf(f"usr/{LOADER}"), *programs]
    (found,) = elf_checks.check_interpreters(ImageView([part(*moved, package="libc6")]), AMD64)
    assert (found.path, found.subject, found.owner) == ("lib64", f"/{LOADER}", "libc6 1")
    assert found.fault == (
        f"must be a link to usr/lib64: programs start by /{LOADER}, which is /usr/{LOADER}"
    )
    assert "base-files" in found.hint
    foreign = [elf(f"usr/{LOADER}", machine=ARM64), programs[0]]
    (found,) = elf_checks.check_interpreters(ImageView([part(*foreign)]), AMD64)
    assert found.path == "usr/bin/a"
    merged = [*moved, symlink("lib64", "usr/lib64")]
    assert list(elf_checks.check_interpreters(ImageView([part(*merged)]), AMD64)) == []


def test_elf_file_for_another_machine() -> None:
    image = ImageView([part(elf("bin/x"), elf("bin/y", machine=ARM64), package="a")])
    (found,) = elf_checks.check_machines(image, AMD64)
    assert (found.path, found.owner, found.check) == ("bin/y", "a 1", "architecture")


@pytest.mark.parametrize(
    ("path", "script", "hint"),
    [
        (
            "usr/lib/blas/libblas.so.3",
            "update-alternatives --install /usr/lib/libblas.so.3 blas /usr/lib/blas/libblas.so.3 1",
            "set `alternatives = True`",
        ),
        (
            "opt/lib/libblas.so.3",
            "",
            "add an `ld_so_cache` with directories = ['/opt/lib'], a link /usr/lib/libblas.so.3",
        ),
        ("usr/lib/other.so", "", "add the package that has it, or "),
    ],
)
def test_a_missing_library_that_lies_elsewhere(path: str, script: str, hint: str) -> None:
    package = part(elf(path), package="libblas3")
    package = replace(package, alternatives=read_alternatives(script))
    image = ImageView([part(elf("usr/bin/x", "libblas.so.3", interpreter="/ld.so")), package])
    (found,) = elf_checks.check_libraries(image, AMD64, [])
    assert found.subject == "libblas.so.3"
    assert found.hint.startswith(hint)
    assert ("from libblas3" in found.fault) == path.startswith("opt/")
