import base64
import json
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import MANIFEST, digest_of
from tools.lib.registry.testing import fake_registry
from tools.lib.registry.testing_home import use_home
from tools.oci_pull.__main__ import main

DATA = b'{"schemaVersion": 2}'


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use_home(tmp_path, monkeypatch)
    return tmp_path


@pytest.mark.parametrize("wants_credentials", [True, False])
def test_digest_and_header(
    home: Path, wants_credentials: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    auth = base64.b64encode(b"user:password").decode()
    expected = f"Basic {auth}" if wants_credentials else None
    with fake_registry() as registry:
        (home / ".docker").mkdir()
        config = json.dumps({"auths": {registry.host: {"auth": auth}}})
        (home / ".docker/config.json").write_text(config)
        if wants_credentials:
            registry.authorize = lambda handler: (
                None if handler.headers.get("Authorization") == expected else "Basic"
            )
        registry.manifests["team/app", "v1"] = (MANIFEST, DATA)
        flags = ["--repository", f"{registry.host}/team/app", "--insecure"]
        assert main([*flags, "--reference", "v1"]) == 0
        assert json.loads(capsys.readouterr().out) == {
            "authorization": expected,
            "digest": digest_of(DATA),
        }
        with pytest.raises(ToolError, match="manifest v2: HTTP 404"):
            main([*flags, "--reference", "v2"])
