from tools.lib.debian.control import parse_control
from tools.lib.debian.dpkg_status import parse_md5sums, status_files
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
