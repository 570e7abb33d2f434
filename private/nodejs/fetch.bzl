"""Downloads an archive from the first of its sources that has it."""

load("//tools/npm:npm_registry.bzl", "npm_registry")

visibility([
    "//private/nodejs",
    "//tests/rules",
])

def _downloads(sources, registry):
    """The sources that can be tried, those of the registry first.

    All sources give the same layer, so the order changes only the time. If a registry is configured, it can be reached,
    and nodejs.org perhaps not: Bazel waits a minute for a host that does not answer, for each archive again.

    Args:
      sources: list of dicts with `url` or `npm`, `sha256`, `strip_prefix`.
      registry: string, URL of the npm registry, or None.

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
    """Downloads an archive into the repository.

    Args:
      rctx: the repository rule's context.
      what: string, what the archive is, for errors.
      sources: list of dicts with `url` or `npm`, `sha256`, `strip_prefix`.
      registry: string, URL of the npm registry, or None.

    Returns:
      struct(file: string, the archive's name in the repository; strip_prefix: string), or struct(error: string, one line)
      if no source has the archive.
    """
    tried = []
    for source in _downloads(sources, registry):
        file = source.url.split("/")[-1]
        tried.append(source.url)
        if rctx.download(url = source.url, output = file, sha256 = source.sha256, allow_fail = True).success:
            return struct(file = file, strip_prefix = source.strip_prefix)
    packages = [source["npm"] for source in sources if "npm" in source]
    if packages and not registry:
        hint = "set npm_config_registry to a registry that has %s" % packages[0]
    else:
        hint = "see Mirrors in docs/nodejs.md"
    if not tried:
        return struct(error = "%s: download failed: no npm registry is configured (hint: %s)" % (what, hint))
    return struct(error = "%s: download failed from %s (hint: %s)" % (what, " and ".join(tried), hint))
