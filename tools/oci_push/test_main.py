import re
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import CONFIG, LAYER, MANIFEST, Descriptor, Platform, describe
from tools.lib.oci.image_config import ImageConfig
from tools.lib.oci.layer import Layer, write_layer
from tools.lib.oci.manifest import Manifest
from tools.lib.registry.testing import FakeRegistry, fake_registry
from tools.lib.registry.testing_content import read_layout, write_index
from tools.lib.registry.testing_home import use_home
from tools.oci_push.__main__ import main


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_home(tmp_path, monkeypatch)


@pytest.fixture
def layout(tmp_path: Path) -> str:
    return write_index(tmp_path / "layout")


def tags(registry: FakeRegistry, path: str) -> set[str]:
    return {name for where, name in registry.manifests if where == path and ":" not in name}


def test_tags_of_attributes_files_and_the_command_line(layout: str) -> None:
    Path("tags").write_text("v1\n\n  v1.2  \nv1\n")
    Path("status").write_text("STABLE_GIT_COMMIT abcdef\n")
    flags = ["--layout", layout, "--tag", "{STABLE_GIT_COMMIT}", "--tags-file", "tags"]
    flags += ["--status-file", "status"]
    with fake_registry() as registry:
        repository = ["--repository", f"{registry.host}/team/app"]
        assert main([*flags, *repository, "--insecure", "-t", "mine", "--tag", "v1"]) == 0
        assert tags(registry, "team/app") == {"v1", "v1.2", "abcdef", "mine"}


def test_the_command_line_names_another_repository(
    layout: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("repository").write_text("registry.example.com/file\n")
    with fake_registry() as registry:
        flags = ["--layout", layout, "--repository-file", "repository"]
        assert main([*flags, "-r", f"{registry.host}/mine", "--insecure"]) == 0
        digest = read_layout(layout).root.digest
        assert registry.manifests.keys() == {
            ("mine", each.document.digest) for each in read_layout(layout).manifests
        }
        assert capsys.readouterr().out == f"{registry.host}/mine@{digest}\n"
    assert main([*flags, "--dry-run"]) == 0
    assert capsys.readouterr().out == (
        "would push to registry.example.com/file:\n"
        f"  3 manifests, 5 blobs, {sum(b.size for b in read_layout(layout).blobs.values())} bytes\n"
        f"registry.example.com/file@{digest}\n"
    )


def test_an_image_of_a_build_needs_no_layout() -> None:
    data = b"a layer"
    layer = describe(LAYER, data)
    Path("layer").write_bytes(data)
    with open("layer.json", "wb") as out:
        write_layer(Layer(descriptor=layer, diff_id=layer.digest), out)
    config = ImageConfig(Platform("linux", "amd64"), (layer.digest,)).encode()
    Path("config.json").write_bytes(config)
    manifest = Manifest(describe(CONFIG, config), (layer,)).encode()
    Path("manifest.json").write_bytes(manifest)
    flags = ["--manifest", "manifest.json", "--config", "config.json"]
    flags += ["--layer", "layer.json", "layer"]
    with fake_registry() as registry:
        assert main([*flags, "-r", f"{registry.host}/a", "-t", "v1", "--insecure"]) == 0
        assert registry.manifests["a", "v1"] == (MANIFEST, manifest)
        assert set(registry.blobs.values()) == {data, config}


def test_a_digest_file(layout: str) -> None:
    with fake_registry() as registry:
        repository = f"{registry.host}/a"
        flags = ["--layout", layout, "-r", repository, "--insecure", "--digest-file", "digest"]
        assert main(flags) == 0
    assert Path("digest").read_text() == f"{read_layout(layout).root.digest}\n"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "//:app: the repository is missing (hint: set `repository` or `repository_file`, "),
        (["-r", "example.com/a:v1"], "must not have a tag or a digest (hint: write example.com/a)"),
        (["-r", "example.com/A"], "invalid image name 'example.com/A'"),
        (["-r", "example.com/a", "-t", "a b"], "invalid tag 'a b'"),
        (["-r", "example.com/a", "-t", "{X}"], "{X} needs a stamped build"),
        (
            ["-r", "example.com/a", "--mount-from", "example.org/b"],
            "--mount-from example.org/b: its registry is not example.com",
        ),
        (["-r", "example.com/a", "--platform", "x"], "unknown flag --platform"),
    ],
)
def test_errors(layout: str, flags: list[str], message: str) -> None:
    with pytest.raises(ToolError, match=re.escape(message)):
        main(["--layout", layout, "--label", "//:app", *flags])


