from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.debian.lock import (
    Lock,
    LockedPackage,
    LockedSuite,
    MissingIndex,
    Sha256,
    package_key,
    parse_lock,
    render_lock,
)
from tools.lib.debian.names import DebianArchitecture, PackageName, Version

APP, LIB = package_key("app", "1:2.0~rc1", "amd64"), package_key("lib", "1.0", "all")
URL = "https://snapshot.debian.org/archive/debian/20260711T230000Z/pool/a.deb"
DATE = datetime.datetime(2026, 7, 11, 10, 16, 37, tzinfo=datetime.UTC)
LOCK = Lock(
    manifest_sha256=Sha256("0" * 64),
    suites=(LockedSuite("debian", "bookworm", DATE),),
    missing_indexes=(MissingIndex("debian", "bookworm", "main", "armhf", "HTTP 404"),),
    packages={
        LIB: LockedPackage(
            PackageName("lib"),
            Version("1.0"),
            DebianArchitecture("all"),
            Sha256("2" * 64),
            None,
            URL,
            (),
        ),
        APP: LockedPackage(
            PackageName("app"),
            Version("1:2.0~rc1"),
            DebianArchitecture("amd64"),
            Sha256("1" * 64),
            1234,
            URL,
            (LIB,),
            {"Depends": "lib (>= 1.0), libc6"},
        ),
    },
    sets={"low": {"amd64": (LIB,)}, "app": {"arm64": (), "amd64": (APP,)}},
    base={"amd64": {"libc6": "2.36-9"}},
    merged_usr=True,
)


def document() -> Any:
    return json.loads(render_lock(LOCK))


def test_a_lock_is_read_back_as_it_was_written() -> None:
    assert parse_lock(render_lock(LOCK), "a.lock.json") == LOCK


def test_keys_stand_in_the_file_in_order() -> None:
    assert list(document()["packages"]) == ["app_1:2.0~rc1_amd64", "lib_1.0_all"]
    assert document()["sets"]["app"]["amd64"] == ["app_1:2.0~rc1_amd64"]
    assert "size" not in document()["packages"][LIB]


def test_a_date_is_in_utc() -> None:
    assert document()["suites"] == [
        {"source": "debian", "suite": "bookworm", "date": "2026-07-11T10:16:37Z"}
    ]


def test_readers_use_keys_as_they_are() -> None:
    text = render_lock(LOCK).replace(b'"lib_1.0_all"', b'"any text"')
    lock = parse_lock(text, "a.lock.json")
    (key,) = lock.sets["low"]["amd64"]
    assert lock.packages[key].name == "lib"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["version"], 1, "lock version 1 is not supported, expected 3 (hint: lock"),
        (["version"], "9" * 5000, "is not supported"),
        (["manifest_sha256"], "0" * 63, "manifest_sha256: invalid SHA-256"),
        (["suites"], None, ": suites: "),
        (["suites", 0, "date"], "2026-07-11", ": suites[0].date: invalid date '2026-07-11'"),
        (["suites", 0, "suite"], None, ": suites[0].suite: "),
        (["missing_indexes", 0, "reason"], 1, ": missing_indexes[0].reason: "),
        (["packages"], [], ": packages: "),
        (["packages", LIB, "name"], None, "packages['lib_1.0_all'].name: "),
        (["packages", LIB, "name"], "../lib", "invalid package name '../lib'"),
        (["packages", LIB, "version"], "1 2", "invalid version '1 2'"),
        (["packages", LIB, "architecture"], "A", "invalid architecture 'A'"),
        (["packages", LIB, "sha256"], "A" * 64, ".sha256: invalid SHA-256"),
        (["packages", LIB, "size"], -1, ".size: "),
        (["packages", APP, "depends"], "lib", ".depends: "),
        (["packages", APP, "depends"], ["x"], ".depends[0]: unknown package 'x'"),
        (["sets"], None, ": sets: "),
        (["sets", "app", "amd64"], [APP, "x"], "sets.app.amd64[1]: unknown package 'x'"),
        (["sets", "app", "amd64"], [[]], "sets.app.amd64[0]: "),
    ],
)
def test_an_invalid_lock_is_refused_with_the_place(
    path: list[Any], value: object, message: str
) -> None:
    changed = document()
    *parents, last = path
    target = changed
    for each in parents:
        target = target[each]
    target[last] = value
    with pytest.raises(ToolError) as caught:
        parse_lock(json.dumps(changed).encode(), "a.lock.json")
    assert str(caught.value).startswith("a.lock.json: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"[]", b"<<<<<<< HEAD\n", b"{" * 100_000, b"\xff"])
def test_a_file_that_is_not_a_lock_is_refused(data: bytes) -> None:
    with pytest.raises(ToolError, match=r"^a\.lock\.json: "):
        parse_lock(data, "a.lock.json")
