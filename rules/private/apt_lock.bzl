"""The Starlark reader of locks. docs/lock.md has the schema, tools/lib/debian/lock.py the writer."""

visibility("//rules/...")

_VERSION = 2

def _update_command(name):
    """The command that writes a lock.

    Args:
      name: string, the lock's label.

    Returns:
      A string.
    """
    package, _, file = name.rpartition("//")[2].rpartition(":")
    path = ([package] if package else []) + [file.removesuffix(".lock.json") + ".yaml"]
    return "bazel run @distroless//tools/lock -- " + "/".join(path)

def _repository_suffix(package):
    """What a package adds to the name of a repository: `libstdcxx6_amd64` for libstdc++6 on amd64."""
    return "%s_%s" % (package["name"].replace("+", "x"), package["architecture"])

def _parse(text, name):
    """Parses a lock.

    Args:
      text: string, the lock's JSON.
      name: string, the lock's label, for errors.

    Returns:
      struct(manifest_sha256: string; packages: list of struct(key, name, version, architecture, sha256, size, urls,
      repository), in the order of the file; sets: dict from a set's name to a dict from an architecture to a list of
      keys; architectures: sorted list of Debian's names).
    """
    lock = json.decode(text, default = None)
    if type(lock) != "dict" or lock.get("version") != _VERSION:
        fail("%s: not a lock of version %d (hint: %s)" % (name, _VERSION, _update_command(name)))

    # The first version of a package for an architecture gets the plain repository name, another one appends its own.
    taken = {}
    packages = []
    for key, package in lock["packages"].items():
        repository = _repository_suffix(package)
        if repository in taken:
            repository += "_" + "".join([c if c.isalnum() else "_" for c in package["version"].elems()])
        taken[repository] = True
        packages.append(struct(
            key = key,
            name = package["name"],
            version = package["version"],
            architecture = package["architecture"],
            sha256 = package["sha256"],
            size = package.get("size", 0),
            urls = [package["url"]],
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

apt_lock = struct(parse = _parse, update_command = _update_command)
