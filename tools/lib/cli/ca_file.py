"""The CA certificates that programs trust which use the network."""

from __future__ import annotations

import os

from tools.lib.cli.errors import ToolError

VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
# Where distributions keep what update-ca-certificates and the like write.
_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def user_ca_file() -> str | None:
    """The file of CA certificates that the user's environment names, or None.

    Raises:
        ToolError: it does not exist.
    """
    for name in VARIABLES:
        if path := os.environ.get(name):
            if not os.path.exists(path):
                raise ToolError(f"{path}: not found", f"{name} names it")
            return path
    return None


def machine_ca_file() -> str | None:
    """The machine's file of CA certificates, or None."""
    return next((path for path in _FILES if os.path.exists(path)), None)
