from __future__ import annotations

import json
from pathlib import Path

from tests.bench.matrix import rows


def layout(directory: Path, manifests: list[dict[str, str]]) -> None:
    directory.mkdir(parents=True)
    (directory / "oci-layout").write_text("{}")
    (directory / "index.json").write_text(json.dumps({"manifests": manifests}))


def test_rows_are_the_single_platform_images(tmp_path: Path) -> None:
    image = tmp_path / "static" / "static_amd64"
    layout(image, [{"digest": "sha256:1"}])
    (image / "blobs" / "sha256").mkdir(parents=True)
    layers = {"layers": [{"size": 3}, {"size": 4}]}
    (image / "blobs" / "sha256" / "1").write_text(json.dumps(layers))
    assert list(rows(str(tmp_path))) == [("static/static_amd64", 7, 2)]


def test_layouts_without_manifests_and_in_runfiles_are_skipped(tmp_path: Path) -> None:
    layout(tmp_path / "empty", [])
    layout(tmp_path / "test.runfiles" / "image", [{"digest": "sha256:missing"}])
    assert list(rows(str(tmp_path))) == []
