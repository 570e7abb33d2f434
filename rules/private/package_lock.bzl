"""Reader of a package-lock.json of npm, version 2 or 3."""

load(":npm_optional.bzl", "installed_packages")

visibility([
    "//rules/private",
    "//tests/rules",
])

_NODE_MODULES = "node_modules/"

# OCI's names of architectures, and those of Node.js, process.arch.
_CPUS = {
    "386": "ia32",
    "amd64": "x64",
    "arm": "arm",
    "arm64": "arm64",
    "loong64": "loong64",
    "ppc64le": "ppc64",
    "riscv64": "riscv64",
    "s390x": "s390x",
}

def _allows(values, value):
    """Whether `os`, `cpu` or `libc` of a package allow a value: a list of values, or of values with `!` that it excludes."""
    if not values:
        return True
    excluded = [each for each in values if each.startswith("!")]
    if "!" + value in excluded:
        return False
    return len(excluded) == len(values) or value in values or "any" in values

def _fits(entry, architecture):
    """Whether npm installs a package on Linux with glibc."""
    return (_allows(entry.get("os"), "linux") and
            _allows(entry.get("libc"), "glibc") and
            _allows(entry.get("cpu"), _CPUS[architecture]))

def _repository(name, version):
    """The end of the name of a package's repository."""
    return "%s_%s" % (name.removeprefix("@").replace("/", "_"), version.replace("+", "_"))

def _read_entry(path, entry, architectures, where):
    """Returns (struct, None), or (None, error)."""
    name = entry.get("name") or path.split(_NODE_MODULES)[-1]
    if entry.get("link"):
        return None, "%s: %s is a link to the workspace %s (hint: add \"%s\" to `exclude`, and the files of the workspace by `files`)" % (
            where,
            path,
            entry.get("resolved", ""),
            path,
        )
    if not entry.get("integrity"):
        return None, "%s: %s has no integrity, it is not from a registry (hint: run npm install --package-lock-only, or add \"%s\" to `exclude`)" % (
            where,
            path,
            path,
        )
    return struct(
        architectures = architectures,
        # The strongest one is the last; Bazel takes one.
        integrity = entry["integrity"].split(" ")[-1],
        name = name,
        path = path,
        repository = _repository(name, entry["version"]),
        resolved = entry.get("resolved", ""),
        version = entry["version"],
    ), None

def _parse(text, where, dev = False, exclude = []):
    """Parses a package-lock.json.

    Args:
      text: string, the file's content.
      where: string, the file, for errors.
      dev: bool, whether packages that only development needs are wanted.
      exclude: list of strings, paths of packages to leave out, such as `node_modules/a`.

    Returns:
      struct(error: string, or None; packages: list of struct(path: string, below the directory of package.json; name,
      version, integrity, resolved, repository: strings; architectures: list of OCI's names)).
    """
    lock = json.decode(text, default = None)
    if type(lock) != "dict" or lock.get("lockfileVersion") not in [2, 3] or type(lock.get("packages")) != "dict":
        return struct(error = "%s: not a package-lock.json of version 2 or 3 (hint: run npm install --package-lock-only --lockfile-version 3)" % where)
    packages = []
    unknown = [path for path in exclude if path not in lock["packages"]]
    if unknown:
        return struct(error = "%s: exclude: unknown package %s (hint: write it like node_modules/a)" % (where, unknown[0]))
    wanted = {
        path: entry
        for path, entry in lock["packages"].items()
        if not (entry.get("dev") and not dev) and path not in exclude
    }
    installed = {
        architecture: installed_packages(
            lock["packages"],
            {path: True for path, entry in wanted.items() if _fits(entry, architecture)},
        )
        for architecture in _CPUS
    }
    for path, entry in wanted.items():
        # Bundled packages are in the archive of another one. Other paths are the application and its workspaces.
        if entry.get("inBundle") or not ("/" + path).count("/" + _NODE_MODULES):
            continue
        architectures = [architecture for architecture in _CPUS if path in installed[architecture]]
        if not architectures:
            continue
        package, error = _read_entry(path, entry, architectures, where)
        if error:
            return struct(error = error)
        packages.append(package)
    if not packages:
        return struct(error = "%s: no packages (hint: add dependencies to package.json, and run npm install --package-lock-only)" % where)
    return struct(error = None, packages = packages)

package_lock = struct(parse = _parse)
