"""A registry on loopback to which images were released."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from tests.registry.docker_registry import docker_registry
from tests.signatures.cosign import succeed
from tools.lib.attest.key_signer import KeySigner
from tools.lib.attest.testing import private_pem, public_pem

_RELEASE = os.path.abspath(os.environ["RELEASE"])
PROJECT = "distroless"
COMMIT = "c" * 40


@dataclass(frozen=True, slots=True)
class Released:
    """The registry.

    Attributes:
        host: HOST:PORT.
        key: the public key of the signatures.
    """

    host: str
    key: Path

    def name(self, image: str) -> str:
        """The name of an image, such as `static-debian13:nonroot`, in the registry."""
        return f"{self.host}/{PROJECT}/{image}"

    def digest(self, image: str) -> str:
        """The digest that a tag names."""
        return succeed("crane", "digest", self.name(image)).strip()

    def at(self, image: str, digest: str) -> str:
        """A digest in the repository of an image."""
        return f"{self.name(image.partition(':')[0])}@{digest}"

    def pinned(self, image: str) -> str:
        """The name of an image with the digest in place of the tag."""
        return self.at(image, self.digest(image))


@contextlib.contextmanager
def released(directory: Path, only: Sequence[str], *, signed: bool = False) -> Iterator[Released]:
    """Releases repositories to a registry, by the program that `//:release` runs.

    Args:
        directory: for files of the registry and the keys.
        only: names of repositories of the plan.
        signed: whether to sign and to describe them.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    (directory / "key.pem").write_bytes(private_pem(key))
    (directory / "key.pub").write_bytes(public_pem(KeySigner(key)))
    signer = ["--sign-key", str(directory / "key.pem")] if signed else ["--unsigned"]
    flags = [flag for name in only for flag in ("--only", name)]
    runfiles = os.environ.get("RUNFILES_DIR", os.environ["TEST_SRCDIR"])
    with docker_registry(directory) as host:
        subprocess.run(
            [
                _RELEASE,
                *("--registry", f"{host}/{PROJECT}", "--insecure", "--commit", COMMIT),
                *(*signer, *flags),
            ],
            env={**os.environ, "RUNFILES_DIR": runfiles, "HOME": str(directory)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        yield Released(host, directory / "key.pub")
