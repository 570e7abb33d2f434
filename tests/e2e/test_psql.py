"""psql on the base image of Debian 12, for two architectures."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.workspaces import lock_twice, names, timed, workspace


def test_psql(tmp_path: Path) -> None:
    with workspace("psql", tmp_path) as bazel:
        error = bazel.fail("build", "--nobuild", "//:image")
        command = "bazel run @bookworm//:lock"
        assert error == f"//:bookworm.lock.json: lock not found (hint: {command})"

        lock = lock_twice(bazel, "@bookworm//:lock", "bookworm.lock.json")
        found = names(lock)
        assert {"postgresql-client-15", "libpq5", "libreadline8"} <= found
        # The base has them.
        assert not found & {"libc6", "libssl3", "dpkg"}
        assert set(lock["sets"]["packages"]) == {"amd64", "arm64"}

        with timed("first build"):
            bazel.succeed("build", "//:image")
        # psql.yaml, for each architecture.
        bazel.succeed("test", "//:image_test")

        module = bazel.workspace / "MODULE.bazel"
        text = module.read_text()
        module.write_text(text.replace('"postgresql-client-15"', '"libpq5"'))
        error = bazel.fail("build", "--nobuild", "//:image")
        assert error == (
            "//:bookworm.lock.json: apt.install 'bookworm' in MODULE.bazel has changed since the "
            f"lock was written (hint: {command})"
        )
        module.write_text(f"# A comment.\n{text}")
        bazel.succeed("build", "--nobuild", "//:image")
