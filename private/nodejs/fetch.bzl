"""Fetches an archive from the first of its sources that gives it."""

load("//tools/npm:npm_registry.bzl", "npm_registry")

def _urls(sources, registry):
    """The sources that can be asked, the registry's first.

    All give the same layer, so the order only costs time. Who has set a registry has it in reach, and nodejs.org perhaps
    not: Bazel tries a host that does not answer for a minute, and an archive after the other.

    Args:
      sources: list of dicts with `url` or `npm`, `sha256`, `strip_prefix`.
      registry: URL of the npm registry, None where there is none.

    Returns:
      List of struct(url, sha256, strip_prefix).
    """
    npm = [source for source in sources if registry and "npm" in source]
    return [struct(
        url = source["url"] if "url" in source else npm_registry.tarball(registry, source["npm"]),
        sha256 = source["sha256"],
        strip_prefix = source["strip_prefix"],
    ) for source in npm + [source for source in sources if "url" in source]]

def fetch_archive(rctx, what, sources, registry):
    """Downloads the archive into the repository.

    Args:
      rctx: the repository rule's context.
      what: what the archive is, for messages.
      sources: list of dicts with `url` or `npm`, `sha256`, `strip_prefix`.
      registry: URL of the npm registry, None where there is none.

    Returns:
      struct(file, strip_prefix), or struct(error), the one line that says why there is none.
    """
    tried = []
    for source in _urls(sources, registry):
        file = source.url.split("/")[-1]
        tried.append(source.url)
        if rctx.download(url = source.url, output = file, sha256 = source.sha256, allow_fail = True).success:
            return struct(file = file, strip_prefix = source.strip_prefix)
    packages = [source["npm"] for source in sources if "npm" in source]
    hint = "docs/nodejs.md tells of mirrors"
    if packages and not registry:
        hint = "or set npm_config_registry to a registry that has %s" % packages[0]
    return struct(error = "%s: could not be fetched from %s (hint: is the site in reach? %s)" % (
        what,
        " or ".join(tried) or "anywhere",
        hint,
    ))
