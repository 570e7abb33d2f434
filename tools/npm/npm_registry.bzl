"""Where the machine's npm fetches packages from. The host is the machine's setting; none stands here.

Asked are, as npm(1) and npmrc(5) have it, the environment, the user's npmrc, the system's, and npm itself where there is
one, which knows its default. Whatever the registry answers, an archive counts by its hash.
"""

_VARIABLES = ["npm_config_registry", "NPM_CONFIG_REGISTRY"]
_SYSTEM_FILES = ["/usr/etc/npmrc", "/etc/npmrc"]

def _usable(registry):
    """The registry without its final slash; None where it is no URL."""
    registry = registry.strip()
    for scheme in ["https://", "http://", "file://"]:
        if registry.startswith(scheme):
            return registry.rstrip("/")
    return None

def _expanded(value, environ):
    """`${NAME}` filled in; empty where NAME is not set."""
    pieces = value.split("${")
    result = pieces[0]
    for piece in pieces[1:]:
        name, end, tail = piece.partition("}")
        if not end or name not in environ:
            return ""
        result += environ[name] + tail
    return result

def _of_npmrc(text, environ):
    """The registry that an npmrc(5) sets.

    Args:
      text: the file's content, lines `key = value`.
      environ: the environment, a dict.

    Returns:
      Its URL without a final slash, None where the file sets none.
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
        found = _usable(_expanded(value, environ)) or found
    return found

def _of_machine(rctx):
    """The registry that the machine's npm is set to, None where there is no setting and no npm.

    A change of it fetches nothing anew, as the archives would be the same.

    Args:
      rctx: the repository rule's context.

    Returns:
      Its URL without a final slash, or None.
    """
    environ = rctx.os.environ
    for variable in _VARIABLES:
        registry = _usable(environ.get(variable, ""))
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
            return _usable(answer.stdout)
    return None

def _tarball(registry, package):
    """The URL of a package's archive: `name@1.2.3` or `@scope/name@1.2.3` on a registry."""
    name, _, version = package.rpartition("@")
    return "%s/%s/-/%s-%s.tgz" % (registry, name, name.split("/")[-1], version)

npm_registry = struct(of_machine = _of_machine, of_npmrc = _of_npmrc, tarball = _tarball)
