"""Packages that a lock mentions but does not have: the errors of their labels.

Bazel has no hook for a package of a repository that does not exist, so a label such as `@bookworm//foo` is Bazel's own
"no such package". A lock mentions most of the names that are written by mistake. These get an error that says what to do.
"""

visibility("//rules/...")

_DIGITS = "0123456789"
_CHARACTERS = "abcdefghijklmnopqrstuvwxyz+-." + _DIGITS

def _names(text):
    """The names in a field such as `libc6 (>= 2.36), debconf (>= 0.5) | debconf-2.0`."""
    relations = [each.strip() for each in text.replace("|", ",").split(",")]
    return [each.split(" ")[0].split("(")[0].split(":")[0] for each in relations]

def _is_name(text):
    """Whether a text can be the name of a package, and so of a directory."""
    return text[:1].isalnum() and not text.strip(_CHARACTERS)

def _stem(name):
    """A name without the version at its end: `libpq` of libpq5, `libssl` of libssl3t64, `python` of python3.11."""
    return name.removesuffix("t64").rstrip(_DIGITS + ".").rstrip("-") if name[-1] in _DIGITS else name

def _mentioned(packages):
    """What packages say of others.

    Returns:
      struct(provided, stems: dicts from a name to the packages that provide it, or that it is the stem of; dependencies,
      headers: lists of names).
    """
    provided, stems, dependencies, headers = {}, {}, {}, {}
    for package in packages:
        for field, text in package.relations.items():
            for name in _names(text):
                if field == "Provides":
                    provided.setdefault(name, {})[package.name] = None
                elif field in ["Depends", "Pre-Depends"]:
                    dependencies[name] = None
        stem = _stem(package.name)
        if stem != package.name:
            stems.setdefault(stem, {})[package.name] = None
            if stem.startswith("lib"):
                for each in [stem, package.name]:
                    headers[each + "-dev"] = None
    return struct(provided = provided, stems = stems, dependencies = dependencies.keys(), headers = headers.keys())

def apt_unlocked(lock, *, repo, where, base, how_to_add):
    """Finds the names that a lock mentions but has no package of.

    Args:
      lock: struct, as `apt_lock.parse` returns it.
      repo: string, name of the install.
      where: string, the lock's file, for errors.
      base: string, label of the base image, for errors; empty if there is none.
      how_to_add: function that takes a name and returns what the user does to lock this package.

    Returns:
      A dict from a name to the error of its labels.
    """
    mentioned = _mentioned(lock.packages)
    labels = lambda names: " or ".join(["@%s//%s" % (repo, each) for each in sorted(names)])
    errors = {}
    for versions in lock.base.values():
        for name in versions:
            errors[name] = "package '%s' is not in %s: the base image has it (hint: leave out the label; %s has the package)" % (
                name,
                where,
                base or "the base",
            )
    for name, packages in mentioned.provided.items():
        errors.setdefault(name, "'%s' is a virtual package (hint: name a package that provides it: %s)" % (name, labels(packages)))
    for name in mentioned.dependencies + mentioned.stems.keys() + mentioned.headers:
        similar = mentioned.stems.get(name)
        errors.setdefault(name, "package '%s' is not in %s%s (hint: %s)" % (
            name,
            where,
            ", did you mean %s?" % labels(similar) if similar else "",
            how_to_add(name),
        ))
    locked = {package.name: None for package in lock.packages}
    return {name: error for name, error in errors.items() if _is_name(name) and name not in locked}
