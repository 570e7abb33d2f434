from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tools.check_image.__main__ import main
from tools.lib.cli.errors import ToolError
from tools.lib.part.part import Part
from tools.lib.part.part_json import write_part
from tools.lib.part.testing import directory, elf, file, hardlink, part, symlink


def check(
    folder: Path,
    parts: Sequence[Part],
    *waivers: dict[str, Any],
    waiver_flag: str = "--waiver",
    flags: Sequence[str] = (),
    **config: Any,
) -> int:
    """Runs the tool in `folder`, where it writes report.json; returns its exit status."""
    arguments = list(flags)
    for number, each in enumerate(parts):
        with (folder / f"{number}.json").open("wb") as out:
            write_part(each, out)
        arguments += ["--part", str(folder / f"{number}.json")]
    (folder / "config.json").write_text(
        json.dumps({"os": "linux", "architecture": "amd64"} | config)
    )
    if waivers:
        (folder / "waivers.json").write_text(json.dumps({"version": 1, "waivers": waivers}))
        arguments += [waiver_flag, str(folder / "waivers.json")]
    outputs = ["--report-out", str(folder / "report.json")]
    return main([*arguments, "--base-config", str(folder / "config.json"), *outputs])


def report(folder: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((folder / "report.json").read_bytes())
    return value


PARTS = [
    part(elf("usr/lib/libsound.so", "libasound.so.2"), package="a"),
    part(file("bin/su", 0o4755)),
]


def waiver(check: str, path: str, **more: Any) -> dict[str, Any]:
    return {"check": check, "path": path, "reason": "works as intended"} | more


STATUS = waiver("status", "*")
COPYRIGHT = waiver("copyright", "usr/share/doc/a/*")
SOUND = waiver("library", "usr/lib/libsound.so", subject="libasound.so.2")
SU = waiver("setuid", "/bin/su")


def test_prints_a_line_for_each_finding_and_writes_no_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, PARTS) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ", 3)[:3] for line in lines] == [
        ["error", "/var/lib/dpkg/status.d/a", "a 1"],
        ["error", "/usr/share/doc/a/copyright", "a 1"],
        ["error", "/bin/su", "//x:y"],
        ["error", "/usr/lib/libsound.so", "a 1"],
    ]
    assert "needs libasound.so.2" in lines[3]
    assert not (tmp_path / "report.json").exists()


def test_reports_what_waivers_cover(tmp_path: Path) -> None:
    assert check(tmp_path, PARTS, SOUND, SU, STATUS, COPYRIGHT) == 0
    value = report(tmp_path)
    assert [each["covers"] for each in value["waivers"]] == [
        ["usr/lib/libsound.so"],
        ["bin/su"],
        ["var/lib/dpkg/status.d/a"],
        ["usr/share/doc/a/copyright"],
    ]
    assert (value["parts"], value["entries"], value["elf_files"]) == (2, 2, 1)


def test_waiver_without_finding_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, PARTS[1:], SU, SOUND) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "usr/lib/libsound.so" in line
    assert "waivers[1]: waiver matches no finding" in line


def test_waiver_of_the_base_may_match_nothing(tmp_path: Path) -> None:
    assert check(tmp_path, PARTS[1:], SU, SOUND, waiver_flag="--base-waiver") == 0


def test_waiver_for_other_architectures_does_not_apply(tmp_path: Path) -> None:
    assert check(tmp_path, PARTS[1:], SU, SOUND | {"architectures": ["arm64"]}) == 0
    assert check(tmp_path, PARTS[1:], SU | {"architectures": ["arm64"]}) == 1


def test_library_loaded_from_elsewhere_must_exist(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    java = part(elf("opt/lib/libjava.so", "libjvm.so"))
    opened = waiver("library", "opt/*", loaded_from="opt/lib/server/libjvm.so")
    assert check(tmp_path, [java], opened) == 1
    assert "matches no ELF file: opt/lib/server/libjvm.so" in capsys.readouterr().err
    assert check(tmp_path, [java, part(elf("opt/lib/server/libjvm.so"))], opened) == 0


def test_searches_the_library_path_of_the_config(tmp_path: Path) -> None:
    parts = [part(elf("opt/a/liba.so", "libb.so"), elf("opt/b/libb.so"))]
    assert check(tmp_path, parts) == 1
    assert check(tmp_path, parts, config={"Env": ["LD_LIBRARY_PATH=:/srv:/opt/b"]}) == 0


def test_empty_image_passes(tmp_path: Path) -> None:
    assert check(tmp_path, []) == 0


def test_directory_over_a_file_is_the_only_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, [part(file("srv")), part(file("srv/x"))]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "/srv: //x:y: directory, but file in //x:y" in line


def test_directory_over_a_link_hides_nothing_below_the_link(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = part(directories=(directory("lib"),))
    merged = part(symlink("lib", "usr/lib"), elf("usr/lib/libx.so"), elf("usr/bin/x", "libx.so"))
    assert check(tmp_path, [merged, empty]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition("[")[2].partition("]")[0] for line in lines] == ["path", "merged-usr"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (waiver("colour", "x"), r"waivers\[0\]\.check: 'colour', must be one of architecture, "),
        ({"check": "setuid", "path": "x"}, r"waivers\[0\]\.reason: missing"),
        (waiver("setuid", "x", reason=" "), r"waivers\[0\]\.reason: empty"),
        (waiver("setuid", "x", loaded_from="y"), "loaded_from: only for the check `library`"),
        (waiver("setuid", "x", paths=["y"]), r"waivers\[0\]: unknown field 'paths'"),
        (waiver("setuid", "x", architectures="amd64"), "architectures: must be a list"),
    ],
)
def test_malformed_waiver(value: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=message):
        check(tmp_path, PARTS, value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"version": 2, "waivers": []}', "unknown version 2 of waivers"),
        ('{"version": 1, "waivers": [], "waiver": []}', "unknown field 'waiver'"),
        ('{"version": 1, "waivers": [1], "waivers": []}', "not JSON: duplicate key 'waivers'"),
    ],
)
def test_malformed_file_of_waivers(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "waivers.json").write_text(text)
    with pytest.raises(ToolError, match=rf"waivers\.json: {message}"):
        check(tmp_path, PARTS, flags=["--waiver", str(tmp_path / "waivers.json")])


