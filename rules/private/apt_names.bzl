"""The names that the repository of a lock declares."""

load(":architectures.bzl", "DEBIAN_ARCHITECTURES")

visibility("//rules/...")

def _oci_names(architectures, name):
    """A dict from Debian's names of the architectures of a lock to OCI's."""
    result = {}
    debian_names = {}
    for debian in architectures:
        if debian not in DEBIAN_ARCHITECTURES:
            fail("%s: unknown architecture '%s' (hint: must be one of %s)" % (name, debian, ", ".join(DEBIAN_ARCHITECTURES)))
        oci = DEBIAN_ARCHITECTURES[debian].oci
        if oci in debian_names:
            fail("%s: %s and %s have the same OCI name, %s (hint: make a lock for each)" % (name, debian_names[oci], debian, oci))
        debian_names[oci] = debian
        result[debian] = oci
    return result

def apt_names(lock, repo, name):
    """Finds what each name of a lock stands for.

    Args:
      lock: struct, as `apt_lock.parse` returns it.
      repo: string, name of the lock's repository, which the names of packages' repositories begin with.
      name: string, the lock's file, for errors.

    Returns:
      struct(packages: dict from the name of a package to a dict from an OCI architecture to the package's repository;
      sets: dict from the name of a set to a dict from an OCI architecture to a list of repositories; versions: dict from
      the name of a package to a dict from an OCI architecture to its version).
    """
    oci_names = _oci_names(lock.architectures, name)
    by_key = {package.key: package for package in lock.packages}
    packages, sets, versions = {}, {}, {}
    for set_name, by_architecture in lock.sets.items():
        for debian, keys in by_architecture.items():
            architecture = oci_names[debian]
            repositories = []
            for key in keys:
                package = by_key[key]
                repository = "%s_%s" % (repo, package.repository)
                repositories.append(repository)
                packages.setdefault(package.name, {})[architecture] = repository
                versions.setdefault(package.name, {})[architecture] = package.version
            sets.setdefault(set_name, {})[architecture] = repositories
    return struct(packages = packages, sets = sets, versions = versions)
