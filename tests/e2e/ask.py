"""Starts a server, waits until it answers, and prints its answer.

ask.py URL USER ROOT COMMAND...: runs the command in the directory ROOT, as a user without rights.
"""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request


def main(url: str, user: str, root: str, *command: str) -> int:
    sandbox = [
        *("bwrap", "--unshare-user", "--uid", user, "--gid", user, "--unshare-pid"),
        *("--cap-drop", "ALL", "--die-with-parent", "--clearenv"),
        *("--ro-bind", root, "/", "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev", "--"),
    ]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    server = subprocess.Popen([*sandbox, *command])
    try:
        while server.poll() is None:
            try:
                with opener.open(url) as response:
                    print(response.read().decode(), end="")
                return 0
            except urllib.error.HTTPError:
                raise
            except urllib.error.URLError:
                time.sleep(0.01)  # It does not listen yet.
        return server.returncode or 1
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
