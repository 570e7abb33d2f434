import hashlib
import tarfile
from pathlib import Path

import pytest

from tools.deb.testing import convert
from tools.lib.cli.errors import ToolError
from tools.lib.debian.package import BinaryPackage
from tools.lib.debian.testing import (
    COMPRESSIONS,
    CONTROL,
    MTIME,
    ar,
    deb,
    directory,
    file,
    hardlink,
    md5sums,
    symlink,
    tar,
)
from tools.lib.part.part import PartEntry

STATUS = "var/lib/dpkg/status.d/sample"


def test_a_part_has_the_files_of_a_package_and_its_registration(tmp_path: Path) -> None:
    files = [directory("./"), directory("./usr/"), file("./usr/a", b"A\n", 0o755)]
    written = convert(tmp_path, deb(*files, sums=md5sums(*files)))
    assert written.contents == {
        "usr/a": b"A\n",
        STATUS: CONTROL,
        f"{STATUS}.md5sums": md5sums(*files),
    }
    part = written.part
    assert (part.label, part.architecture) == ("//test:sample", "amd64")
    assert part.package == BinaryPackage("sample", "1.2-3", "amd64", "sample")
    assert part.entries[0] == PartEntry(
        path="usr/a",
        type="file",
        mode=0o755,
        uid=0,
        gid=0,
        mtime=MTIME,
        size=2,
        sha256=hashlib.sha256(b"A\n").hexdigest(),
    )
    assert [each.path for each in part.directories] == [
        "usr",
        *("var", "var/lib", "var/lib/dpkg", "var/lib/dpkg/status.d"),
    ]


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_every_compression_of_data_tar(tmp_path: Path, suffix: str) -> None:
    data = bytes(range(256)) * 5000
    written = convert(tmp_path, deb(file("./a", data), suffix=suffix))
    assert written.contents["a"] == data


@pytest.mark.parametrize("suffix", ["", ".gz", ".xz", ".zst"])
@pytest.mark.parametrize("prefix", ["./", "", "/"])
def test_every_compression_and_prefix_of_control_tar(
    tmp_path: Path, suffix: str, prefix: str
) -> None:
    package = deb(file("./a"), sums=b"", control_suffix=suffix, prefix=prefix)
    written = convert(tmp_path, package)
    assert written.contents[STATUS] == CONTROL
    assert f"{STATUS}.md5sums" in written.contents


def test_later_minor_versions_and_members_that_deb_5_ignores(tmp_path: Path) -> None:
    package = ar(
        [
            ("debian-binary", b"2.7\nmore\n"),
            ("_signature", b"x"),
            ("control.tar/", tar(file("control", CONTROL))),
            ("data.tar", tar(file("a", b"A"))),
            ("_gpgorigin", b"odd"),
            ("another", b""),
        ]
    )
    assert convert(tmp_path, package).contents["a"] == b"A"


def test_a_last_member_of_odd_size_is_padded(tmp_path: Path) -> None:
    package = deb(file("a", b"A"), suffix="") + ar([("_x", b"odd")])[8:]
    assert convert(tmp_path, package).contents["a"] == b"A"
    with pytest.raises(ToolError, match=r"truncated: [0-9]+ bytes announced, the file has"):
        convert(tmp_path, package[:-1])


def test_the_control_paragraph_is_kept_byte_for_byte(tmp_path: Path) -> None:
    # Scanners read to the final line feed, which the file may lack.
    control = CONTROL.rstrip(b"\n") + "\nX-Odd:   é \xa0\n  .".encode()
    written = convert(tmp_path, deb(file("a"), control=b"\n" + control))
    assert written.contents[STATUS] == control + b"\n"


@pytest.mark.parametrize(
    ("architecture", "name"), [("all", None), ("armhf", "arm"), ("ppc64el", "ppc64le")]
)
def test_architectures_have_their_oci_names(
    tmp_path: Path, architecture: str, name: str | None
) -> None:
    control = CONTROL.replace(b"amd64", architecture.encode())
    part = convert(tmp_path, deb(file("a"), control=control)).part
    assert part.architecture == name
    assert part.package
    assert part.package.architecture == architecture


