"""Measures a release of all images to an empty registry on loopback, and a second one after it.

./bazelw run //tests/bench:release [-- [--target LABEL] FLAGS OF THE RELEASE]

Builds the release, or another target of its rule for a smaller try, starts docker-registry, and
releases twice with a new key. Prints the time, the requests and the bytes of both runs, and the
ratio of the bytes to those of the distinct blobs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec

from tests.registry.docker_registry import docker_registry
from tools.lib.attest.testing import private_pem
from tools.lib.cli.errors import ToolError, run


class _Run(NamedTuple):
    seconds: float
    report: dict[str, Any]


def _release(program: str, host: str, scratch: Path, flags: Sequence[str]) -> _Run:
    report = scratch / "report.json"
    command = [program, "--registry", f"{host}/project", "--insecure"]
    command += ["--sign-key", str(scratch / "key.pem"), "--report", str(report)]
    started = time.monotonic()
    done = subprocess.run([*command, "--commit", "0" * 40, *flags], check=False)
    seconds = time.monotonic() - started
    if done.returncode:
        raise ToolError("the release failed", "its output above says why")
    return _Run(seconds, json.loads(report.read_text()))


def _stored(directory: Path) -> tuple[int, int]:
    """The number and the bytes of the distinct blobs and manifests that the registry has."""
    top = directory / "data/docker/registry/v2/blobs/sha256"
    sizes = [path.stat().st_size for path in top.glob("*/*/data")]
    return len(sizes), sum(sizes)


def main(argv: Sequence[str]) -> int:
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if not workspace:
        raise ToolError(
            "BUILD_WORKSPACE_DIRECTORY is not set", "./bazelw run //tests/bench:release"
        )
    os.chdir(workspace)
    target, flags = "//:release", list(argv)
    if flags[:1] == ["--target"]:
        target, flags = flags[1], flags[2:]
    build = ["./bazelw", "build", "--build_runfile_links", "--ui_event_filters=-info", target]
    subprocess.run(build, check=True)
    program = os.path.join("bazel-bin", *target.removeprefix("//").split(":"))
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        scratch = Path(name)
        key = ec.generate_private_key(ec.SECP256R1())
        (scratch / "key.pem").write_bytes(private_pem(key))
        with docker_registry(scratch) as host:
            first = _release(program, host, scratch, flags)
            count, distinct = _stored(scratch)
            second = _release(program, host, scratch, flags)
    total = first.report["total"]
    print(f"repositories:    {len(first.report['repositories']):8}")
    print(f"tags:            {total['tags']:8}")
    print(f"attestations:    {total['attestations']:8}")
    print(f"distinct blobs:  {distinct / 1e6:8.1f} MB in {count}")
    for title, each in (("first", first), ("second", second)):
        total = each.report["total"]
        print(f"\n{title} run:")
        print(f"  time:          {each.seconds:8.1f} s")
        print(f"  sent:          {total['request_bytes'] / 1e6:8.1f} MB")
        print(f"  ratio:         {total['request_bytes'] / distinct:8.3f}")
        print(f"  blobs:         {total['blobs_sent']} sent, {total['blobs_mounted']} mounted")
        requests = sum(total["requests"].values())
        methods = ", ".join(f"{count} {name}" for name, count in sorted(total["requests"].items()))
        print(f"  requests:      {requests} ({methods})")
    return 0


if __name__ == "__main__":
    sys.exit(run(main, sys.argv))
