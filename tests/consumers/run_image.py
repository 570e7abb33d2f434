"""Runs an image of a registry by the tests that structure_test runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.signatures.cosign import succeed


def check_image(name: str, configs: list[str], directory: Path) -> None:
    """Tests the image for amd64 with configs of structure tests."""
    layout = directory / "layout"
    flags = ("--quiet", "--override-arch=amd64", "--src-tls-verify=false")
    # It converts what docker pushes to the format of OCI.
    succeed("skopeo", "copy", *flags, f"docker://{name}", f"oci:{layout}:latest")
    command = [sys.executable, "-m", "tools.structure_test", "--image", str(layout)]
    done = subprocess.run(
        [*command, *(flag for config in configs for flag in ("--config", config))],
        # Without the variables of Bazel: the results are those of this test.
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
