"""Images of Temurin, if Adoptium's site cannot be reached."""

from __future__ import annotations

import re
from pathlib import Path

from tests.inner_bazel.inner_bazel import InnerBazel, copy_source_tree


def test_temurin_fails_with_one_line_and_other_images_do_not_need_it(tmp_path: Path) -> None:
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
            "//java:java21_temurin_amd64_debian13",
        )
        assert re.match(
            r"temurin-21-jre_\S+_amd64\.deb: download failed from https://packages\.adoptium\.net/"
            r".* \(hint: ",
            error,
        )
        named = 'filter("temurin", //java:all)'
        assert "//java:java21_temurin_debian12" in bazel.succeed("query", named).split()
        assert not bazel.succeed("query", f"{named} except attr(tags, manual, //java:all)")
