"""Fixtures that run command tests in images with busybox."""

import json
from pathlib import Path
from typing import Any

import pytest

from tools.structure_test.sample_images import Entry, directory, layer, shell, symlink, write_layout
from tools.structure_test.tool_process import run_tool, write_config

NONROOT = {"User": "nonroot", "Env": ["PATH=/bin", "A=image"], "WorkingDir": "/home/nonroot"}
ROOT = {**NONROOT, "User": "", "WorkingDir": "/srv/absent"}


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    more = layer(
        directory("data", 0o755, 65532, 65532),
        Entry("data/secret", b"secret\n", 0o600),
        Entry("data/own", b"own\n", 0o600, 65532, 65532),
        Entry("data/of-extra", b"extra\n", 0o640, 0, 500),
        Entry("data/script", b"#!/bin/sh\necho script $1\n", 0o755),
        Entry("data/plain", b"#!/bin/sh\n", 0o644),
        symlink("absolute", "/data"),
        symlink("bin/tool", "/data/script"),
    )
    base = layer(*shell())
    return {
        name: write_layout(tmp_path_factory.mktemp(name), base, more, config=config)
        for name, config in (("nonroot", NONROOT), ("root", ROOT))
    }


class Results(list[dict[str, Any]]):
    """The results of a JSON report."""

    @property
    def one(self) -> dict[str, Any]:
        (result,) = self
        return result


@pytest.fixture
def run_tests(tmp_path: Path, images: dict[str, str]) -> Any:
    def run(
        *tests: dict[str, Any], image: str = "nonroot", flags: tuple[str, ...] = (), **fields: Any
    ) -> Results:
        named = [{"name": str(number), **test} for number, test in enumerate(tests)]
        config = write_config(tmp_path / "t.json", commandTests=named, **fields)
        ran = run_tool("--image", images[image], "--config", config, "--output", "json", *flags)
        assert ran.stderr == ""
        results = Results(json.loads(ran.stdout)["Results"])
        assert ran.status == (0 if all(result["Pass"] for result in results) else 1)
        return results

    return run
