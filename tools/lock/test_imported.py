"""Manifests, tags and locks of rules_distroless."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError, run
from tools.lib.manifest.manifest_reader import read_manifest
from tools.lock.__main__ import main

MANIFEST = """\
version: 1
sources:
  - channel: bookworm main contrib
    urls:
      - https://snapshot-cloudflare.debian.org/archive/debian/20240210T223313Z
      - https://snapshot.debian.org/archive/debian/20240210T223313Z
  - channel: bookworm-updates main contrib
    url: https://snapshot.debian.org/archive/debian/20240210T223313Z/
  - channel: cloud main
    url: https://packages.example.com/apt
archs: [amd64, arm64]
packages:
  - perl
  - "coreutils" # for ls
  - curl
"""
LOCK = {
    "version": 1,
    "packages": [
        {"name": "perl", "version": "5.36", "arch": "amd64"},
        {"name": "perl", "version": "5.36", "arch": "arm64"},
        {"name": "coreutils", "version": "9.1-1+b1", "arch": "amd64"},
        {"name": "coreutils", "version": "9.1-1", "arch": "arm64"},
    ],
}
MODULE = """\
module(name = "x")
apt = use_extension("@rules_distroless//apt:extensions.bzl", "apt")
other = use_extension("//:other.bzl", "other")
other.install(packages = [x for x in "ab"])
apt.sources_list(
    architectures = ["amd64", "arm64"],
    components = ["main"],
    suites = ["bookworm", "bookworm-updates", "trixie"],
    types = ["deb"],
    uris = ["mirror+https://mirror.debian.org/debian/"],
)
apt.install(
    dependency_set = "some_set",
    packages = ["curl", "libstdc++6:amd64", "perl (>= 5)"],
    suites = ["bookworm", "bookworm-updates"],
)
use_repo(apt, "some_set")
"""
LOCK_2 = {
    "version": 2,
    "sources": {
        suite: {
            "uris": ["https://mirror.debian.org/debian"],
            "components": ["main"],
            "types": ["deb"],
            "architectures": ["amd64"],
        }
        for suite in ("bookworm", "bookworm-updates", "trixie")
    },
    "dependency_sets": {
        "one": {"sets": {"amd64": {"/bookworm/curl:amd64": "7.88.1-10"}}},
        "two": {"sets": {"amd64": {"/trixie/curl:amd64": "8.14.1-2"}}},
    },
    "packages": {},
}


@pytest.fixture(autouse=True)
def _directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def convert(name: str, text: str, *words: str) -> str:
    """Runs the command; returns the manifest, which our reader accepts."""
    Path(name).write_text(text)
    assert run(main, ["lock", "import", name, "new.yaml", *words]) == 0
    read_manifest("new.yaml")
    return Path("new.yaml").read_text()


def test_a_manifest_that_is_not_converted_is_an_error_that_names_the_command(
    tmp_path: Path,
) -> None:
    path = tmp_path / "old.yaml"
    path.write_text(MANIFEST)
    with pytest.raises(ToolError) as error:
        read_manifest(str(path))
    assert error.value.message == f"{path}: a manifest of rules_distroless"
    command = f"bazel run @distroless//tools/lock -- import {path} NEW.yaml"
    assert error.value.hint == f"convert it: {command}"


def test_a_manifest_with_its_lock(capsys: pytest.CaptureFixture[str]) -> None:
    Path("app.lock.json").write_text(json.dumps(LOCK))
    snapshot = "https://snapshot.debian.org/archive/debian/20240210T223313Z"
    assert convert("app.yaml", MANIFEST) == (
        "version: 1\n"
        "architectures: [amd64, arm64]\n"
        "sources:\n"
        f"  - url: {snapshot}\n"
        "    suites: [bookworm, bookworm-updates]\n"
        "    components: [main, contrib]\n"
        "    check_valid_until: false  # a snapshot does not change any more\n"
        "  - url: https://packages.example.com/apt\n"
        "    suites: [cloud]\n"
        "    components: [main]\n"
        "    keyring: FILE  # the OpenPGP keys of this repository\n"
        "sets:\n"
        "  app:\n"
        "    packages:\n"
        "      - perl (= 5.36)\n"
        "      - coreutils (= 9.1-1+b1) [amd64]\n"
        "      - coreutils (= 9.1-1) [arm64]\n"
        "      - curl\n"
    )
    assert capsys.readouterr().out.splitlines() == [
        "new.yaml: written (to lock it: bazel run @distroless//tools/lock -- new.yaml)",
        "  https://packages.example.com/apt: write the path of its keyring instead of FILE",
    ]


def test_a_snapshot_may_become_its_archive(capsys: pytest.CaptureFixture[str]) -> None:
    url = "https://snapshot.debian.org/archive/debian/20240901T024950Z"
    convert("MODULE.bazel", MODULE.replace("mirror+https://mirror.debian.org/debian/", url))
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"  {url}: a snapshot does not change (to get newer packages: write `archive: debian` "
        "instead of `url` and `check_valid_until`)"
    ]


def test_tags_of_the_extension() -> None:
    assert convert("MODULE.bazel", MODULE) == (
        "version: 1\n"
        "architectures: [amd64, arm64]\n"
        "sources:\n"
        "  - url: https://mirror.debian.org/debian\n"
        "    suites: [bookworm, bookworm-updates]\n"
        "    components: [main]\n"
        "sets:\n"
        "  some_set:\n"
        "    packages:\n"
        "      - curl\n"
        "      - libstdc++6 [amd64]\n"
        "      - perl (>= 5)\n"
    )


def test_a_lock_of_the_extension() -> None:
    text = convert("apt.lock.json", json.dumps(LOCK_2), "one")
    assert text.count("suites: [bookworm]\n") == text.count("[bookworm-updates]\n") == 1
    assert "trixie" not in text
    assert text.endswith("  one:\n    packages:\n      - curl (= 7.88.1-10)\n")


@pytest.mark.parametrize(
    ("name", "text", "words", "error"),
    [
        (
            "a.lock.json",
            json.dumps(LOCK_2),
            (),
            "it has several sets (hint: name one after NEW.yaml: one, two)",
        ),
        ("a.lock.json", json.dumps(LOCK_2), ("x",), "unknown set 'x'"),
        ("a.lock.json", json.dumps(LOCK), (), "expected version 2"),
        ("MODULE.bazel", 'module(name = "x")', (), "it has no packages of rules_distroless"),
        ("MODULE.bazel", MODULE.replace('["curl"', '[x for x in "ab"'), (), "not a MODULE.bazel"),
        ("a.yaml", "version: 1\nsets: {}\n", (), "unknown field"),
    ],
)
def test_what_cannot_be_converted(
    name: str,
    text: str,
    words: tuple[str, ...],
    error: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path(name).write_text(text)
    assert run(main, ["lock", "import", name, "new.yaml", *words]) == 1
    assert error in capsys.readouterr().err
    assert not Path("new.yaml").exists()


def test_no_file_is_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    Path("app.yaml").write_text(MANIFEST)
    assert run(main, ["lock", "import", "app.yaml", "app.yaml"]) == 1
    assert "app.yaml: file exists" in capsys.readouterr().err
    assert run(main, ["lock", "import", "app.yaml"]) == 1
