"""Which packages of a package-lock.json npm installs, if some of them are for other platforms."""

visibility("//rules/private")

_NODE_MODULES = "node_modules/"
_DEPENDENCIES = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"]

def _is_optional(entry):
    """Whether only optional dependencies need a package: it is left out with what needs it."""
    return entry.get("optional") or entry.get("devOptional")

def _resolve(packages, path, name):
    """The path of the package that the one at a path gets for a name, as Node.js searches for it, or None."""
    at = path
    for _ in range(path.count(_NODE_MODULES) + 2):
        candidate = "%s%s%s" % (at + "/" if at else "", _NODE_MODULES, name)
        if candidate in packages:
            return candidate
        if not at:
            break
        at = at.rpartition(_NODE_MODULES)[0].rstrip("/")
    return None

def installed_packages(packages, wanted):
    """Follows dependencies from the application, past packages that are not wanted.

    Args:
      packages: dict from a path to its entry, `packages` of the lock.
      wanted: dict whose keys are the paths of the packages that are for the platform.

    Returns:
      A dict whose keys are the paths of the packages to install. A package that is not optional is among them in any case.
    """
    found = {
        path: True
        for path, entry in packages.items()
        if _NODE_MODULES not in path or (path in wanted and not _is_optional(entry))
    }
    frontier = list(found)
    for _ in range(len(packages)):
        added = []
        for path in frontier:
            for kind in _DEPENDENCIES:
                for name in packages[path].get(kind, {}):
                    dependency = _resolve(packages, path, name)
                    if dependency in wanted and dependency not in found:
                        found[dependency] = True
                        added.append(dependency)
        if not added:
            break
        frontier = added
    return found
