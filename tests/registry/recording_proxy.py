"""A proxy before a registry that records requests."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class RecordingProxy:
    """Forwards requests as they are. `requests` has `METHOD PATH` of each, before it is forwarded.

    A request that the registry answers with 401 is not in it: the client sends it again. `received`
    counts the bytes that clients got with the answers, without headers.
    """

    def __init__(self, target: str) -> None:
        self.requests: list[str] = []
        self.received = 0
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Logs nothing."""

            def forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = f"{self.command} {self.path}"
                proxy.requests.append(request)
                connection = http.client.HTTPConnection(target)
                connection.putrequest(
                    self.command, self.path, skip_host=True, skip_accept_encoding=True
                )
                # All of them as they are: the registry makes the URLs of uploads from Host.
                for key, value in self.headers.items():
                    connection.putheader(key, value)
                connection.endheaders(body or None)
                answer = connection.getresponse()
                content = answer.read()
                connection.close()
                if answer.status == 401:
                    proxy.requests.remove(request)
                self.send_response(answer.status)
                for key, value in answer.getheaders():
                    if key.lower() not in ("connection", "transfer-encoding", "content-length"):
                        self.send_header(key, value)
                length = answer.getheader("Content-Length") if self.command == "HEAD" else None
                self.send_header("Content-Length", length or str(len(content)))
                self.end_headers()
                proxy.received += len(content)
                self.wfile.write(content)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = forward

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_address[1]}"

    @contextlib.contextmanager
    def recorded(self) -> Iterator[list[str]]:
        """The requests from here on, sorted once the context ends."""
        self.requests.clear()
        requests: list[str] = []
        yield requests
        requests += sorted(self.requests)


@contextlib.contextmanager
def recording_proxy(target: str) -> Iterator[RecordingProxy]:
    """Runs a proxy before a registry, HOST:PORT with plain http."""
    proxy = RecordingProxy(target)
    thread = threading.Thread(target=proxy.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        thread.join()
        proxy.server.server_close()
