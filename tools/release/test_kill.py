"""A release that is killed leaves no tag that names what is not whole, signed and described."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tools.lib.attest.testing import private_pem
from tools.lib.registry.testing import FakeRegistry, Handler, fake_registry
from tools.release.testing import SampleRelease, faults_of_tags, tags_in

PROGRAM = """\
import sys
from tools.lib.cli.errors import run
from tools.release.__main__ import main
sys.exit(run(main, sys.argv))
"""


def sent(registry: FakeRegistry) -> int:
    """Bytes of distinct blobs."""
    return sum({digest: len(data) for (_, digest), data in registry.blobs.items()}.values())


@pytest.mark.parametrize(
    ("method", "path", "after", "is_first"),
    [
        ("PUT", "/blobs/uploads/", 5, True),
        ("POST", "/blobs/uploads/.mount=", 3, True),
        ("PUT", "/manifests/sha256:", 4, True),
        ("PUT", "/manifests/sha256-", 7, True),
        ("PUT", "/manifests/debug", 5, True),
        ("PUT", "/manifests/sha256:", 10, False),
        ("PUT", "/manifests/latest", 20, False),
    ],
)
def test_kill(tmp_path: Path, method: str, path: str, after: int, is_first: bool) -> None:
    sample = SampleRelease(tmp_path / "release", size=100)
    old = SampleRelease(tmp_path / "old", "old", size=100)
    key = tmp_path / "key.pem"
    key.write_bytes(private_pem(ec.generate_private_key(ec.SECP256R1())))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(tmp_path)}
    reached, killed = threading.Event(), threading.Event()

    def answer(handler: Handler) -> None:
        handler.dispatch()

    def wait(handler: Handler) -> None:
        reached.set()
        killed.wait()
        handler.close_connection = True

    with fake_registry() as registry:

        def command(release: SampleRelease) -> list[str]:
            flags = ["--registry", f"{registry.host}/p", "--insecure", "--sign-key", str(key)]
            return [sys.executable, "-c", PROGRAM, *release.flags, *flags]

        def complete(release: SampleRelease) -> None:
            done = subprocess.run(command(release), env=environment, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr

        if not is_first:
            complete(old)
        registry.fail(method, path, *[answer] * after, wait)
        with subprocess.Popen(
            command(sample), env=environment, stderr=subprocess.DEVNULL
        ) as process:
            while not reached.wait(0.1):
                assert process.poll() is None, "it ended before the request"
            process.kill()
        killed.set()
        assert not list(faults_of_tags(registry))
        registry.faults.clear()
        complete(sample)
        assert not list(faults_of_tags(registry))
        assert registry.received == sent(registry)
        for each in sample.plan.repositories:
            found = tags_in(registry, f"p/{each.name}")
            assert found == found | sample.tags(each.name)