def test_incomplete_metadata_hides_what_may_be_in_another_layer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = [
        part(
            elf("usr/bin/x", "libx.so"),
            symlink("usr/bin/y", "z"),
            file("var/lib/dpkg/status.d/a"),
            package="a",
        ),
        part(file("bin/su", 0o4755)),
    ]
    assert check(tmp_path, parts) == 1
    assert len(capsys.readouterr().err.splitlines()) == 4
    assert check(tmp_path, parts, flags=["--incomplete-metadata"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("(hint: exclude it, or list it in a file of `waivers`)")
    assert "[setuid]" in line
    assert check(tmp_path, parts[:1], flags=["--incomplete-metadata"]) == 0


def test_entrypoint_and_user_of_the_config_are_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"Entrypoint": ["/app"], "User": "app"}
    assert check(tmp_path, [part(file("srv/x"))], config=settings) == 1
    assert capsys.readouterr().err.splitlines() == [
        "error: /app: entrypoint: '/app' is not in the image [entrypoint] "
        "(hint: add the program to the image, or change `entrypoint`)",
        "error: user: user 'app' has no number: the image has no /etc/passwd [user] "
        "(hint: use a number, or add the user to the image)",
    ]
    assert check(tmp_path, [], flags=["--incomplete-metadata"], config=settings) == 0
    accepted = [waiver("entrypoint", "/app"), waiver("user", "*", subject="app")]
    assert check(tmp_path, [], *accepted, config=settings) == 0


def test_tar_with_a_hard_link_before_its_file_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tar = part(hardlink("q/g", "q/f"), file("q/f"), label="//app:app.tar", foreign=True)
    assert check(tmp_path, [tar]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        "error: /q/g: //app:app.tar: hard link to q/f, which is not an earlier file of the image "
        "[link] (hint: write the file before the link)"
    )
    # The file may be in a layer that is not described.
    assert check(tmp_path, [tar], flags=["--incomplete-metadata"]) == 0


def test_other_systems_and_architectures_have_only_general_checks(tmp_path: Path) -> None:
    programs = [part(elf("bin/x", "libx.so"), symlink("etc/x", "gone"))]
    start = {"Entrypoint": ["C:\\\\app.exe"], "User": "ContainerUser"}
    assert check(tmp_path, programs, config=start) == 1
    assert check(tmp_path, programs, config=start, os="windows") == 0
    assert check(tmp_path, [part(elf("bin/x", "libx.so"))], architecture="sparc64") == 0
    assert check(tmp_path, [part(file("bin/su", 0o4755))], os="windows") == 1


def test_many_findings_are_cut_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    links = [symlink(f"etc/{number}", "gone") for number in range(150)]
    assert check(tmp_path, [part(*links)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert (len(lines), lines[-1]) == (101, "error: 50 more findings")


def test_what_an_image_declares_replaces_what_its_base_does(tmp_path: Path) -> None:
    options = {"version": 1, "entrypoint": ["/app"], "user": "app"}
    (tmp_path / "options.json").write_text(json.dumps(options))
    flags = ["--image", "//:app", str(tmp_path / "options.json")]
    passwd = file("etc/passwd", text="app:x:1:1::/:/bin/sh\n")
    base = {"Entrypoint": ["/missing"], "User": "missing"}
    parts = [part(passwd, file("app", 0o755))]
    assert check(tmp_path, parts, config=base) == 1
    assert check(tmp_path, parts, flags=flags, config=base) == 0


def test_an_invalid_declaration_is_left_to_the_action_that_describes_the_image(
    tmp_path: Path,
) -> None:
    (tmp_path / "options.json").write_text('{"version": 1, "user": "a b"}')
    flags = ["--image", "//:app", str(tmp_path / "options.json")]
    assert check(tmp_path, [part(file("bin/su", 0o4755))], flags=flags) == 0
    assert report(tmp_path)["parts"] == 0
