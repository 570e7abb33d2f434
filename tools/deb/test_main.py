import hashlib
import tarfile
from pathlib import Path

import pytest

from tools.lib.debian.testing import (
    COMPRESSIONS,
    CONTROL,
    MTIME,
    ar,
    convert,
    deb,
    directory,
    file,
    hardlink,
    md5sums,
    symlink,
    tar,
)

STATUS = "var/lib/dpkg/status.d/sample"


def test_a_package_becomes_its_files_and_its_registration(tmp_path: Path) -> None:
    files = [directory("./"), directory("./usr/"), file("./usr/a", b"A\n", 0o755)]
    part = convert(tmp_path, deb(*files, sums=md5sums(*files)))
    assert part.contents == {
        "usr/a": b"A\n",
        STATUS: CONTROL,
        f"{STATUS}.md5sums": md5sums(*files),
    }
    described = part.metadata
    assert described["label"] == "//test:sample"
    assert described["architecture"] == "amd64"
    assert described["package"] == {
        "name": "sample",
        "version": "1.2-3",
        "architecture": "amd64",
        "source": "sample",
    }
    assert described["entries"][0] == {
        "path": "usr/a",
        "type": "file",
        "mode": "0755",
        "uid": 0,
        "gid": 0,
        "mtime": MTIME,
        "size": 2,
        "sha256": hashlib.sha256(b"A\n").hexdigest(),
    }
    assert [each["path"] for each in described["directories"]] == [
        "usr",
        *("var", "var/lib", "var/lib/dpkg", "var/lib/dpkg/status.d"),
    ]


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_files_in_any_compression_of_dpkg(tmp_path: Path, suffix: str) -> None:
    data = bytes(range(256)) * 5000
    part = convert(tmp_path, deb(file("./a", data), suffix=suffix))
    assert part.contents["a"] == data


@pytest.mark.parametrize("suffix", ["", ".gz", ".xz", ".zst"])
@pytest.mark.parametrize("prefix", ["./", "", "/"])
def test_control_in_any_compression_and_under_any_name(
    tmp_path: Path, suffix: str, prefix: str
) -> None:
    package = deb(file("./a"), sums=b"", control_suffix=suffix, prefix=prefix)
    part = convert(tmp_path, package)
    assert part.contents[STATUS] == CONTROL
    assert f"{STATUS}.md5sums" in part.contents


def test_members_that_deb_5_passes_over_and_a_later_minor_version(tmp_path: Path) -> None:
    data = tar(file("a", b"A"))
    package = ar(
        [
            ("debian-binary", b"2.7\nmore\n"),
            ("_signature", b"x"),
            ("control.tar/", tar(file("control", CONTROL))),
            ("data.tar", data),
            ("_gpgorigin", b"odd"),
            ("another", b""),
        ]
    )
    assert convert(tmp_path, package).contents["a"] == b"A"


def test_an_odd_last_member_without_its_padding(tmp_path: Path) -> None:
    package = deb(file("a", b"A"), suffix="", data=tar(file("a", b"A")))
    unpadded = ar([("debian-binary", b"2.0\n")]) + package[len(ar([("debian-binary", b"2.0\n")])) :]
    package = unpadded + ar([("_x", b"odd")])[8:-1]
    assert convert(tmp_path, package).contents["a"] == b"A"


def test_the_control_paragraph_stays_byte_for_byte(tmp_path: Path) -> None:
    # Scanners read to the final line feed; a paragraph from elsewhere may lack it.
    control = CONTROL.rstrip(b"\n") + "\nX-Odd:   é \xa0\n  .".encode()
    part = convert(tmp_path, deb(file("a"), control=b"\n" + control))
    assert part.contents[STATUS] == control + b"\n"
    assert part.metadata["package"]["name"] == "sample"


@pytest.mark.parametrize(
    ("architecture", "name"), [("all", None), ("armhf", "arm"), ("ppc64el", "ppc64le")]
)
def test_architectures_have_oci_s_names(
    tmp_path: Path, architecture: str, name: str | None
) -> None:
    control = CONTROL.replace(b"amd64", architecture.encode())
    part = convert(tmp_path, deb(file("a"), control=control))
    assert part.metadata["architecture"] == name
    assert part.metadata["package"]["architecture"] == architecture


def test_names_of_packages_stay_as_they_are(tmp_path: Path) -> None:
    control = CONTROL.replace(b"sample", b"libstdc++6").replace(b"1.2-3", b"1:2~rc1+b1-3")
    part = convert(tmp_path, deb(file("a"), control=control, sums=b""))
    status = "var/lib/dpkg/status.d/libstdc++6"
    assert [path for path in part.entries if "/" in path] == [status, f"{status}.md5sums"]
    assert part.metadata["package"]["version"] == "1:2~rc1+b1-3"


def test_the_source_package_without_its_version(tmp_path: Path) -> None:
    part = convert(tmp_path, deb(file("a"), control=CONTROL + b"source: origin (2:1-1)\n"))
    assert part.metadata["package"]["source"] == "origin"
    assert b"source: origin (2:1-1)\n" in part.contents[STATUS]


