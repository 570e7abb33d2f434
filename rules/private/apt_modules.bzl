"""What a name of `@bookworm` stands for, if several modules have an install `bookworm`: installs.bzl for packages."""

visibility("//rules/...")

def _identity(install, name):
    """What a package or set of an install consists of, whatever its repositories are called.

    Args:
      install: struct(names: as `apt_names` returns them; identities: dict from a repository to a string that tells what it
        consists of).
      name: string, the name of a package or set.

    Returns:
      A dict.
    """
    result = {}
    for architecture, package in install.names.packages.get(name, {}).items():
        result[architecture] = [install.identities[each] for each in package["closure"]]
    for architecture, repositories in install.names.sets.get(name, {}).items():
        result[architecture + " of the set"] = [install.identities[each] for each in repositories]
    return result

def _content(merged):
    """The packages and sets that names stand for.

    Args:
      merged: what `installs.merge` returns.

    Returns:
      struct(packages, sets, as in `apt_names`).
    """
    holders = merged.holders.items()
    return struct(
        packages = {name: each.names.packages[name] for name, each in holders if name in each.names.packages},
        sets = {name: each.names.sets[name] for name, each in holders if name in each.names.sets},
    )

apt_modules = struct(content = _content, identity = _identity)
