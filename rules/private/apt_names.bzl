"""The names that the repository of a lock declares."""

load(":architectures.bzl", "DEBIAN_ARCHITECTURES")

visibility("//rules/...")

# The target that writes the lock.
_RESERVED = "lock"

def _oci_names(architectures, where):
    """A dict from Debian's names of the architectures of a lock to OCI's."""
    result = {}
    debian_names = {}
    for debian in architectures:
        if debian not in DEBIAN_ARCHITECTURES:
            fail("%s: unknown architecture '%s' (hint: must be one of %s)" % (where, debian, ", ".join(DEBIAN_ARCHITECTURES)))
        oci = DEBIAN_ARCHITECTURES[debian].oci
        if oci in debian_names:
            fail("%s: %s and %s have the same OCI name, %s (hint: make a lock for each)" % (where, debian_names[oci], debian, oci))
        debian_names[oci] = debian
        result[debian] = oci
    return result

def _closure(key, available, by_key):
    """A package and its locked dependencies: sorted keys, all of them `available` on the architecture."""
    seen = {key: None}
    pending = [key]
    for _ in range(len(available)):
        found = []
        for each in pending:
            for dependency in by_key[each].depends:
                if dependency in available and dependency not in seen:
                    seen[dependency] = None
                    found.append(dependency)
        if not found:
            break
        pending = found
    return sorted(seen)

def apt_names(lock, prefix, where):
    """Finds what each name of a lock stands for.

    Args:
      lock: struct, as `apt_lock.parse` returns it.
      prefix: string, which the names of packages' repositories begin with.
      where: string, the lock's file, for errors.

    Returns:
      struct(packages: dict from the name of a package to a dict from an OCI architecture to a dict with `repository`,
      `version`, `triplet` and `closure`, a list of repositories: of the package and of its locked dependencies; sets: dict from the
      name of a set to a dict from an OCI architecture to a list of repositories).
    """
    oci_names = _oci_names(lock.architectures, where)
    by_key = {package.key: package for package in lock.packages}
    repositories = {key: "%s_%s" % (prefix, package.repository) for key, package in by_key.items()}
    packages, sets = {}, {}
    available = {debian: {} for debian in oci_names}
    for set_name, by_architecture in lock.sets.items():
        if set_name == _RESERVED:
            fail("%s: the name of the set '%s' is reserved for the target that writes the lock" % (where, set_name))
        sets[set_name] = {}
        for debian, keys in by_architecture.items():
            available[debian].update({key: None for key in keys})
            sets[set_name][oci_names[debian]] = [repositories[key] for key in keys]
    for debian, keys in available.items():
        for key in keys:
            packages.setdefault(by_key[key].name, {})[oci_names[debian]] = {
                "repository": repositories[key],
                "version": by_key[key].version,
                "triplet": DEBIAN_ARCHITECTURES[debian].triplet,
                "closure": [repositories[each] for each in _closure(key, keys, by_key)],
            }
    return struct(packages = packages, sets = sets)

def oci_architectures(words):
    """OCI's names of the architectures among some words.

    Args:
      words: list of strings.

    Returns:
      A sorted list of strings.
    """
    return sorted({DEBIAN_ARCHITECTURES[word].oci: None for word in words if word in DEBIAN_ARCHITECTURES})
