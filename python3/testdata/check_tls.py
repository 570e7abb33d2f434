"""Talks TLS with a server of its own: as one that trusts it, and as some that must not.

check_tls.py DIRECTORY      with ca.pem, server.pem and server.key
"""

from __future__ import annotations

import http.server
import os
import socket
import ssl
import subprocess
import sys
import threading
import urllib.request

_BODY = "grüße"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = _BODY.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        pass  # of a client that does not trust it


def _serve(directory: str) -> int:
    """Starts a server in a thread; returns its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{directory}/server.pem", f"{directory}/server.key")
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def _handshake(port: int, name: str, context: ssl.SSLContext) -> str:
    """The protocol that was agreed upon, or why the server is not who it should be."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
        try:
            with context.wrap_socket(plain, server_hostname=name) as secure:
                return str(secure.version())
        except ssl.SSLCertVerificationError as error:
            return error.verify_message


def main(directory: str) -> int:
    port = _serve(directory)
    trusting = ssl.create_default_context(cafile=f"{directory}/ca.pem")
    default = ssl.create_default_context()
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trusting))
    with opener.open(f"https://localhost:{port}/", timeout=30) as response:
        body = response.read().decode()
    bundle = ssl.get_default_verify_paths().cafile
    count = "import ssl; print(len(ssl.create_default_context().get_ca_certs()))"
    child = subprocess.run([sys.executable, "-c", count], env={}, capture_output=True, check=True)
    checks = {
        "urllib reads from a server that is verified": body == _BODY,
        "TLS 1.3 with a trusted authority": _handshake(port, "localhost", trusting) == "TLSv1.3",
        "an address that the certificate has": _handshake(port, "127.0.0.1", trusting) == "TLSv1.3",
        "another name is refused": "Hostname mismatch" in _handshake(port, "example.org", trusting),
        "an unknown authority is refused": "unable to get local issuer"
        in _handshake(port, "localhost", default),
        "OpenSSL finds the image's authorities": len(default.get_ca_certs()) > 100,
        "a child with an empty environment finds them": int(child.stdout) > 100,
        "by SSL_CERT_FILE": bundle is not None and bundle == os.environ.get("SSL_CERT_FILE"),
    }
    for name, passed in checks.items():
        print("ok  " if passed else "FAIL", name)
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
