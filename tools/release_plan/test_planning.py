import json
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.oci.descriptor import MANIFEST, Platform, describe, digest_of
from tools.lib.oci.manifest import Index
from tools.lib.release.plan import parse_plan
from tools.release_plan.__main__ import main


def write_index(path: Path, *architectures: str) -> bytes:
    """An index of images whose content is the name of the file and the architecture."""
    manifests = [
        describe(MANIFEST, f"{path.name} {name}".encode()).to_json()
        | {"platform": Platform("linux", name).to_json()}
        for name in architectures
    ]
    data = json.dumps({"schemaVersion": 2, "manifests": manifests}).encode()
    path.write_bytes(data)
    return data


def plan(tmp_path: Path, *entries: str) -> dict[str, dict[str, str]]:
    """The tags of each repository; an entry has four words and the path of the index."""
    out, table = tmp_path / "plan.json", tmp_path / "plan.txt"
    flags = ["--plan-out", str(out), "--table-out", str(table), "--default-distribution=debian13"]
    flags += ["--lifecycle", "private/lifecycle.json"]
    for entry in entries:
        flags += ["--entry", *entry.split()]
    assert main(flags) == 0
    read = parse_plan(out.read_bytes(), "plan.json")
    return {each.name: dict(each.tags) for each in read.repositories}


def test_repositories_and_tags_of_an_image(tmp_path: Path) -> None:
    old = digest_of(write_index(tmp_path / "old", "amd64", "arm"))
    new = digest_of(write_index(tmp_path / "new", "amd64"))
    debug = digest_of(write_index(tmp_path / "debug", "amd64"))
    found = plan(
        tmp_path,
        f"static debian12 latest //static:old {tmp_path}/old",
        f"static debian13 latest //static:new {tmp_path}/new",
        f"static debian13 debug-nonroot //static:debug {tmp_path}/debug",
    )
    image = {
        name: digest_of(name.encode())
        for name in ("old amd64", "old arm", "new amd64", "debug amd64")
    }
    debian13 = {
        "latest": new,
        "latest-{commit}": new,
        "latest-amd64": image["new amd64"],
        "latest-amd64-{commit}": image["new amd64"],
        "debug-nonroot": debug,
        "debug-nonroot-{commit}": debug,
        "debug-nonroot-amd64": image["debug amd64"],
        "debug-nonroot-amd64-{commit}": image["debug amd64"],
    }
    assert found == {
        "static-debian12": {
            "latest": old,
            "latest-{commit}": old,
            "latest-amd64": image["old amd64"],
            "latest-amd64-{commit}": image["old amd64"],
            "latest-arm": image["old arm"],
            "latest-arm-{commit}": image["old arm"],
        },
        "static-debian13": debian13,
        "static": debian13,
    }
    assert (tmp_path / "plan.txt").read_text().splitlines() == [
        "TAG-ARCHITECTURE names the image of one architecture; each tag is also set with -COMMIT.",
        "",
        f"REPOSITORY       TAG            INDEX{' ' * 66}  TARGET          ARCHITECTURES",
        f"static           latest         {new}  //static:new    amd64",
        f"static           debug-nonroot  {debug}  //static:debug  amd64",
        f"static-debian12  latest         {old}  //static:old    amd64 arm",
        f"static-debian13  latest         {new}  //static:new    amd64",
        f"static-debian13  debug-nonroot  {debug}  //static:debug  amd64",
    ]


def test_two_indexes_with_one_tag(tmp_path: Path) -> None:
    write_index(tmp_path / "index", "amd64")
    with pytest.raises(ToolError) as caught:
        plan(
            tmp_path,
            f"a debian12 latest //a:a {tmp_path}/index",
            f"a debian12 latest //b:b {tmp_path}/index",
        )
    assert str(caught.value) == (
        "a-debian12:latest: //a:a and //b:b have this tag (hint: change `repository` of one of "
        "them)"
    )


def test_two_images_of_one_architecture(tmp_path: Path) -> None:
    write_index(tmp_path / "index", "amd64", "amd64")
    with pytest.raises(ToolError, match="two images have the same architecture"):
        plan(tmp_path, f"a debian12 latest //a:a {tmp_path}/index")


def test_an_image_without_a_platform(tmp_path: Path) -> None:
    (tmp_path / "index").write_bytes(Index((describe(MANIFEST, b""),)).encode())
    with pytest.raises(ToolError, match=r"index: image sha256:\w+ has no platform"):
        plan(tmp_path, f"a debian12 latest //a:a {tmp_path}/index")


def test_an_image_without_a_lifecycle(tmp_path: Path) -> None:
    write_index(tmp_path / "index", "amd64")
    with pytest.raises(ToolError) as caught:
        plan(tmp_path, f"rust debian13 latest //rust:rust {tmp_path}/index")
    assert str(caught.value) == (
        "private/lifecycle.json: no image rust of debian13 (hint: add it to private/lifecycle.json)"
    )
