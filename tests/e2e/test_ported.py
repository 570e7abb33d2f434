"""The example debian_snapshot of rules_distroless: tags that are converted, locked, and built."""

from __future__ import annotations

import re
from pathlib import Path

from tests.e2e.workspaces import lock_twice, names, timed, workspace

TAGS = "rules_distroless.MODULE.bazel"
# What README.md says that was changed in what the command has written.
CHANGES = {
    r"url: https://snapshot\.debian\.org/archive/(\S+)/20240901T024950Z": r"archive: \1",
    r" +check_valid_until: false .*\n": "",
    r" +- ca-certificates\n": "",
    r"(?s)\Z": """\
    ignored_dependencies:
      adduser: for maintainer scripts
  # For the rule ca_bundle, which makes the bundle of its certificates.
  certificates:
    packages: [ca-certificates]
    dependencies: explicit
    ignored_dependencies:
      debconf: for maintainer scripts
      openssl: for update-ca-certificates
""",
}


def test_ported(tmp_path: Path) -> None:
    with workspace("ported", tmp_path) as bazel:
        printed = bazel.succeed(
            "run", "@distroless//tools/lock", "--", "import", TAGS, "imported.yaml"
        )
        command = "bazel run @distroless//tools/lock -- imported.yaml"
        first, *notes = printed.splitlines()
        assert first == f"imported.yaml: written (to lock it: {command})"
        assert ["`archive: debian" in note for note in notes] == [True, True]
        text = (bazel.workspace / "imported.yaml").read_text()
        for pattern, replacement in CHANGES.items():
            text, count = re.subn(pattern, replacement, text)
            assert count
        assert text == (bazel.workspace / "bullseye.yaml").read_text()

        lock = lock_twice(bazel, "@bullseye//:lock", "bullseye.lock.json")
        assert {"apt", "libbsd0", "libc6", "nvidia-kernel-common", "perl"} <= names(lock)
        assert not names(lock) & {"adduser", "openssl", "passwd"}
        with timed("first build"):
            bazel.succeed("build", "//:image")
        bazel.succeed("test", "//:test")
