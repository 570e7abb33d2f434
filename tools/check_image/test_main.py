from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.check_image.__main__ import main
from tools.check_image.testing import directory, elf, file, link, part
from tools.lib.cli.errors import ToolError
from tools.lib.part.part import Part


def check(
    folder: Path,
    parts: list[Part],
    *allowed: dict[str, Any],
    flag: str = "--allow",
    more: tuple[str, ...] = (),
    **config: Any,
) -> int:
    """Runs the tool in `folder`; the report is report.json."""
    flags = []
    for number, each in enumerate(parts):
        (folder / f"{number}.json").write_text(json.dumps(each))
        flags += ["--part", str(folder / f"{number}.json")]
    (folder / "config.json").write_text(json.dumps({"architecture": "amd64"} | config))
    if allowed:
        (folder / "allow.json").write_text(json.dumps({"version": 1, "exceptions": allowed}))
        flags += [flag, str(folder / "allow.json")]
    config_flags = ["--config", str(folder / "config.json")]
    return main([*flags, *config_flags, *more, "--output", str(folder / "report.json")])


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "report.json").read_bytes())
    return found


PARTS = [
    part(elf("usr/lib/libsound.so", "libasound.so.2"), package="a"),
    part(file("bin/su", "4755")),
]


def allow(check: str, path: str, **more: Any) -> dict[str, Any]:
    return {"check": check, "path": path, "reason": "so it is meant"} | more


STATUS = allow("status", "*")
SOUND = allow("library", "usr/lib/libsound.so", subject="libasound.so.2")
SU = allow("setuid", "/bin/su")


def test_all_findings_are_told_a_line_each_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, PARTS) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ", 3)[:3] for line in lines] == [
        ["error", "/var/lib/dpkg/status.d/a", "a 1"],
        ["error", "/bin/su", "//x:y"],
        ["error", "/usr/lib/libsound.so", "a 1"],
    ]
    assert "it needs libasound.so.2" in lines[2]
    assert not (tmp_path / "report.json").exists()


def test_exceptions_leave_a_report_of_what_they_cover(tmp_path: Path) -> None:
    assert check(tmp_path, PARTS, SOUND, SU, STATUS) == 0
    said = report(tmp_path)
    assert [each["covers"] for each in said["exceptions"]] == [
        ["usr/lib/libsound.so"],
        ["bin/su"],
        ["var/lib/dpkg/status.d/a"],
    ]
    assert (said["parts"], said["files"], said["elf"]) == (2, 2, 1)


def test_an_exception_that_nothing_needs_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, PARTS[1:], SU, SOUND) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "usr/lib/libsound.so" in line
    assert "exceptions[1]: matches no finding" in line


def test_an_exception_of_the_base_may_be_needed_no_more(tmp_path: Path) -> None:
    assert check(tmp_path, PARTS[1:], SU, SOUND, flag="--allow-base") == 0


def test_an_exception_for_other_architectures_is_not_asked_for(tmp_path: Path) -> None:
    assert check(tmp_path, PARTS[1:], SU, SOUND | {"architectures": ["arm64"]}) == 0
    assert check(tmp_path, PARTS[1:], SU | {"architectures": ["arm64"]}) == 1


def test_a_library_loaded_from_elsewhere_must_be_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    java = part(elf("opt/lib/libjava.so", "libjvm.so"))
    opened = allow("library", "opt/*", loaded_from="opt/lib/server/libjvm.so")
    assert check(tmp_path, [java], opened) == 1
    assert "no library lies at opt/lib/server/libjvm.so" in capsys.readouterr().err
    assert check(tmp_path, [java, part(elf("opt/lib/server/libjvm.so"))], opened) == 0


def test_the_config_s_library_path_is_searched(tmp_path: Path) -> None:
    parts = [part(elf("opt/a/liba.so", "libb.so"), elf("opt/b/libb.so"))]
    assert check(tmp_path, parts) == 1
    assert check(tmp_path, parts, config={"Env": ["LD_LIBRARY_PATH=:/srv:/opt/b"]}) == 0


def test_an_image_of_nothing_passes(tmp_path: Path) -> None:
    assert check(tmp_path, []) == 0


def test_a_directory_over_a_file_is_a_finding_and_no_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, [part(file("srv")), part(file("srv/x"))]) == 1
    assert "/srv: //x:y: a directory here, and none in //x:y" in capsys.readouterr().err


def test_a_link_over_a_directory_hides_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = part(directories=(directory("lib"),))
    merged = part(link("lib", "usr/lib"), elf("usr/lib/libx.so"), elf("usr/bin/x", "libx.so"))
    assert check(tmp_path, [merged, empty]) == 1
    found = capsys.readouterr().err.splitlines()
    assert [line.partition("[")[2].partition("]")[0] for line in found] == ["path", "merged-usr"]


@pytest.mark.parametrize(
    ("exception", "message"),
    [
        (allow("colour", "x"), r"exceptions\[0\].check: no check colour"),
        ({"check": "setuid", "path": "x"}, r"exceptions\[0\].reason: missing"),
        (allow("setuid", "x", reason=" "), r"exceptions\[0\].reason: empty"),
        (allow("setuid", "x", loaded_from="y"), "loaded_from: only for the check of libraries"),
        (allow("setuid", "x", paths=["y"]), r"exceptions\[0\]: paths: unknown field"),
        (allow("setuid", "x", architectures="amd64"), "architectures: .*not a list"),
    ],
)
def test_a_bad_exception_is_named(exception: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=message):
        check(tmp_path, PARTS, exception)


def test_bad_elf_metadata_is_named(tmp_path: Path) -> None:
    broken = elf("bin/x")
    broken["elf"]["needed"] = "libc.so.6"
    with pytest.raises(ToolError, match=r"a 1: bin/x: elf\.needed: .*not a list"):
        check(tmp_path, [part(broken, package="a")])


def test_what_may_be_in_a_layer_that_is_not_seen_is_not_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = [
        part(elf("usr/bin/x", "libx.so"), link("usr/bin/y", "z")),
        part(file("bin/su", "4755")),
    ]
    assert check(tmp_path, parts) == 1
    assert len(capsys.readouterr().err.splitlines()) == 3
    assert check(tmp_path, parts, more=("--unseen",)) == 1
    assert "[setuid]" in capsys.readouterr().err
    assert check(tmp_path, parts[:1], more=("--unseen",)) == 0
