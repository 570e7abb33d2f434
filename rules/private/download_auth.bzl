"""Credentials of downloads: those of netrc, and those that the URL of an index or registry has."""

load("@bazel_tools//tools/build_defs/repo:utils.bzl", "parse_netrc", "use_netrc")

visibility("//rules/private")

# From the space on.
_ASCII = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
_HEX = "0123456789abcdefABCDEF"

def _decode(text):
    """Replaces `%40` and the like by the ASCII character."""
    first, found, rest = text.partition("%")
    result = first
    for piece in rest.split("%") if found else []:
        code = int(piece[:2], 16) if len(piece) > 1 and piece[0] in _HEX and piece[1] in _HEX else 0
        result += _ASCII[code - 32] + piece[2:] if 32 <= code and code < 127 else "%" + piece
    return result

def split_userinfo(url):
    """Splits a URL that may have credentials, which must not be in errors.

    Args:
      url: string, such as `https://user:password@example.com/simple`.

    Returns:
      struct(url: string, without credentials; origin: string, its scheme and host; login, password: strings, or empty).
    """
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    userinfo, _, host = authority.rpartition("@")
    login, _, password = userinfo.partition(":")
    origin = scheme + separator + host
    return struct(login = _decode(login), origin = origin, password = _decode(password), url = origin + slash + path)

def _read_netrc(rctx):
    """Passwords by host, from the file that NETRC names or from ~/.netrc.

    A `default` entry does not count: its password would be sent to every host.
    """
    path = rctx.getenv("NETRC") or "%s/.netrc" % rctx.getenv("HOME", "")
    if not path.startswith("/") or not rctx.path(path).exists:
        return {}

    # Nothing is downloaded again because a password has changed.
    netrc = parse_netrc(rctx.read(path, watch = "no"), path)
    return {host: entry for host, entry in netrc.items() if host}

def download_auth(rctx, urls, server = None):
    """The argument `auth` of downloads.

    Bazel sends a password only to the URL that it is for, not to where that redirects; its credential helpers apply without
    our doing.

    Args:
      rctx: repository_ctx.
      urls: list of strings, without credentials.
      server: struct, as `split_userinfo` returns it, whose credentials are for all URLs of its origin; or None.

    Returns:
      A dict.
    """
    own = [url for url in urls if server and server.login and split_userinfo(url).origin == server.origin]
    return use_netrc(_read_netrc(rctx), urls, {}) | {
        url: {"login": server.login, "password": server.password, "type": "basic"}
        for url in own
    }
