"""A program with wheels, one of which opens a library of an apt package."""

from __future__ import annotations

import contextlib
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.workspaces import lock_twice, names, timed, workspace
from tests.inner_bazel.inner_bazel import InnerBazel

ARM64 = "--platforms=@distroless//rules/platforms:linux_arm64"

# The same program without a C++ toolchain for its platform, which py_binary asks for.
LIBRARY = """
load("@distroless//rules:apps.bzl", "binary_layer")

py_library(
    name = "library",
    srcs = ["app.py"],
    data = ["greeting.txt"],
    deps = ["@wheels//markupsafe"],
)

binary_layer(
    name = "layers",
    binary = ":library",
    main = "app.py",
    path = "/srv/app",
)
"""


@pytest.fixture(scope="module")
def bazel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InnerBazel]:
    with workspace("python", tmp_path_factory.mktemp("python")) as bazel:
        build = bazel.workspace / "BUILD.bazel"
        build.write_text(build.read_text() + LIBRARY)
        yield bazel


@contextlib.contextmanager
def requirements(bazel: InnerBazel, text: str) -> Iterator[None]:
    """Replaces the requirements."""
    path = bazel.workspace / "requirements.txt"
    before = path.read_text()
    path.write_text(text)
    yield
    path.write_text(before)


def layers(bazel: InnerBazel, target: str, root: Path, *flags: str) -> list[set[str]]:
    """Builds and unpacks layers, and returns the files of each."""
    bazel.succeed("build", target, *flags)
    files = []
    for path in bazel.succeed("cquery", "--output=files", target, *flags).split():
        with tarfile.open(bazel.workspace / path) as archive:
            files.append({each.name for each in archive if each.isreg()})
            archive.extractall(root, filter="tar")
    return files


def test_the_program_runs(bazel: InnerBazel) -> None:
    found = names(lock_twice(bazel, "@bookworm//:lock", "bookworm.lock.json"))
    assert {"libldap-2.5-0", "libpq5"} <= found
    # The base has them.
    assert not found & {"libc6", "libgssapi-krb5-2", "libssl3"}
    with timed("image and its test"):
        bazel.succeed("test", "//:image_test")


def test_wheels_are_below_the_program(bazel: InnerBazel, tmp_path: Path) -> None:
    wheels, app = layers(bazel, "//:image_binary", tmp_path)
    modules = {path.rpartition("/site-packages/")[2] for path in wheels}
    assert {"markupsafe/__init__.py", "psycopg/__init__.py", "typing_extensions.py"} <= modules
    runfiles = "app/app.runfiles/"
    assert app == {
        "app/app",
        f"{runfiles}_main/app.py",
        f"{runfiles}_main/greeting.txt",
        f"{runfiles}_repo_mapping",
    }


def test_a_library_with_main_for_another_architecture(bazel: InnerBazel, tmp_path: Path) -> None:
    wheels, app = layers(bazel, "//:layers", tmp_path, ARM64)
    (compiled,) = (path for path in wheels if path.endswith(".so"))
    assert compiled.endswith("/_speedups.cpython-311-aarch64-linux-gnu.so")
    runfiles = "srv/app.runfiles/"
    assert app == {"srv/app", f"{runfiles}_main/app.py", f"{runfiles}_main/greeting.txt"}
    assert (tmp_path / "srv/app").read_text().startswith("#!/usr/bin/python3\n")
    assert (tmp_path / "srv/app").stat().st_mode & 0o777 == 0o755


def test_a_hash_that_the_index_does_not_have(bazel: InnerBazel) -> None:
    with requirements(bazel, f"markupsafe==3.0.3 --hash=sha256:{'0' * 64}\n"):
        assert bazel.fail("build", "@wheels//markupsafe") == (
            "markupsafe==3.0.3: the index has no file with one of the locked hashes "
            "(hint: lock the requirements again, or set `index` to the index that they are from)"
        )


def test_a_lock_without_hashes(bazel: InnerBazel) -> None:
    with requirements(bazel, "markupsafe==3.0.3\n"):
        assert bazel.fail("build", "@wheels//markupsafe") == (
            "requirements.txt: markupsafe==3.0.3 has no sha256 "
            "(hint: lock it, such as with `uv pip compile --generate-hashes`)"
        )
