"""A TCP proxy that counts bytes."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


class CountingProxy:
    """Forwards to `target`, and counts what its clients sent and received.

    A chunk is counted before it is forwarded: what a client has is counted.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._server.getsockname()[1]}"
        self.sent = 0
        self.received = 0
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def moved(self) -> int:
        """Bytes of both directions."""
        return self.sent + self.received

    def close(self) -> None:
        """Accepts no more connections."""
        self._server.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                server = socket.create_connection(self._target)
                for arguments in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._forward, args=arguments, daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, is_client: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                with self._lock:
                    if is_client:
                        self.sent += len(data)
                    else:
                        self.received += len(data)
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def counting_proxy(target: str) -> Iterator[CountingProxy]:
    """Runs a proxy."""
    proxy = CountingProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
