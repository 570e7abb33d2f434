"""Names of repositories, where several modules have installs.

Bazel gives an extension one namespace for all modules. So each install has a repository of its own, `<module>_<name>`, and
`<name>` is the same repository if no other module has an install of that name. Otherwise it has what they agree on.
"""

visibility("//rules/...")

def _describe(install):
    return "module %s" % install.module if install.module else "the root module"

def _own_name(install, versions):
    """The name that only this install has, or None in a root module without a name."""
    if not install.module:
        return None
    version = install.version if len(versions) > 1 else ""
    return "_".join([part for part in [install.module, version, install.name] if part])

def _name_repositories(installs):
    """Decides what the repositories of installs are called.

    Args:
      installs: list of struct(module: string, empty for a root module without a name; version: string; name: string).

    Returns:
      A list of struct(own: string, the repository of this install alone, or None; prefix: string, which the names of its
      packages' repositories begin with), in the order of `installs`.
    """
    versions, holders = {}, {}
    for install in installs:
        versions.setdefault(install.module, {})[install.version] = None
        holders.setdefault(install.name, []).append(install)
    result = []
    taken = {}
    for install in installs:
        own = _own_name(install, versions[install.module])
        other = holders.get(own, [None])[0] or taken.get(own)
        if other:
            fail("apt.install: '%s' of %s and '%s' of %s are both @%s (hint: rename one of them)" % (
                install.name,
                _describe(install),
                other.name,
                _describe(other),
                own,
            ))
        if own:
            taken[own] = install
        alone = len(holders[install.name]) == 1
        result.append(struct(own = own, prefix = install.name if alone or not own else own))
    return result

def _identity(install, name):
    """What a package or set of an install consists of, whatever its repositories are called."""
    result = {}
    for architecture, package in install.names.packages.get(name, {}).items():
        result[architecture] = [install.identities[each] for each in package["closure"]]
    for architecture, repositories in install.names.sets.get(name, {}).items():
        result[architecture + " of the set"] = [install.identities[each] for each in repositories]
    return result

def _own_names(repo, installs):
    """What to write in MODULE.bazel of modules so that each has its own install."""
    return ", ".join([
        "in MODULE.bazel of %s write use_repo(apt, %s = \"%s\")" % (each.module, repo, each.own)
        for each in installs
        if each.own
    ])

def _conflict(repo, name, holders):
    """The error for a name that modules disagree on, none of which is the root module."""
    modules = " and ".join([_describe(each) for each in holders])
    return "@%s: '%s' is not the same in %s, which each have an apt.install '%s' (hint: %s; or in the root module, apt.override(repo = \"%s\", module = \"%s\"))" % (
        repo,
        name,
        modules,
        repo,
        _own_names(repo, holders),
        repo,
        holders[0].module,
    )

def _warning(repo, root, others):
    return "@%s is that of %s. What %s has under this name differs, and is not visible there (hint: %s)" % (
        repo,
        _describe(root),
        " and ".join([_describe(each) for each in others]),
        _own_names(repo, others),
    )

def _only(repo, installs, override):
    """The install that the root module chose, as a list."""
    chosen = [each for each in installs if each.module == override]
    if not chosen:
        fail("apt.override: module '%s' has no apt.install '%s' (hint: must be one of %s)" % (
            override,
            repo,
            ", ".join([each.module for each in installs]),
        ))
    return chosen

def _merge(repo, installs, override = None):
    """The content of `@<repo>`, from all installs of that name.

    What only some of the modules have, or have alike, only they can see: a module never gets another one's by accident.

    Args:
      repo: string, the name.
      installs: list of struct(module; own; is_root: bool; canonical: string, name of the module's repository; names: as
        `apt_names` returns them; identities: dict from a repository to a string that tells what it consists of; failures:
        dict from a name to the error that it stands for; lock: dict, how its lock is written), the root module's first.
      override: string, the module that the root module chose, or None.

    Returns:
      struct(packages, sets, as in `apt_names`; failures: dict from a name to an error; visible_to: dict from a name to a
      list of names of repositories, if not to all; lock; warning: string, empty if there is none).
    """
    if override != None:
        installs = _only(repo, installs, override)
    packages, sets, visible_to, differing = {}, {}, {}, {}
    failures = dict(installs[0].failures)
    names = {}
    for install in installs:
        for name in {each: None for each in install.names.packages.keys() + install.names.sets.keys()}:
            names.setdefault(name, []).append(install)
    for name, holders in names.items():
        if name in failures:
            continue
        identity = _identity(holders[0], name)
        different = [each for each in holders[1:] if _identity(each, name) != identity]
        if different and not holders[0].is_root:
            failures[name] = _conflict(repo, name, [holders[0]] + different)
            continue
        differing.update({each.module: each for each in different})
        if len(holders) - len(different) < len(installs):
            visible_to[name] = [each.canonical for each in holders if each not in different]
        if name in holders[0].names.packages:
            packages[name] = holders[0].names.packages[name]
        if name in holders[0].names.sets:
            sets[name] = holders[0].names.sets[name]
    for install in installs[1:]:
        failures.update({name: error for name, error in install.failures.items() if name not in names and name not in failures})
    return struct(
        packages = packages,
        sets = sets,
        failures = failures,
        visible_to = visible_to,
        lock = installs[0].lock,
        warning = _warning(repo, installs[0], differing.values()) if differing else "",
    )

apt_modules = struct(merge = _merge, name_repositories = _name_repositories)
