"""The Starlark reader of locks. docs/lock.md has the schema, tools/lib/debian/lock.py the writer."""

visibility("//rules/...")

_VERSION = 3

_BLANKS = " \t\r"

def _normalize_manifest(text, base_label = ""):
    """What a lock's `manifest_sha256` is the hash of. tools/lib/debian/manifest_hash.py computes the same.

    Args:
      text: string, the manifest.
      base_label: string, the label of the base image as `display_label` writes it; empty without a base.

    Returns:
      A string.
    """
    lines = []
    for line in text.split("\n"):
        if line.lstrip(_BLANKS)[:1] in ["", "#"]:
            continue
        if "'" not in line and "\"" not in line:
            line = line.partition(" #")[0]
        lines.append(line.rstrip(_BLANKS))
    if base_label:
        lines.append("base " + base_label)
    return "\n".join(lines) + "\n"

def _repository_suffix(package):
    """What a package adds to the name of a repository: `libstdcxx6_amd64` for libstdc++6 on amd64."""
    return "%s_%s" % (package["name"].replace("+", "x"), package["architecture"])

def _problem(text):
    """Why a text is not a lock that `parse` reads, in a few words, or None.

    Args:
      text: string, the lock's JSON.

    Returns:
      A string, such as "lock version 2 is not supported", or None.
    """
    lock = json.decode(text, default = None)
    if type(lock) != "dict" or type(lock.get("version")) != "int":
        return "not a lock"
    if lock["version"] != _VERSION:
        return "lock version %d is not supported" % lock["version"]
    return None

def _parse(text):
    """Parses a lock without a problem.

    Args:
      text: string, the lock's JSON.

    Returns:
      struct(manifest_sha256: string; merged_usr: bool; packages: list of struct(key, name, version, architecture, sha256,
      size, urls, depends, relations: dict from a field such as Depends to its text, repository), in the order of the file; sets: dict from a set's name to a dict from an architecture
      to a list of keys; architectures: sorted list of Debian's names; base: dict from an architecture to a dict from the
      name of a package of the base to its version).
    """
    lock = json.decode(text)

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
            depends = package["depends"],
            relations = package.get("relations", {}),
            repository = repository,
        ))
    architectures = {}
    for by_architecture in lock["sets"].values():
        for architecture in by_architecture:
            architectures[architecture] = True
    return struct(
        manifest_sha256 = lock["manifest_sha256"],
        merged_usr = lock["merged_usr"],
        packages = packages,
        sets = lock["sets"],
        architectures = sorted(architectures),
        base = lock["base"],
    )

apt_lock = struct(normalize_manifest = _normalize_manifest, parse = _parse, problem = _problem)
