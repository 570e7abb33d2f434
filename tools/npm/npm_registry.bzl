"""Finds the npm registry that the machine is configured for.

As npm(1) and npmrc(5) describe, the environment comes first, then the user's npmrc, the system's, and last npm itself, which
knows its default. No host is written here. Archives are verified by their hash, so the registry is not trusted.
"""

visibility([
    "//private/nodejs",
    "//rules/private",
    "//tests/...",
])

_VARIABLES = ["npm_config_registry", "NPM_CONFIG_REGISTRY"]
_SYSTEM_FILES = ["/usr/etc/npmrc", "/etc/npmrc"]

def _usable_url(registry):
    """The registry's URL without a final slash, or None if it is not a URL."""
    registry = registry.strip()
    for scheme in ["https://", "http://", "file://"]:
        if registry.startswith(scheme):
            return registry.rstrip("/")
    return None

def _expand(value, environ):
    """Replaces `${NAME}` by the environment's value. The result is empty if a name is not set."""
    pieces = value.split("${")
    result = pieces[0]
    for piece in pieces[1:]:
        name, end, tail = piece.partition("}")
        if not end or name not in environ:
            return ""
        result += environ[name] + tail
    return result

def _of_npmrc(text, environ):
    """Reads the registry that an npmrc(5) sets.

    Args:
      text: string, the file's content, lines of `key = value`.
      environ: dict, the environment.

    Returns:
      string, its URL without a final slash, or None if the file sets none.
    """
    found = None
    for line in text.split("\n"):
        key, _, value = line.partition("=")
        if key.strip() != "registry":
            continue
        value = value.strip()
        if value[:1] in ["'", "\""]:
            value = value[1:].partition(value[0])[0]
        else:
            value = value.partition(";")[0].partition("#")[0]
        found = _usable_url(_expand(value, environ)) or found
    return found

def _of_machine(rctx):
    """Finds the registry that the machine's npm is configured for.

    If it changes, nothing is downloaded again: the archives would be the same.

    Args:
      rctx: the repository rule's context.

    Returns:
      string, its URL without a final slash, or None if no registry is configured and npm is not installed.
    """
    environ = rctx.os.environ
    for variable in _VARIABLES:
        registry = _usable_url(environ.get(variable, ""))
        if registry:
            return registry
    user = environ.get("npm_config_userconfig") or (environ.get("HOME", "") + "/.npmrc")
    for file in [user] + _SYSTEM_FILES:
        if file.startswith("/") and rctx.path(file).exists:
            registry = _of_npmrc(rctx.read(file, watch = "no"), environ)
            if registry:
                return registry
    npm = rctx.which("npm")
    if npm:
        answer = rctx.execute([npm, "config", "get", "registry"], timeout = 20)
        if answer.return_code == 0:
            return _usable_url(answer.stdout)
    return None

def _tarball(registry, package):
    """The URL of the archive of a package, `name@1.2.3` or `@scope/name@1.2.3`, on a registry."""
    name, _, version = package.rpartition("@")
    return "%s/%s/-/%s-%s.tgz" % (registry, name, name.split("/")[-1], version)

npm_registry = struct(of_machine = _of_machine, of_npmrc = _of_npmrc, tarball = _tarball)
