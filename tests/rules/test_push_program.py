"""The program of `oci_push` on a layout whose blobs are symlinks, as rules_oci writes them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tools.lib.registry.testing import fake_registry
from tools.lib.registry.testing_content import read_layout

PROGRAM, LAYOUT = os.environ["PROGRAM"], os.environ["LAYOUT"]


def test_it_pushes_what_the_symlinks_lead_to(tmp_path: Path) -> None:
    content = read_layout(LAYOUT)
    with fake_registry() as registry:
        command = [os.path.abspath(PROGRAM), "--insecure", "-r", f"{registry.host}/app", "-t", "v1"]
        environment = {**os.environ, "BUILD_WORKING_DIRECTORY": str(tmp_path)}
        flags = ["--digest-file", "digest"]
        done = subprocess.run(
            [*command, *flags], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert registry.manifests["app", "v1"][1] == content.root.data
        assert registry.blobs.keys() == {("app", digest) for digest in content.blobs}
    assert (tmp_path / "digest").read_text() == f"{content.root.digest}\n"