def test_a_layout_with_several_images(layout: str) -> None:
    Path(layout, "index.json").write_text('{"manifests": []}')
    with pytest.raises(ToolError, match=r"index\.json: 0 images or indexes \(hint: the layout"):
        main(["--layout", layout, "-r", "example.com/a"])


@pytest.fixture
def pulled() -> list[str]:
    """Flags of an image whose one layer is in no file."""
    data = b"a layer"
    layer = describe(LAYER, data)
    with open("layer.json", "wb") as out:
        write_layer(Layer(descriptor=layer, diff_id=layer.digest), out)
    config = ImageConfig(Platform("linux", "amd64"), (layer.digest,)).encode()
    Path("config.json").write_bytes(config)
    Path("manifest.json").write_bytes(Manifest(describe(CONFIG, config), (layer,)).encode())
    return ["--manifest", "manifest.json", "--config", "config.json", "--insecure"]


def blob_requests(registry: FakeRegistry, blob: Descriptor) -> list[str]:
    return [each for each in registry.requests if blob.digest in each]


def test_a_pulled_layer_is_mounted(pulled: list[str]) -> None:
    layer = describe(LAYER, b"a layer")
    with fake_registry() as registry:
        registry.blobs["team/base", layer.digest] = b"a layer"
        flags = ["--insecure-pulled-layer", "layer.json", f"{registry.host}/team/base"]
        assert main([*pulled, *flags, "-r", f"{registry.host}/team/app"]) == 0
        assert blob_requests(registry, layer) == [
            f"HEAD /v2/team/app/blobs/{layer.digest}",
            f"POST /v2/team/app/blobs/uploads/?mount={layer.digest}&from=team/base",
        ]
        assert registry.blobs["team/app", layer.digest] == b"a layer"


def test_a_pulled_layer_that_cannot_be_mounted_is_copied(
    pulled: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    layer = describe(LAYER, b"a layer")
    with fake_registry() as source, fake_registry() as target:
        source.blobs["team/base", layer.digest] = b"a layer"
        flags = ["--insecure-pulled-layer", "layer.json", f"{source.host}/team/base"]
        for _ in range(2):  # a second push sends nothing
            assert main([*pulled, *flags, "-r", f"{target.host}/team/app"]) == 0
        assert source.requests == [f"GET /v2/team/base/blobs/{layer.digest}"]
        assert target.blobs["team/app", layer.digest] == b"a layer"
    assert not list(temporary.iterdir())


def test_a_layer_of_a_cache_is_read_if_the_registry_lacks_it(
    pulled: list[str], tmp_path: Path
) -> None:
    digits = describe(LAYER, b"a layer").digest.removeprefix("sha256:")
    blob = tmp_path / "cache/cas" / digits[:2] / digits
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"a layer")
    flags = [*pulled, "--cas", str(tmp_path / "cache")]
    with fake_registry() as registry:
        assert main([*flags, "-r", f"{registry.host}/a", "-t", "v1"]) == 0
        assert registry.blobs["a", f"sha256:{digits}"] == b"a layer"
        blob.unlink()
        assert main([*flags, "-r", f"{registry.host}/a", "-t", "v2"]) == 0
        with pytest.raises(ToolError, match=f"blob sha256:{digits} not found"):
            main([*flags, "-r", f"{registry.host}/b", "-t", "v1"])
        assert tags(registry, "a") == {"v1", "v2"}
        assert tags(registry, "b") == set()


def test_a_pulled_layer_with_other_content(pulled: list[str]) -> None:
    layer = describe(LAYER, b"a layer")
    with fake_registry() as source, fake_registry() as target:
        source.blobs["team/base", layer.digest] = b"another"
        flags = ["--insecure-pulled-layer", "layer.json", f"{source.host}/team/base"]
        with pytest.raises(ToolError, match="the content has the digest sha256:"):
            main([*pulled, *flags, "-r", f"{target.host}/team/app"])
        assert not target.manifests
        assert ("team/app", layer.digest) not in target.blobs
