"""A registry for tests, which holds what is pushed in memory."""

from __future__ import annotations

import contextlib
import re
import subprocess
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def registry() -> Iterator[str]:
    """Runs a registry; yields its HOST:PORT."""
    command = ["crane", "registry", "serve", "--address", "127.0.0.1:0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        try:
            for line in server.stderr:
                if match := re.search(r"serving on port (\d+)", line):
                    break
            else:
                raise AssertionError("crane registry serve ended")
            # The log of requests must not fill the pipe.
            threading.Thread(target=server.stderr.read, daemon=True).start()
            yield f"127.0.0.1:{match[1]}"
        finally:
            server.terminate()
