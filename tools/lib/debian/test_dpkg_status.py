from tools.lib.debian.control import parse_control
from tools.lib.debian.dpkg_status import (
    InstalledPackage,
    is_status_file,
    parse_md5sums,
    parse_status,
    render_status,
    status_files,
)
from tools.lib.debian.testing import CONTROL

A, B = "0" * 31 + "a", "0" * 31 + "b"


def test_a_package_is_registered_by_its_paragraph_and_its_files() -> None:
    md5sums = {"usr/b": B, "usr/a-b": A, "usr/a/b": A, "usr/\udce9": B}
    assert status_files(parse_control(CONTROL), md5sums) == {
        "var/lib/dpkg/status.d/sample": CONTROL,
        "var/lib/dpkg/status.d/sample.md5sums": (
            f"{A}  usr/a-b\n{A}  usr/a/b\n{B}  usr/b\n{B}  usr/".encode() + b"\xe9\n"
        ),
    }


def test_a_list_of_no_files_is_written_and_none_is_not() -> None:
    control = parse_control(CONTROL)
    assert status_files(control, {})["var/lib/dpkg/status.d/sample.md5sums"] == b""
    assert list(status_files(control, None)) == ["var/lib/dpkg/status.d/sample"]


def test_md5sums_in_the_forms_of_md5sum_1() -> None:
    data = f"{A}  usr/a b\n{B} *./usr/b\n{B}  /usr/c\nnot a line\n{A} usr/d\n".encode()
    assert parse_md5sums(data + A.encode() + b"  \xe9") == {
        "usr/a b": A,
        "usr/b": B,
        "usr/c": B,
        "\udce9": A,
    }


def test_which_files_say_what_is_installed() -> None:
    assert is_status_file("var/lib/dpkg/status", 1000)
    assert is_status_file("var/lib/dpkg/status.d/libc6", 1000)
    assert not is_status_file("var/lib/dpkg/status.d/libc6.md5sums", 1000)
    assert not is_status_file("var/lib/dpkg/status-old", 1000)
    assert not is_status_file("var/lib/dpkg/status", 1 << 40)


def test_only_installed_packages_are_read() -> None:
    data = "".join(
        f"Package: {name}\nStatus: {status}\nArchitecture: all\n\n\n"
        for name, status in (
            ("a", "install ok installed"),
            ("b", "deinstall ok config-files"),
            ("c", "install ok half-configured"),
        )
    )
    (found,) = parse_status(data.encode(), "status")
    assert found == InstalledPackage(
        "a", "all", b"Package: a\nStatus: install ok installed\nArchitecture: all\n"
    )
    assert list(parse_status(b"\n", "status")) == []


def test_of_two_paragraphs_of_a_package_the_last_counts() -> None:
    packages = [
        InstalledPackage("b", "amd64", b"Package: b\nVersion: 1\n"),
        InstalledPackage("a", "amd64", b"Version: 1\npackage: a\n"),
        InstalledPackage("b", "amd64", b"Package: b\nVersion: 2\n"),
    ]
    assert render_status(packages) == (
        b"Version: 1\npackage: a\nStatus: install ok installed\n\n"
        b"Package: b\nStatus: install ok installed\nVersion: 2\n"
    )
