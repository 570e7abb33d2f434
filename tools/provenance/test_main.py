import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tools.lib.attest.provenance import (
    SOME_MACHINE,
    Builder,
    Material,
    Provenance,
    Source,
    find_builder,
    parse_provenance,
)
from tools.lib.cli.errors import ToolError
from tools.lib.data.json_values import Json
from tools.lib.oci.descriptor import CONFIG, LAYER, describe
from tools.lib.oci.layer import Layer, write_layer
from tools.lib.oci.manifest import Manifest
from tools.lib.part.part import Origin
from tools.lib.part.part_json import write_part
from tools.lib.part.testing import file, part
from tools.provenance.__main__ import main

SNAPSHOT = "https://snapshot.debian.org/archive/debian/20260101T000000Z/pool/main"
OWN = describe(LAYER, b"own")
IMPORTED = describe(LAYER, b"imported")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write_part_of(name: str, origin: Origin | None) -> list[str]:
    with open(name, "wb") as out:
        write_part(replace(part(file(f"etc/{name}")), origin=origin), out)
    return ["--part", name]


def provenance(*flags: str, target: str = "//:app") -> Json:
    common = ["--target", target, "--setting", "@distroless//rules:compression=zstd"]
    common += ["--rules-version", "1.2.3", "--predicate-out", "out.json"]
    assert main([*common, *flags]) == 0
    predicate: Json = json.loads(Path("out.json").read_text())
    return predicate


def test_what_was_downloaded_is_listed_once_and_sorted() -> None:
    flags = [
        *write_part_of("libz", Origin(url=f"{SNAPSHOT}/z/libz.deb", sha256="22" * 32)),
        *write_part_of("libc", Origin(url=f"{SNAPSHOT}/c/libc.deb", sha256="11" * 32)),
        *write_part_of("cacerts", Origin(url=f"{SNAPSHOT}/z/libz.deb", sha256="22" * 32)),
        *write_part_of("npm", Origin(url="https://example.com/a.tgz", purl="pkg:npm/a@1")),
        *write_part_of("passwd", None),
        *write_part_of("local", Origin(purl="pkg:generic/x")),
        "--platform",
        "linux/amd64",
    ]
    assert provenance(*flags) == {
        "buildDefinition": {
            "buildType": "https://github.com/GoogleContainerTools/distroless/blob/main/docs/"
            "provenance.md#build-type-v1",
            "externalParameters": {
                "target": "//:app",
                "platforms": ["linux/amd64"],
                "settings": {"@distroless//rules:compression": "zstd"},
            },
            "internalParameters": {"rules": "1.2.3"},
            "resolvedDependencies": [
                {"uri": "https://example.com/a.tgz"},
                {"uri": f"{SNAPSHOT}/c/libc.deb", "digest": {"sha256": "11" * 32}},
                {"uri": f"{SNAPSHOT}/z/libz.deb", "digest": {"sha256": "22" * 32}},
            ],
        }
    }


def test_layers_of_a_base_from_elsewhere_are_listed() -> None:
    Path("manifest").write_bytes(Manifest(describe(CONFIG, b"{}"), (IMPORTED, OWN)).encode())
    with open("own.json", "wb") as out:
        write_layer(Layer(descriptor=OWN, diff_id=OWN.digest), out)
    predicate = provenance("--manifest", "manifest", "--layer", "own.json")
    assert parse_provenance(predicate, "p").materials == (
        Material("", IMPORTED.digest.removeprefix("sha256:"), LAYER),
    )


def test_an_index_is_made_of_what_its_images_are_made_of() -> None:
    images = []
    for number in (2, 1):
        flags = write_part_of("x", Origin(url=f"https://example.com/{number}", sha256="33" * 32))
        flags += write_part_of("y", Origin(url="https://example.com/all", sha256="44" * 32))
        provenance(*flags)
        Path("out.json").rename(f"image{number}")
        images += ["--provenance", f"image{number}"]
    found = parse_provenance(provenance(*images, target="//:index"), "p")
    assert found.target == "//:index"
    assert [each.url.rpartition("/")[2] for each in found.materials] == ["1", "2", "all"]


COMPLETE = Provenance(
    "//:app",
    ("linux/amd64",),
    {"@distroless//rules:compression": "zstd"},
    "1.2.3",
    (Material("", "55" * 32, LAYER), Material("https://example.com/a", "66" * 32)),
    Source("https://example.com/git", "a" * 40),
    Builder("https://example.com/workflow@refs/heads/main", "https://example.com/runs/1"),
)


def test_what_a_release_adds() -> None:
    predicate = COMPLETE.predicate()
    source = {"uri": "git+https://example.com/git", "digest": {"gitCommit": "a" * 40}}
    assert predicate["runDetails"] == {
        "builder": {"id": "https://example.com/workflow@refs/heads/main"},
        "metadata": {"invocationId": "https://example.com/runs/1"},
    }
    definition = json.loads(json.dumps(predicate))["buildDefinition"]
    assert definition["externalParameters"]["source"] == source
    assert definition["resolvedDependencies"][0] == source
    assert parse_provenance(predicate, "p") == COMPLETE


def test_who_builds() -> None:
    environment = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "example/images",
        "GITHUB_WORKFLOW_REF": "example/images/.github/workflows/release.yml@refs/heads/main",
        "GITHUB_RUN_ID": "12",
        "GITHUB_RUN_ATTEMPT": "2",
    }
    assert find_builder(environment) == Builder(
        "https://github.com/example/images/.github/workflows/release.yml@refs/heads/main",
        "https://github.com/example/images/actions/runs/12/attempts/2",
    )
    assert find_builder({}) == Builder(SOME_MACHINE)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("buildType", "https://example.com/", "p: unknown buildType 'https://example.com/' (hint"),
        ("externalParameters", None, "p: externalParameters: missing, must be an object"),
        ("externalParameters", {"target": 1}, "externalParameters.target: must be a string"),
        ("resolvedDependencies", [1], "p: resolvedDependencies[0]: must be an object"),
    ],
)
def test_invalid_provenance(path: str, value: object, message: str) -> None:
    predicate = COMPLETE.predicate()
    definition = predicate["buildDefinition"]
    assert isinstance(definition, dict)
    definition[path] = value
    with pytest.raises(ToolError, match=re.escape(message)):
        parse_provenance(predicate, "p")


def test_a_commit_that_is_none() -> None:
    text = json.dumps(COMPLETE.predicate()).replace("a" * 40, "--upload-pack=x")
    with pytest.raises(ToolError, match="'--upload-pack=x' is not the hash of a commit"):
        parse_provenance(json.loads(text), "p")


def test_a_setting_that_is_none() -> None:
    with pytest.raises(ToolError, match="--setting: 'x' must be LABEL=VALUE"):
        main(["--target", "//:a", "--setting", "x", "--predicate-out", "out.json"])
    text = json.dumps(COMPLETE.predicate()).replace("@distroless//rules:compression", "x//:y --z")
    with pytest.raises(ToolError, match="p: 'x//:y --z' is not the label of a build setting"):
        parse_provenance(json.loads(text), "p")