def test_md5sums_list_exactly_the_files_that_are_kept(tmp_path: Path) -> None:
    documentation = file("./usr/share/doc/sample/manual", b"M")
    listed = [file("./usr/a", b"A"), documentation]
    conffile = file("./etc/conf", b"C")  # dh_md5sums leaves these out
    part = convert(
        tmp_path,
        deb(*listed, conffile, hardlink("./usr/b", "./usr/a"), sums=md5sums(*listed)),
    )
    a, c = (hashlib.md5(data).hexdigest() for data in (b"A", b"C"))
    assert part.contents[f"{STATUS}.md5sums"].decode() == f"{c}  etc/conf\n{a}  usr/a\n{a}  usr/b\n"


def test_a_package_without_md5sums_gets_none(tmp_path: Path) -> None:
    assert f"{STATUS}.md5sums" not in convert(tmp_path, deb(file("a"))).entries


def test_modes_owners_and_times_survive(tmp_path: Path) -> None:
    setuid = file("./a", mode=0o4755)
    sticky, setgid = directory("./tmp", mode=0o1777), directory("./mail", mode=0o2775)
    setuid.info.uid, setuid.info.gid, setuid.info.mtime = 1234567, 43, 1_600_000_000
    part = convert(tmp_path, deb(setuid, sticky, setgid))
    entry = part.entries["a"]
    assert (entry.mode, entry.uid, entry.gid, entry.mtime) == (0o4755, 1234567, 43, 1_600_000_000)
    assert entry.uname == ""
    assert [each["mode"] for each in part.metadata["directories"][:2]] == ["2775", "1777"]


def test_what_is_generated_has_the_newest_time_of_the_package(tmp_path: Path) -> None:
    old, new = file("./a"), file("./usr/share/man/b")
    new.info.mtime = MTIME + 5
    assert convert(tmp_path, deb(old, new)).entries[STATUS].mtime == MTIME + 5


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_links_with_odd_bytes_survive(tmp_path: Path, format: int) -> None:
    name = "a b/ü/" + "x" * 90 + "/" + "y" * 200
    part = convert(
        tmp_path,
        deb(
            file(f"./{name}", b"N"),
            symlink("./z", "/" + name),
            hardlink("./zz", f"./{name}"),
            format=format,
        ),
    )
    assert part.contents[name] == b"N"
    assert part.entries["z"].linkname == "/" + name
    assert part.entries["zz"].linkname == name


def test_names_that_are_not_utf_8_survive(tmp_path: Path) -> None:
    part = convert(tmp_path, deb(file("./latin-\udce9", b"1")))
    assert part.contents["latin-\udce9"] == b"1"
    assert part.metadata["entries"][0]["path"] == "latin-\udce9"


def test_file_capabilities_survive(tmp_path: Path) -> None:
    capable = file("./usr/bin/ping", b"P")
    value = b"\x01\x00\x00\x02\x00\x20\x00\x00"
    capable.info.pax_headers = {"SCHILY.xattr.security.capability": value.decode()}
    part = convert(tmp_path, deb(capable, format=tarfile.PAX_FORMAT))
    assert part.metadata["entries"][0]["xattrs"] == {"security.capability": "AQAAAgAgAAA="}
    headers = part.entries["usr/bin/ping"].pax_headers
    assert headers["SCHILY.xattr.security.capability"] == value.decode()


def test_files_with_holes_are_whole_again(tmp_path: Path) -> None:
    hole = file("./a", b"abc")
    hole.info.pax_headers = {"GNU.sparse.map": "600,3", "GNU.sparse.size": "1000"}
    part = convert(tmp_path, deb(hole, sums=b"", format=tarfile.PAX_FORMAT))
    whole = bytes(600) + b"abc" + bytes(397)
    assert part.contents["a"] == whole
    assert part.metadata["entries"][0]["sha256"] == hashlib.sha256(whole).hexdigest()
    listed = f"{hashlib.md5(whole).hexdigest()}  a\n"
    assert part.contents[f"{STATUS}.md5sums"].decode() == listed


def test_the_same_package_gives_the_same_bytes_elsewhere(tmp_path: Path) -> None:
    package = deb(*(file(f"./{n}", b"%d" % n * n) for n in (3, 1, 2)))
    outputs = []
    for name in ("one", "another"):
        place = tmp_path / name
        place.mkdir()
        convert(place, package)
        outputs.append([(place / f"sample.part.{end}").read_bytes() for end in ("gz", "json")])
        assert sorted(each.suffix for each in place.iterdir()) == [".deb", ".gz", ".json"]
    assert outputs[0] == outputs[1]


def test_the_gzip_header_tells_nothing_of_where_and_when(tmp_path: Path) -> None:
    convert(tmp_path, deb(file("a")))
    header = (tmp_path / "sample.part.gz").read_bytes()[:10]
    assert header[3:8] == bytes(5)
    assert header[9] == 255


def test_flags_choose_what_is_kept(tmp_path: Path) -> None:
    package = deb(
        *(file(f"./usr/{name}") for name in ("a", "b", "share/doc/s/x", "share/man/y", "lib/z"))
    )
    part = convert(tmp_path, package, "--exclude=usr/lib", "--include=usr/share/man/**")
    assert {"usr/a", "usr/b", "usr/share/man/y", STATUS} == set(part.entries)
    part = convert(tmp_path, package, "--no-default-excludes", "--exclude=/usr/?")
    assert {"usr/share/doc/s/x", "usr/share/man/y", "usr/lib/z", STATUS} == set(part.entries)
