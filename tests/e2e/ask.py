"""Starts a server, waits until it says that it is ready, and prints what it answers to a request.

ask.py URL READY USER ROOT COMMAND...: runs the command in the directory ROOT, as a user without
rights. READY is part of a line that the server writes to stderr when it listens.
"""

from __future__ import annotations

import subprocess
import sys
import urllib.request


def main(url: str, ready: str, user: str, root: str, *command: str) -> int:
    sandbox = [
        *("bwrap", "--unshare-user", "--uid", user, "--gid", user, "--unshare-pid"),
        *("--cap-drop", "ALL", "--die-with-parent", "--clearenv"),
        *("--ro-bind", root, "/", "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev", "--"),
    ]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    server = subprocess.Popen([*sandbox, *command], stderr=subprocess.PIPE, text=True)
    assert server.stderr
    try:
        for line in server.stderr:
            print(line, end="", file=sys.stderr)
            if ready in line:
                with opener.open(url) as response:
                    print(response.read().decode(), end="")
                return 0
        return server.wait() or 1
    finally:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
