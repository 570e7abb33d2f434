"""A job of GitHub Actions releases with its own identity: it has no key, and no secret is shown."""

from pathlib import Path

import pytest

from tools.lib.attest.testing_job import REQUEST_TOKEN, fake_job
from tools.lib.attest.testing_sigstore import fake_sigstore
from tools.lib.cli.errors import ToolError
from tools.lib.registry.testing import fake_registry
from tools.release.__main__ import main
from tools.release.testing import SampleRelease, faults_of_tags, tags_in


def test_keyless(
    sample: SampleRelease, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = [*sample.flags, "--insecure", "--only", "static", "--keyless"]
    trust = Path("trust.json")
    with fake_sigstore() as sigstore, fake_job(sigstore) as job, fake_registry() as registry:
        trust.write_text(sigstore.trust_config())
        flags += ["--registry", f"{registry.host}/project", "--sigstore", str(trust)]
        for name in job:
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(ToolError, match="this machine has no identity to sign with"):
            main(flags)
        assert not registry.requests
        for name, value in job.items():
            monkeypatch.setenv(name, value)
        assert main(flags) == 0
        assert tags_in(registry, "project/static") == sample.tags("static")
        assert not list(faults_of_tags(registry))
        signed = sigstore.entries
        assert signed == 4 * 4 + 2 * 2
        # What is signed is not signed again, although no two signatures are the same.
        assert main(flags) == 0
        assert sigstore.entries == signed
    shown = capsys.readouterr()
    assert REQUEST_TOKEN not in shown.out + shown.err
