"""Reads a lock of packages; see docs/lock.md for its schema."""

_VERSION = 1

def _repository_suffix(package):
    """`libstdc++6` of amd64 as a part of a repository's name: `libstdcxx6_amd64`."""
    return "%s_%s" % (package["name"].replace("+", "x"), package["architecture"])

def _parse(text, name):
    """Parses a lock.

    Args:
      text: the lock's JSON.
      name: the file's name, for messages.

    Returns:
      struct(manifest_sha256: string; packages: list of struct(key, name, version, architecture, sha256, size, urls,
      repository); sets: dict from a set's name to a dict from an architecture to a list of keys; architectures: sorted
      list of Debian's names).
    """
    lock = json.decode(text, default = None)
    if type(lock) != "dict" or lock.get("version") != _VERSION:
        fail("%s: not a lock of version %d (hint: run knife lock, see docs/lock.md)" % (name, _VERSION))

    # The first version of a package and architecture has the plain repository name, others add theirs.
    taken = {}
    packages = []
    for package in lock["packages"]:
        repository = _repository_suffix(package)
        if repository in taken:
            repository += "_" + "".join([c if c.isalnum() else "_" for c in package["version"].elems()])
        taken[repository] = True
        packages.append(struct(
            key = "%s_%s_%s" % (package["name"], package["version"], package["architecture"]),
            name = package["name"],
            version = package["version"],
            architecture = package["architecture"],
            sha256 = package["sha256"],
            size = package.get("size", 0),
            urls = package["urls"] if "urls" in package else [package["url"]],
            repository = repository,
        ))
    architectures = {}
    for by_architecture in lock["sets"].values():
        for architecture in by_architecture:
            architectures[architecture] = True
    return struct(
        manifest_sha256 = lock["manifest_sha256"],
        packages = packages,
        sets = lock["sets"],
        architectures = sorted(architectures),
    )

apt_lock = struct(parse = _parse)
