from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.lib.cli.errors import ToolError
from tools.lib.diff.compare import compare_sets
from tools.lib.diff.layout_images import layout_images
from tools.lib.diff.registry_images import registry_images
from tools.lib.diff.testing import file, index_layout, layer
from tools.lib.oci.descriptor import INDEX, MANIFEST
from tools.lib.registry.content import LocalFiles, collect, layout_root
from tools.lib.registry.testing import FakeRegistry, fake_registry

SHARED = layer(file("shared", b"s"))
IMAGES = {
    "old": {"amd64": [SHARED, layer(file("a", b"1"))], "arm64": [SHARED]},
    "new": {"amd64": [SHARED, layer(file("a", b"2"))], "arm64": [SHARED]},
}


def publish(registry: FakeRegistry, layout: str, tag: str) -> None:
    content = collect(layout_root(layout), LocalFiles({}, [layout]), layout)
    for each in content.manifests:
        entry = (each.document.media_type, each.document.data)
        registry.manifests["app", each.document.digest] = entry
        registry.manifests["app", tag] = entry
        for blob in each.blobs:
            registry.blobs["app", blob.digest] = Path(blob.path).read_bytes()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "scratch").mkdir()
    return tmp_path


def test_only_layers_that_differ_are_downloaded(home: Path) -> None:
    layouts = {name: index_layout(home / name, images) for name, images in IMAGES.items()}
    with fake_registry() as registry:
        for name, layout in layouts.items():
            publish(registry, layout, name)
        scratch = str(home / "scratch")
        old, new = (
            registry_images(f"{registry.host}/app:{name}", scratch, insecure=True)
            for name in layouts
        )
        assert registry.count("GET", "/manifests/") == 2 + 4
        assert registry.count("GET", "/blobs/") == 4  # configs
        diff = compare_sets(old, new)
        assert registry.count("GET", "/blobs/") == 4 + 2
        # A layout has the same digests.
        assert compare_sets(old, layout_images(layouts["old"])).is_equal
        assert registry.count("GET", "/blobs/") == 6
        pinned = registry_images(f"{registry.host}/app@{new.digest}", scratch, insecure=True)
        assert pinned.digest == new.digest
    (image,) = diff.images
    assert [(each.path, each.fields) for each in image.files] == [("/a", ("content",))]
    assert [str(each) for each in diff.equal_images] == ["linux/arm64"]
    assert os.listdir(home / "scratch") == []


def error(registry: FakeRegistry, home: Path, name: str = "app:new") -> str:
    other = index_layout(home / "other", {"amd64": [layer(file("x"))]})
    with pytest.raises(ToolError) as caught:
        compare_sets(
            registry_images(f"{registry.host}/{name}", str(home / "scratch"), insecure=True),
            layout_images(other),
        )
    text = str(caught.value)
    assert "\n" not in text
    return text.replace(registry.host, "HOST")


def test_registry_that_lies(home: Path) -> None:
    with fake_registry() as registry:
        publish(registry, index_layout(home / "new", IMAGES["new"]), "new")
        assert "HOST/app: manifest other: HTTP 404" in error(registry, home, "app:other")

        registry.blobs = {key: data + b"x" for key, data in registry.blobs.items()}
        assert "more than" in error(registry, home)
        registry.blobs = {key: bytes(len(data) - 1) for key, data in registry.blobs.items()}
        assert "the content has the digest" in error(registry, home)
        registry.blobs = {}
        assert "config" not in error(registry, home)
        assert "HTTP 404" in error(registry, home)

        registry.manifests["app", "new"] = ("text/plain", b"{}")
        assert error(registry, home) == (
            "HOST/app:new: neither an image nor an index: 'text/plain'"
        )
        registry.manifests["app", "new"] = (INDEX, b'{"manifests": []}')
        assert error(registry, home) == "HOST/app:new: the index has no image"
        artifact = (
            b'{"config": {"mediaType": "text/plain", "size": 2, "digest": "sha256:%064d"}}' % 0
        )
        registry.manifests["app", "new"] = (MANIFEST, artifact)
        assert "not a container image" in error(registry, home)
