"""Images of Temurin, if Adoptium's site cannot be reached."""

from __future__ import annotations

import re
from pathlib import Path

from tests.inner_bazel.inner_bazel import InnerBazel, copy_source_tree


def test_temurin_fails_with_one_line(tmp_path: Path) -> None:
    workspace = copy_source_tree(tmp_path / "workspace")
    lock = workspace / "private" / "lock" / "temurin.lock.json"
    # With other hashes, packages that have been downloaded before are not found.
    lock.write_text(re.sub(r'"sha256": "\w{8}', '"sha256": "00000000', lock.read_text()))
    blocked = tmp_path / "downloader"
    blocked.write_text("block packages.adoptium.net\n")
    with InnerBazel(workspace, tmp_path / "root") as bazel:
        error = bazel.fail(
            "build",
            f"--experimental_downloader_config={blocked}",
            # bazelw leaves Temurin out on a machine that cannot reach the site.
            "--repo_env=DISTROLESS_UNAVAILABLE=",
            "//java:java21_temurin_amd64_debian13",
        )
        assert re.search(
            r" blocked all URLs: \[https://packages\.adoptium\.net/.*/temurin-21-jre_\S+_amd64\.deb\]$",
            error,
        )