def test_package_names_and_versions_are_not_encoded(tmp_path: Path) -> None:
    control = CONTROL.replace(b"sample", b"libstdc++6").replace(b"1.2-3", b"1:2~rc1+b1-3")
    written = convert(tmp_path, deb(file("a"), control=control, sums=b""))
    status = "var/lib/dpkg/status.d/libstdc++6"
    assert [path for path in written.entries if "/" in path] == [status, f"{status}.md5sums"]
    assert written.part.package
    assert written.part.package.version == "1:2~rc1+b1-3"


def test_the_source_package_is_named_without_its_version(tmp_path: Path) -> None:
    written = convert(tmp_path, deb(file("a"), control=CONTROL + b"source: origin (2:1-1)\n"))
    assert written.part.package
    assert written.part.package.source == "origin"
    assert b"source: origin (2:1-1)\n" in written.contents[STATUS]


def test_md5sums_lists_exactly_the_files_of_the_part(tmp_path: Path) -> None:
    documentation = file("./usr/share/doc/sample/manual", b"M")
    listed = [file("./usr/a", b"A"), documentation]
    conffile = file("./etc/conf", b"C")  # dh_md5sums leaves these out
    written = convert(
        tmp_path,
        deb(*listed, conffile, hardlink("./usr/b", "./usr/a"), sums=md5sums(*listed)),
    )
    a, c = (hashlib.md5(data).hexdigest() for data in (b"A", b"C"))
    lines = written.contents[f"{STATUS}.md5sums"].decode()
    assert lines == f"{c}  etc/conf\n{a}  usr/a\n{a}  usr/b\n"


def test_md5sums_has_the_paths_of_a_merged_usr(tmp_path: Path) -> None:
    files = [file("./bin/a", b"A"), file("./usr/bin/b", b"B")]
    sums = b"%032x  bin/a\n%032x  usr/bin/b\n" % (1, 2)
    written = convert(tmp_path, deb(*files, sums=sums), "--merged-usr")
    assert written.contents[f"{STATUS}.md5sums"] == b"%032x  usr/bin/a\n%032x  usr/bin/b\n" % (1, 2)


def test_a_package_without_md5sums_gets_none(tmp_path: Path) -> None:
    assert f"{STATUS}.md5sums" not in convert(tmp_path, deb(file("a"))).entries


def test_modes_owners_and_times_are_kept(tmp_path: Path) -> None:
    setuid = file("./a", mode=0o4755)
    sticky, setgid = directory("./tmp", mode=0o1777), directory("./mail", mode=0o2775)
    setuid.info.uid, setuid.info.gid, setuid.info.mtime = 1234567, 43, 1_600_000_000
    written = convert(tmp_path, deb(setuid, sticky, setgid))
    entry = written.entries["a"]
    assert (entry.mode, entry.uid, entry.gid, entry.mtime) == (0o4755, 1234567, 43, 1_600_000_000)
    assert entry.uname == ""
    assert [each.mode for each in written.part.directories[:2]] == [0o2775, 0o1777]


def test_generated_files_have_the_newest_time_of_the_package(tmp_path: Path) -> None:
    old, new = file("./a"), file("./usr/share/man/b")
    new.info.mtime = MTIME + 5
    assert convert(tmp_path, deb(old, new)).entries[STATUS].mtime == MTIME + 5


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_links_with_unusual_characters_are_kept(tmp_path: Path, format: int) -> None:
    name = "a b/ü/" + "x" * 90 + "/" + "y" * 200
    written = convert(
        tmp_path,
        deb(
            file(f"./{name}", b"N"),
            symlink("./z", "/" + name),
            hardlink("./zz", f"./{name}"),
            format=format,
        ),
    )
    assert written.contents[name] == b"N"
    assert written.entries["z"].linkname == "/" + name
    assert written.entries["zz"].linkname == name


def test_names_that_are_not_utf_8_are_kept(tmp_path: Path) -> None:
    written = convert(tmp_path, deb(file("./latin-\udce9", b"1")))
    assert written.contents["latin-\udce9"] == b"1"
    assert written.part.entries[0].path == "latin-\udce9"


