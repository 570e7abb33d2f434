"""`./knife verify` rebuilds an index of this repository at the commit in its provenance."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from tests.clients.registry import registry
from tests.inner_bazel.inner_bazel import InnerBazel, copy_source_tree
from tools.lib.attest.attach import attach
from tools.lib.attest.provenance import Builder, Source, parse_provenance
from tools.lib.attest.statement import PROVENANCE, Statement
from tools.lib.attest.testing import public_pem, some_signer
from tools.lib.cli.progress import Lines
from tools.lib.oci.descriptor import Digest, describe
from tools.lib.registry.push import push
from tools.lib.registry.referrers import Referrers
from tools.lib.registry.testing_content import client_for, read_layout
from tools.lib.workspace.checkout import checkout_directory

INDEX = "//static:static_debian12"
ARCHITECTURES = "@distroless//:architectures"
_BUILD = "static/BUILD.bazel"
_NSSWITCH = 'nsswitch(name = "nsswitch")'
_CHANGED = 'nsswitch(name = "nsswitch", databases = {"hosts": ["files", "SERVICE"]})'


@dataclass(frozen=True, slots=True)
class Project:
    """A copy of this repository with a commit, and a registry to which it releases."""

    bazel: InnerBazel
    commit: str
    host: str

    def release(self, *, forged: bool = False) -> Digest:
        """Builds, pushes and attests an index; a forged attestation is not as it was signed."""
        flag = f"--{ARCHITECTURES}=amd64"
        self.bazel.succeed("build", flag, INDEX, "//tests/provenance:index")
        content = read_layout(str(self.bazel.built("static/static_debian12")))
        push(client_for(self.host), content, [], Lines())
        path = self.bazel.built("tests/provenance/index.provenance.json")
        provenance = parse_provenance(json.loads(path.read_text()), str(path))
        assert provenance.platforms == ("linux/amd64",)
        provenance = replace(
            provenance,
            settings={**provenance.settings, ARCHITECTURES: "amd64"},
            source=Source("https://example.com/images", self.commit),
            builder=Builder("https://example.com/workflow"),
        )
        subject = describe(content.root.media_type, content.root.data)
        statement = Statement((subject.digest,), PROVENANCE, provenance.predicate())
        signer = some_signer()
        (self.bazel.workspace / "cosign.pub").write_bytes(public_pem(signer))
        bundle = signer.sign(statement.encode())
        if forged:
            bundle = bundle.replace(b'"sig":"ME', b'"sig":"MF')
        attach(Referrers(client_for(self.host)), subject, [bundle])
        return subject.digest

    def verify(self, digest: Digest) -> subprocess.CompletedProcess[str]:
        flags = "--key cosign.pub --insecure"
        return self.bazel.shell(f"./knife verify {self.host}/team/app@{digest} {flags}")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    directory = tmp_path_factory.mktemp("verify")
    copy = copy_source_tree(directory / "distroless")
    with InnerBazel(copy, directory / "root") as bazel, registry() as host:
        # The inner Bazel's settings are in user.bazelrc, which .gitignore names.
        commit = "git add . && git -c user.name=a -c user.email=a@example.com commit -qm 1"
        done = bazel.shell(f"git init -q && {commit} && git rev-parse HEAD")
        assert done.returncode == 0, done.stderr
        yield Project(bazel, done.stdout.strip(), host)
        # It has a place in the user's cache, as the private root of Bazel has.
        made = checkout_directory(str(copy))
        shutil.rmtree(made)
        os.unlink(f"{made}.lock")


@contextlib.contextmanager
def changed_image(project: Project, service: str) -> Iterator[None]:
    """The image has another nsswitch.conf, which is not committed."""
    build = project.bazel.workspace / _BUILD
    text = build.read_text()
    assert text.count(_NSSWITCH) == 1
    build.write_text(text.replace(_NSSWITCH, _CHANGED.replace("SERVICE", service)))
    yield
    build.write_text(text)


def test_an_image_that_a_rebuild_gives(project: Project) -> None:
    digest = project.release()
    done = project.verify(digest)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert f"built from: {INDEX} at {project.commit} of https://example.com/images" in lines
    assert lines[-2:] == [f"rebuilt: {digest}", "the rebuilt image is the same"]


def test_a_forged_provenance_is_not_built(project: Project) -> None:
    with changed_image(project, "mdns"):
        digest = project.release(forged=True)
    done = project.verify(digest)
    assert done.returncode == 1
    assert "not signed with this key sha256:" in done.stderr
    assert "building" not in done.stderr


def test_an_image_that_was_built_from_something_else(project: Project) -> None:
    with changed_image(project, "myhostname"):
        digest = project.release()
    done = project.verify(digest)
    assert done.returncode == 1
    assert "/etc/nsswitch.conf" in done.stdout
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert error.startswith(f"error: {project.host}/team/app@{digest}: a rebuild gives sha256:")
