"""Runs cosign, oras, crane and skopeo, which must be on the PATH."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

from tools.lib.data.json_values import Json

OFFLINE = "--insecure-ignore-tlog"
"""A key's signatures are not in the transparency log."""

NO_SERVICES = json.dumps(
    {
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "rekorTlogConfig": {},
        "tsaConfig": {},
    }
)
"""A signing config for `cosign sign --key` without the transparency log."""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end."""
    assert shutil.which(command[0]), f"{command[0]} is not on PATH (hint: apt-get install it)"
    return subprocess.run(command, capture_output=True, text=True, check=False)


def succeed(*command: str) -> str:
    """What a program prints; it must succeed."""
    done = run(*command)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout


def refuse(*command: str) -> str:
    """The error of cosign, which must fail with one."""
    done = run(*command)
    assert done.returncode != 0, done.stdout
    prefix = "error during command execution: "
    (line,) = [each for each in done.stderr.splitlines() if each.startswith(prefix)]
    return line.removeprefix(prefix)


def verify(reference: str, key: Path) -> list[str]:
    """The types of the statements that `cosign verify` accepts."""
    return [
        each["critical"]["type"]
        for each in json.loads(succeed("cosign", "verify", "--key", str(key), OFFLINE, reference))
    ]


def attestations(reference: str, kind: str, key: Path, *flags: str) -> list[Json]:
    """The predicates that `cosign verify-attestation` accepts."""
    command = ["cosign", "verify-attestation", "--key", str(key), OFFLINE, "--type", kind, *flags]
    lines = succeed(*command, reference).splitlines()
    payloads = [base64.b64decode(json.loads(line)["payload"]) for line in lines]
    return [json.loads(payload)["predicate"] for payload in payloads]
