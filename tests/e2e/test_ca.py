"""Java that trusts the certificate authority of a company, and so does OpenSSL."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from tests.e2e.workspaces import timed, unpack, workspace

SERVER = Path("tests/e2e/ca")


def test_ca(tmp_path: Path) -> None:
    with workspace("ca", tmp_path) as bazel:
        # image.yaml runs Java.
        with timed("image and its test"):
            bazel.succeed("test", "//:image_test")
        unpack(bazel.built("image"), tmp_path / "image")
    certificates = tmp_path / "image/etc/ssl/certs"
    bundle = certificates / "ca-certificates.crt"
    assert greeting(ssl.create_default_context(cafile=bundle)) == b"hello"
    assert len(bundle.read_text().split("-----BEGIN CERTIFICATE-----")) > 100
    bundle.unlink()
    assert greeting(ssl.create_default_context(capath=certificates)) == b"hello"
    for link in certificates.glob("2b72e73f.*"):
        link.unlink()
    with pytest.raises(ssl.SSLCertVerificationError):
        greeting(ssl.create_default_context(capath=certificates))


def greeting(client: ssl.SSLContext) -> bytes:
    """What a client reads from a server of the company, which it verifies."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(SERVER / "server.pem", SERVER / "server.key")
    ends = socket.socketpair()

    def serve() -> None:
        try:
            with server.wrap_socket(ends[0], server_side=True) as connection:
                connection.sendall(b"hello")
        except (OSError, ssl.SSLError):
            ends[0].close()  # The client does not trust it.

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client.wrap_socket(ends[1], server_hostname="localhost") as connection:
            return connection.recv(16)
    finally:
        ends[1].close()
        thread.join()
