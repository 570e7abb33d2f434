from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tools.ld_so_cache.recorded_caches import DATA, tree
from tools.ld_so_cache.testing import cache_lines, generator, make_cache, tar, with_generator

with open(DATA, encoding="ascii") as source:
    RECORDED: dict[str, str] = json.load(source)


@pytest.mark.parametrize("architecture", ["amd64", "arm", "arm64", "ppc64le", "riscv64", "s390x"])
def test_cache_equals_the_recorded_one(architecture: str, tmp_path: Path) -> None:
    (tmp_path / "image.tar").write_bytes(tar(tree(architecture)))
    recorded = base64.b64decode(RECORDED[architecture])
    result = make_cache(
        tmp_path, "--tar", str(tmp_path / "image.tar"), "--architecture", architecture
    )
    assert cache_lines(result.cache) == cache_lines(recorded)
    assert with_generator(result.cache, generator(recorded)) == recorded
    assert list(result.links.values()) == ["libunlinked.so.3.1"]
