from __future__ import annotations

import pytest

from tools.lib.part.overlay import Overlay, apply_all
from tools.lib.part.part import Part
from tools.lib.part.testing import directory, file, hardlink, part, symlink


def tar(*entries: str, directories: tuple[str, ...] = ()) -> Part:
    """A foreign part of files and directories."""
    return part(
        *map(file, entries),
        label="//x:tar",
        directories=[directory(path) for path in directories],
        foreign=True,
    )


BASE = part(
    file("etc/x"),
    file("etc/y/z"),
    symlink("lib", "usr/lib"),
    file("usr/lib/a"),
    package="base",
)


@pytest.mark.parametrize(
    ("upper", "left"),
    [
        (tar("etc/.wh.x"), ["etc/y/z", "lib", "usr/lib/a"]),
        (tar("etc/.wh.y"), ["etc/x", "lib", "usr/lib/a"]),
        (tar(".wh.etc"), ["lib", "usr/lib/a"]),
        (tar("etc/.wh..wh..opq", "etc/n"), ["etc/n", "lib", "usr/lib/a"]),
        (tar(".wh..wh..opq"), []),
        # A whiteout is for the layers below, wherever it is in the tar.
        (tar("etc/x", "etc/.wh.x"), ["etc/x", "etc/y/z", "lib", "usr/lib/a"]),
        (tar(".wh.nothing", "etc/.wh..wh.plnk"), ["etc/x", "etc/y/z", "lib", "usr/lib/a"]),
    ],
)
def test_whiteouts(upper: Part, left: list[str]) -> None:
    overlay = apply_all([BASE, upper])
    assert sorted(overlay.entries) == left


def test_whiteout_of_a_directory() -> None:
    overlay = apply_all([BASE, tar(".wh.etc")])
    assert sorted(overlay.directories) == ["usr", "usr/lib"]


def test_deleted_path_is_free() -> None:
    overlay = Overlay()
    for lower in (BASE, tar("etc/.wh.x", ".wh.usr")):
        assert list(overlay.apply(lower)) == []
    upper = part(file("etc/x"), file("usr"), package="upper")
    assert list(overlay.apply(upper)) == []
    assert overlay.entries["etc/x"].part is upper


def test_names_like_whiteouts_delete_nothing_in_other_parts() -> None:
    # Packages cannot have them; what a rule generates is taken as it is.
    assert "etc/x" in apply_all([BASE, part(file("etc/.wh.x"))]).entries


@pytest.mark.parametrize(
    ("upper", "path", "previous"),
    [
        (part(file("etc/x")), "etc/x", "etc/x"),
        (part(symlink("etc/y", "x")), "etc/y", "etc/y"),
        (part(file("lib/n")), "lib", "lib"),
        (tar("etc/x"), "etc/x", "etc/x"),
        (tar(directories=("lib",)), "lib", "lib"),
        (tar("etc/x/n"), "etc/x/n", "etc/x"),
        (tar("etc/x/n/n"), "etc/x/n/n", "etc/x"),
        (part(hardlink("etc/n", "etc/gone"), foreign=True), "etc/n", None),
        (part(hardlink("etc/n", "etc/o"), file("etc/o"), foreign=True), "etc/n", None),
    ],
)
def test_conflicts(upper: Part, path: str, previous: str | None) -> None:
    overlay = apply_all([BASE])
    (conflict,) = overlay.apply(upper)
    assert (conflict.entry.path, conflict.part) == (path, upper)
    if previous is None:
        assert conflict.previous is None
    else:
        assert conflict.previous
        assert conflict.previous.part is BASE
        assert conflict.previous.path == previous


@pytest.mark.parametrize(
    "upper",
    [
        part(file("etc/n"), directories=[directory("etc")]),
        part(file("etc/x"), replaces=["etc/x"]),
        # Through the link, as the container runtime unpacks it.
        tar("lib/n"),
        part(hardlink("etc/n", "etc/x"), foreign=True),
        part(file("n"), hardlink("m", "n"), foreign=True),
    ],
)
def test_no_conflicts(upper: Part) -> None:
    overlay = apply_all([BASE])
    assert list(overlay.apply(upper)) == []


def test_entries_that_cannot_be_unpacked_are_not_visible() -> None:
    upper = part(hardlink("etc/n", "etc/gone"), file("etc/x/n"), foreign=True)
    assert sorted(apply_all([BASE, upper]).entries) == sorted(apply_all([BASE]).entries)