def test_file_capabilities_are_kept(tmp_path: Path) -> None:
    capable = file("./usr/bin/ping", b"P")
    value = b"\x01\x00\x00\x02\x00\x20\x00\x00"
    capable.info.pax_headers = {"SCHILY.xattr.security.capability": value.decode()}
    written = convert(tmp_path, deb(capable, format=tarfile.PAX_FORMAT))
    assert written.part.entries[0].xattrs == {"security.capability": value}
    headers = written.entries["usr/bin/ping"].pax_headers
    assert headers["SCHILY.xattr.security.capability"] == value.decode()


def test_sparse_files_are_written_in_full(tmp_path: Path) -> None:
    sparse = file("./a", b"abc")
    sparse.info.pax_headers = {
        "GNU.sparse.size": "1000",
        "GNU.sparse.numblocks": "2",
        "GNU.sparse.map": "600,3,1000,0",
    }
    written = convert(tmp_path, deb(sparse, sums=b"", format=tarfile.PAX_FORMAT))
    whole = bytes(600) + b"abc" + bytes(397)
    assert written.contents["a"] == whole
    assert written.part.entries[0].sha256 == hashlib.sha256(whole).hexdigest()
    listed = f"{hashlib.md5(whole).hexdigest()}  a\n"
    assert written.contents[f"{STATUS}.md5sums"].decode() == listed


def test_the_outputs_depend_on_nothing_but_the_package(tmp_path: Path) -> None:
    package = deb(*(file(f"./{n}", b"%d" % n * n) for n in (3, 1, 2)))
    outputs = []
    for name in ("one", "another"):
        place = tmp_path / name
        place.mkdir()
        convert(place, package)
        outputs.append([(place / f"sample.part.{end}").read_bytes() for end in ("gz", "json")])
        assert sorted(each.suffix for each in place.iterdir()) == [".deb", ".gz", ".json"]
    assert outputs[0] == outputs[1]


def test_the_gzip_header_has_no_time_and_no_system(tmp_path: Path) -> None:
    convert(tmp_path, deb(file("a")))
    header = (tmp_path / "sample.part.gz").read_bytes()[:10]
    assert header[3:8] == bytes(5)
    assert header[9] == 255


def test_flags_choose_the_files(tmp_path: Path) -> None:
    package = deb(
        *(file(f"./usr/{name}") for name in ("a", "b", "share/doc/s/x", "share/man/y", "lib/z"))
    )
    written = convert(tmp_path, package, "--exclude=usr/lib", "--include=usr/share/man/**")
    assert {"usr/a", "usr/b", "usr/share/man/y", STATUS} == set(written.entries)
    written = convert(tmp_path, package, "--no-default-excludes", "--exclude=/usr/?")
    assert {"usr/share/doc/s/x", "usr/share/man/y", "usr/lib/z", STATUS} == set(written.entries)


def test_exclude_that_matches_nothing_is_an_error(tmp_path: Path) -> None:
    package = deb(file("./usr/share/man/a"), file("./lib/b"))
    convert(tmp_path, package, "--exclude=usr/share/man", "--exclude=lib/**")
    convert(tmp_path, package, "--merged-usr", "--exclude=usr/lib/b")
    for patterns in (["usr/share/men"], ["lib/b", "lib/b/c"], ["LIB"]):
        with pytest.raises(ToolError, match=f"exclude: '{patterns[-1]}' matches no path") as caught:
            convert(tmp_path, package, *(f"--exclude={pattern}" for pattern in patterns))
        assert "correct or remove it" in caught.value.hint
    with pytest.raises(ToolError, match="exclude: 'lib/b' matches no path"):
        convert(tmp_path, package, "--merged-usr", "--exclude=lib/b")


def test_optional_exclude_may_match_nothing(tmp_path: Path) -> None:
    package = deb(file("./usr/lib/a"), file("./usr/lib/b"))
    flags = ["--optional-exclude=usr/lib/b", "--optional-exclude=usr/share/men"]
    assert "usr/lib/b" not in convert(tmp_path, package, *flags).entries
