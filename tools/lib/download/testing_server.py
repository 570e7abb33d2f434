"""An HTTP server on loopback whose answers are bytes or code, for tests of downloads."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Sends anything, with the request's handler.
Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(slots=True)
class Server:
    """A running server.

    Attributes:
        url: without a final slash.
        answers: by path; any other path is answered with 404.
        requests: the first line and the headers of each request.
    """

    url: str
    answers: dict[str, bytes | Answer]
    requests: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        """The targets of the requests."""
        return [line.split()[1] for line, _ in self.requests]


def redirect(location: str, status: int = 302) -> Answer:
    """Redirects; `location` may hold any characters but line ends."""

    head = f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    return sends(head.encode("latin-1"))


def sends(data: bytes) -> Answer:
    """Sends bytes instead of an answer of http.server."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(data)

    return answer


def status(number: int) -> Answer:
    """An error without a body."""
    return sends(f"HTTP/1.1 {number} Some\r\nContent-Length: 0\r\n\r\n".encode())


def endless(head: bytes, piece: bytes) -> Answer:
    """Sends `head`, and then `piece` until the client goes away."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        with contextlib.suppress(OSError):
            request.wfile.write(head)
            while True:
                request.wfile.write(piece)

    return answer


def silent_after(head: bytes) -> Answer:
    """Sends `head`, and then nothing until the client goes away."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(head)
        request.wfile.flush()
        while request.connection.recv(1 << 10):
            pass

    return answer


@contextlib.contextmanager
def http_server(answers: Mapping[str, bytes | Answer] | None = None) -> Iterator[Server]:
    """Runs a server until the block ends."""
    server = Server("", dict(answers or {}))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.requests.append((self.requestline, dict(self.headers)))
            self.close_connection = True
            answer = server.answers.get(self.path)
            if callable(answer):
                answer(self)
            elif answer is None:
                self.send_error(404)
            else:
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        do_CONNECT = do_GET

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        httpd.daemon_threads = True
        threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
        server.url = f"http://127.0.0.1:{httpd.server_address[1]}"
        yield server
        httpd.shutdown()
