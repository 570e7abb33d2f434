"""Opens the content-addressable store of a remote cache by its URL."""

from __future__ import annotations

from urllib.parse import urlsplit

from tools.lib.cas.credential_helper import Headers, helper_headers
from tools.lib.cas.directory import DirectoryCas
from tools.lib.cli.errors import ToolError
from tools.lib.registry.blob_source import BlobStore


def open_cas(url: str, credential_helper: str = "") -> BlobStore | None:
    """The store that a URL names; None for "".

    Args:
        url: `grpc://HOST[:PORT][/INSTANCE]` or grpcs, `http://HOST[:PORT][/PATH]` or https, or the
            absolute path of a disk cache: what Bazel's --remote_cache and --disk_cache take.
        credential_helper: a program that knows the headers which the server wants; "" for none.

    Raises:
        ToolError: the URL is invalid, or has credentials.
    """
    if not url:
        return None
    if url.startswith("/"):
        return DirectoryCas(url)
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise ToolError(
            f"remote cache {parts.scheme}://{parts.hostname}: the URL must not have credentials",
            "--cas-credential-helper names a program that has them",
        )
    if not parts.hostname or parts.scheme not in ("grpc", "grpcs", "http", "https"):
        raise ToolError(
            f"invalid remote cache {url!r:.200}",
            "write grpc://, grpcs://, http:// or https:// and a host, or the path of a disk cache",
        )

    def headers(uri: str) -> Headers:
        return helper_headers(credential_helper, uri) if credential_helper else {}

    # Builds without a cache import neither client.
    if parts.scheme in ("http", "https"):
        from tools.lib.cas.http_cache import HttpCas

        return HttpCas(url, headers)
    from tools.lib.cas.byte_stream import ByteStreamCas

    return ByteStreamCas(url, headers)
