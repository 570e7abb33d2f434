"""A push that is killed leaves no tag, and what it sent is not sent again."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tools.lib.registry.testing import Handler, fake_registry
from tools.lib.registry.testing_content import read_layout, write_index

PROGRAM = """\
import sys
from tools.lib.cli.errors import run
from tools.oci_push.__main__ import main
sys.exit(run(main, sys.argv))
"""


@pytest.mark.parametrize(("method", "path"), [("PUT", "/manifests/"), ("PUT", "/manifests/v1$")])
def test_kill(tmp_path: Path, method: str, path: str) -> None:
    layout = write_index(tmp_path / "layout")
    content = read_layout(layout)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(tmp_path)}
    reached, killed = threading.Event(), threading.Event()

    def wait(handler: Handler) -> None:
        reached.set()
        killed.wait()
        handler.close_connection = True

    with fake_registry() as registry:
        command = [sys.executable, "-c", PROGRAM, "--layout", layout, "--insecure"]
        command += ["-r", f"{registry.host}/app", "-t", "v1"]
        registry.fail(method, path, wait)
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
            while not reached.wait(0.1):
                assert process.poll() is None, "it ended before the request"
            process.kill()
        killed.set()
        assert ("app", "v1") not in registry.manifests
        before = registry.received
        assert before == sum(blob.size for blob in content.blobs.values())
        subprocess.run(command, env=environment, check=True, capture_output=True)
        assert registry.received == before
        assert registry.manifests["app", "v1"][1] == content.root.data
