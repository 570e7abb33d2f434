from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from tools.alternatives.__main__ import main
from tools.lib.archive.tar_entry import TarEntry
from tools.lib.cli.errors import ToolError
from tools.lib.debian.alternatives import NO_ALTERNATIVES, Alternatives, read_alternatives
from tools.lib.debian.package import BinaryPackage
from tools.lib.part.part_json import read_part, write_part
from tools.lib.part.part_writer import PartWriter
from tools.lib.part.testing_blob import read_written_part


def package(
    folder: Path, name: str, files: list[str], alternatives: Alternatives = NO_ALTERNATIVES
) -> list[str]:
    writer = PartWriter(io.BytesIO(), "none")
    for path in sorted(files):
        path, _, link = path.partition("=")
        writer.add(TarEntry(path, "symlink" if link else "file", 0o755, link=link))
    part = writer.close(
        label="//x",
        architecture=None,
        package=BinaryPackage(name, "1", "all", name),
        alternatives=alternatives,
    )
    part_json = folder / f"{name}.json"
    with part_json.open("wb") as out:
        write_part(part, out)
    assert read_part(str(part_json)).alternatives == alternatives
    return ["--part", str(part_json)]


def awk(program: str, priority: int) -> Alternatives:
    return read_alternatives(
        f"update-alternatives --install /usr/bin/awk awk /usr/bin/{program} {priority} "
        f"--slave /usr/bin/nawk nawk /usr/bin/{program} "
        f"--slave /usr/share/man/man1/awk.1.gz awk.1.gz /usr/share/man/man1/{program}.1.gz"
    )


def make(folder: Path, *flags: str) -> dict[str, str]:
    outputs = [f"--blob-out={folder}/blob", f"--part-out={folder}/part.json", "--label=//x:y"]
    attribute = [] if "--links-attribute" in flags else ["--links-attribute=links"]
    assert main([*flags, *attribute, "--mtime=5", *outputs]) == 0
    written = read_written_part(folder / "blob", folder / "part.json")
    return {path: each.linkname for path, each in written.entries.items()}


def test_the_highest_priority_wins_and_slaves_follow(tmp_path: Path) -> None:
    flags = [
        *package(tmp_path, "gawk", ["usr/bin/gawk"], awk("gawk", 10)),
        *package(tmp_path, "mawk", ["usr/bin/mawk"], awk("mawk", 5)),
    ]
    assert make(tmp_path, *flags) == {
        "etc/alternatives/awk": "/usr/bin/gawk",
        "etc/alternatives/nawk": "/usr/bin/gawk",
        "usr/bin/awk": "/etc/alternatives/awk",
        "usr/bin/nawk": "/etc/alternatives/nawk",
    }


def test_a_file_that_is_not_in_the_image_does_not_count(tmp_path: Path) -> None:
    flags = [
        *package(tmp_path, "gawk", ["usr/bin/x"], awk("gawk", 10)),
        *package(tmp_path, "mawk", ["usr/bin/mawk"], awk("mawk", -5)),
    ]
    assert make(tmp_path, *flags)["etc/alternatives/awk"] == "/usr/bin/mawk"


def test_links_of_the_base_are_replaced_and_files_are_not(tmp_path: Path) -> None:
    files = ["usr/bin/mawk", "usr/bin/awk=other", "usr/bin/nawk"]
    links = make(tmp_path, *package(tmp_path, "mawk", files, awk("mawk", 5)))
    assert sorted(links) == ["etc/alternatives/awk", "usr/bin/awk"]
    assert read_part(f"{tmp_path}/part.json").replaces == ("usr/bin/awk",)


def test_merged_usr(tmp_path: Path) -> None:
    script = "update-alternatives --install /bin/mt mt /bin/mt-gnu 10"
    files = ["bin=usr/bin", "usr/bin/mt-gnu"]
    links = make(tmp_path, *package(tmp_path, "cpio", files, read_alternatives(script)))
    assert links == {
        "etc/alternatives/mt": "/bin/mt-gnu",
        "usr/bin/mt": "/etc/alternatives/mt",
    }


def test_a_command_that_is_not_understood_is_an_error_until_declared(tmp_path: Path) -> None:
    script = "update-alternatives --install /usr/bin/$x x /usr/bin/x.1 10"
    flags = package(tmp_path, "tool", ["usr/bin/x.1"], read_alternatives(script))
    for attribute, hint in (
        ("links", "declare them in `links`, or add tool to `ignored_packages`"),
        (
            "alternatives",
            "declare links to files of tool in `alternatives`, .* rule `alternatives`",
        ),
    ):
        with pytest.raises(
            ToolError, match="//x:y: cannot read the alternatives of tool: "
        ) as error:
            make(tmp_path, *flags, "--links-attribute", attribute)
        assert re.fullmatch(hint, error.value.hint or "")
    assert make(tmp_path, *flags, "--ignored-package", "tool") == {}
    links = ["--link", "/usr/bin/x", "x.1"]
    assert make(tmp_path, *flags, *links) == {"usr/bin/x": "x.1"}


def test_a_declared_link_settles_the_commands_of_its_own_package_only(tmp_path: Path) -> None:
    script = "update-alternatives --install /usr/bin/$x x /usr/bin/x.1 10"
    flags = [
        *package(tmp_path, "one", ["usr/bin/one"], read_alternatives(script)),
        *package(tmp_path, "two", ["usr/bin/two"], read_alternatives(script)),
    ]
    one = ["--link", "/usr/bin/x", "/usr/bin/one"]
    with pytest.raises(ToolError, match="cannot read the alternatives of two: "):
        make(tmp_path, *flags, *one)
    both = [*one, "--link", "/opt/y", "../usr/bin/two"]
    assert make(tmp_path, *flags, *both) == {"usr/bin/x": "/usr/bin/one", "opt/y": "../usr/bin/two"}
