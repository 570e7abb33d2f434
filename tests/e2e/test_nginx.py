"""nginx on the base image of Debian 13, which runs as nonroot and answers a request."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.e2e.workspaces import lock_twice, names, timed, unpack, workspace


def test_nginx(tmp_path: Path) -> None:
    with workspace("nginx", tmp_path) as bazel:
        lock = lock_twice(bazel, "@trixie//:lock", "trixie.lock.json")
        assert names(lock) == {"libcrypt1", "libpcre2-8-0", "nginx", "nginx-common"}
        with timed("first build"):
            bazel.succeed("build", "//:image")
        bazel.succeed("test", "//:image_test")
        root = tmp_path / "image"
        config = unpack(bazel.built("image"), root)
    assert config["User"] == "65532"
    assert not [name for name in ("bash", "dash", "sh") if (root / "bin" / name).exists()]
    assert answer(root, config) == (root / "srv/index.html").read_text()


def answer(root: Path, config: dict[str, Any]) -> str:
    """Runs the image, and returns what it answers to a request.

    Only /tmp is writable for it. It has a network of its own with the program that asks it.
    """
    arguments = [
        *("bwrap", "--unshare-all", "--die-with-parent", "--dev-bind", "/", "/", "--"),
        *(sys.executable, "-ISB", str(Path("tests/e2e/ask.py").resolve())),
        *("http://127.0.0.1:8080/", "start worker processes", str(config["User"]), str(root)),
        *config["Entrypoint"],
        *config["Cmd"],
    ]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
