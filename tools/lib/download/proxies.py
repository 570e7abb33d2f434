"""The proxy for a URL: http_proxy, https_proxy, all_proxy and no_proxy of the environment."""

from __future__ import annotations

import ipaddress
import urllib.request

from tools.lib.cli.errors import ToolError
from tools.lib.debian.urls import Url, parse_url


def proxy_for(url: Url) -> Url | None:
    """The proxy to use, None to connect directly.

    Raises:
        ToolError: the proxy's URL is invalid or of a kind that is not supported.
    """
    proxies = urllib.request.getproxies()
    text = proxies.get(url.scheme) or proxies.get("all")
    if not text or _is_excluded(url, proxies.get("no", "")):
        return None
    try:
        proxy = parse_url(text if "://" in text else f"http://{text}")
    except ValueError as error:
        # The URL may contain a password, so it is not shown.
        raise ToolError(f"{url.scheme}_proxy: {error}", "write http://host:port") from None
    if proxy.scheme == "file" or (proxy.scheme == "https" and url.scheme == "https"):
        raise ToolError(
            f"{url.scheme}_proxy: a proxy with the scheme {proxy.scheme} is not supported for"
            f" {url.scheme} URLs",
            "write http://host:port",
        )
    return proxy


def _is_excluded(url: Url, no_proxy: str) -> bool:
    """Whether no_proxy names the host: by name, domain, address, or network (10.0.0.0/8)."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    if urllib.request.proxy_bypass(f"{host}:{url.port}"):
        return True
    try:
        address = ipaddress.ip_address(url.host)
    except ValueError:
        return False
    for entry in no_proxy.split(","):
        try:
            if address in ipaddress.ip_network(entry.strip(), strict=False):
                return True
        except ValueError:
            continue
    return False
