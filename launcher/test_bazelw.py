"""Calls of the real bazelw, with its root in place."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from launcher.place import VERSION, Place


def test_bazel_runs_in_a_root_that_the_first_call_makes(place: Place) -> None:
    status, output, errors = place.run("say", "a b", "", "*")
    assert (status, output) == (0, "a b\n\n*\n")
    assert errors[0].startswith(f"bazelw: making a root with Bazel {VERSION} in ")
    assert errors[-1].startswith("bazelw: the root is there after ")
    assert place.kept() == ["lock", "root"]


def test_later_calls_are_silent_and_need_no_network(place: Place) -> None:
    place.make()
    place.mirror.close()
    assert place.run("say", "b") == (0, "b\n", [])


def test_it_is_as_if_bazel_were_called(place: Place) -> None:
    below = place.repository / "tools"
    assert place.run("where", cwd=below)[:2] == (0, f"{below}\n{place.home}\n")
    assert place.run("exit", "37")[0] == 37
    assert place.run("read", text="some\nlines")[1] == "some\nlines"


def test_ctrl_c_is_bazel_s(place: Place) -> None:
    place.make()
    process = place.start("wait")
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 9
    process.communicate()


def test_bazel_is_told_of_the_mirror(place: Place) -> None:
    # Outside of a workspace, Bazel fails on it.
    assert "downloader" not in place.run("rc")[1]
    (place.repository / "MODULE.bazel").touch()
    config = place.run("rc")[1].partition("--experimental_downloader_config=")[2].rstrip('"\n')
    assert f"{place.mirror.url}/debian/$1" in Path(config).read_text()


def test_a_home_behind_a_link_is_one(place: Place, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(place.home)
    place.environment["HOME"] = str(link)
    assert place.run("where")[1] == f"{place.repository}\n{link}\n"


def test_bazelw_may_be_called_by_a_link_and_from_another_workspace(
    place: Place, tmp_path: Path
) -> None:
    link = tmp_path / "bw"
    link.symlink_to(place.repository / "bazelw")
    result = subprocess.run(
        [link, "where"], cwd=tmp_path, env=place.environment, capture_output=True, text=True
    )
    assert result.stdout == f"{tmp_path}\n{place.home}\n"


def test_the_cache_is_where_the_user_wants_it(place: Place, tmp_path: Path) -> None:
    place.environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    assert place.run("say", "a")[:2] == (0, "a\n")
    assert not place.home.joinpath(".cache").exists()
    assert tmp_path.joinpath("cache/distroless/bazelw").is_dir()


def test_the_user_s_bazel_is_taken_where_one_is_named(place: Place, tmp_path: Path) -> None:
    bazel = tmp_path / "bazel"
    bazel.write_text('#!/bin/sh\nshift; echo mine "$@"; exit 3\n')
    bazel.chmod(0o755)
    place.environment["DISTROLESS_BAZEL"] = str(bazel)
    assert place.run("say", "a") == (3, "mine say a\n", [])
    bazel.chmod(0o644)
    assert "DISTROLESS_BAZEL: no program" in place.refused()


def test_that_the_path_has_no_bazel_is_remembered_for_a_day(place: Place, tmp_path: Path) -> None:
    bazel = tmp_path / "bin/bazel"
    bazel.parent.mkdir()
    bazel.write_text("#!/bin/sh\necho bazel 6.0.0\n")
    bazel.chmod(0o755)
    place.environment |= {"DISTROLESS_BAZEL": "", "PATH": f"{bazel.parent}:/usr/bin:/bin"}
    place.make()
    (answer,) = place.cache.glob("choice.*")
    assert answer.read_text() == "\n"
    for hours, asked in ((23, False), (25, True)):
        before = time.time() - hours * 3600
        os.utime(answer, (before, before))
        assert place.run("say", "a")[:2] == (0, "a\n")
        assert (answer.stat().st_mtime > before + 60) == asked


def test_a_bazel_of_the_path_that_can_be_used_is_remembered(place: Place, tmp_path: Path) -> None:
    bazel = tmp_path / "bin/bazel"
    bazel.parent.mkdir()
    bazel.write_text('#!/bin/sh\nshift; echo mine "$@"\n')
    bazel.chmod(0o755)
    place.environment |= {"DISTROLESS_BAZEL": "", "PATH": f"{bazel.parent}:/usr/bin:/bin"}
    place.make()
    (answer,) = place.cache.glob("choice.*")
    answer.write_text(f"{bazel}\n")
    os.utime(answer, (1, 1))
    assert place.run("say", "a") == (0, "mine say a\n", [])
    os.utime(bazel, (1, 1))  # Another program.
    assert place.run("say", "a")[:2] == (0, "a\n")


def test_a_bazelw_on_the_path_is_no_bazel(place: Place) -> None:
    place.environment["BAZELW_PROBE"] = "1"
    assert place.run("--version") == (1, "", [])


def test_python_s_own_settings_do_not_matter(place: Place, tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/__init__.py").write_text("raise SystemExit('another')")
    place.environment |= {"PYTHONPATH": str(tmp_path), "PYTHONHOME": "/none"}
    assert place.run("say", "a")[:2] == (0, "a\n")
