"""Installs of several modules: the names of their repositories, and what a name stands for if several modules have it.

Bazel gives an extension one namespace for all modules. So each install has a repository of its own, `<module>_<name>`, and
`<name>` is the same repository if no other module has an install of that name. Otherwise it has what they agree on, or what
the root module has. The extensions `apt`, `wheels` and `npm` use this file.
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

def _name_repositories(extension, tagged):
    """Decides what the repositories of installs are called.

    Args:
      extension: string, name of the extension, for errors.
      tagged: list of struct(module: string, empty for a root module without a name; version: string; name: string).

    Returns:
      A list of struct(own: string, the repository of this install alone, or None; prefix: string, which the names of its
      packages' repositories begin with), in the order of `tagged`.
    """
    versions, holders = {}, {}
    for install in tagged:
        versions.setdefault(install.module, {})[install.version] = None
        holders.setdefault(install.name, []).append(install)
    result = []
    taken = {}
    for install in tagged:
        own = _own_name(install, versions[install.module])
        other = holders.get(own, [None])[0] or taken.get(own)
        if other:
            fail("%s.install: '%s' of %s and '%s' of %s are both @%s (hint: rename one of them)" % (
                extension,
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

def _own_names(extension, repo, installs):
    """What to write in MODULE.bazel of modules so that each has its own install."""
    return ", ".join([
        "in MODULE.bazel of %s write use_repo(%s, %s = \"%s\")" % (each.module, extension, repo, each.own)
        for each in installs
        if each.own
    ])

def _conflict(extension, repo, name, holders):
    """The error for a name that modules disagree on, none of which is the root module."""
    return "@%s%s is not the same in %s, which each have %s %s.install '%s' (hint: %s; or in the root module, %s.override(repo = \"%s\", module = \"%s\"))" % (
        repo,
        ": '%s'" % name if name else "",
        " and ".join([_describe(each) for each in holders]),
        "an" if extension[0] in "aeiou" or extension == "npm" else "a",
        extension,
        repo,
        _own_names(extension, repo, holders),
        extension,
        repo,
        holders[0].module,
    )

def _warning(extension, repo, root, others):
    return "@%s is the one of %s. That of %s differs, and is not visible under this name (hint: %s)" % (
        repo,
        _describe(root),
        " and ".join([_describe(each) for each in others]),
        _own_names(extension, repo, others),
    )

def _only(extension, repo, installs, override):
    """The install that the root module chose, as a list."""
    chosen = [each for each in installs if each.module == override]
    if not chosen:
        fail("%s.override: module '%s' has no %s.install '%s' (hint: must be one of %s)" % (
            extension,
            override,
            extension,
            repo,
            ", ".join([each.module for each in installs]),
        ))
    return chosen

def _merge(extension, repo, installs, identity, override = None):
    """What the names of `@<repo>` stand for, from all installs of that name.

    What only some of the modules have, or have alike, only they can see: a module never gets another one's by accident.

    Args:
      extension: string, name of the extension, for errors.
      repo: string, the name.
      installs: list of struct(module: string; own: as `name_repositories` returns it; is_root: bool; canonical: string, name
        of the module's repository; entries: list of strings, what the install has: packages, sets and so on, "" for the
        repository itself; failures: dict from a name to the error that it stands for; unlocked: the same for names that are
        an error only if no other of the installs has them), the root module's first.
      identity: function from one of `installs` and an entry to a value that is equal if the content is.
      override: string, the module that the root module chose, or None.

    Returns:
      struct(first: the first of the installs that count; is_single: bool, whether it is the only one; holders: dict from an entry to the install that it is of;
      failures, unlocked: dicts from a name to an error; visible_to: dict from an entry to a list of names of repositories, if not to
      all; warning: string, empty if there is none).
    """
    if override != None:
        installs = _only(extension, repo, installs, override)
    chosen, visible_to, differing = {}, {}, {}
    failures = dict(installs[0].failures)
    names = {}
    for install in installs:
        for name in install.entries:
            names.setdefault(name, []).append(install)
    for name, holders in names.items():
        if name in failures:
            continue
        different = []
        if len(holders) > 1:
            first = identity(holders[0], name)
            different = [each for each in holders[1:] if identity(each, name) != first]
        if different and not holders[0].is_root:
            failures[name] = _conflict(extension, repo, name, [holders[0]] + different)
            continue
        differing.update({each.module: each for each in different})
        if len(holders) - len(different) < len(installs):
            visible_to[name] = [each.canonical for each in holders if each not in different]
        chosen[name] = holders[0]
    for install in installs[1:]:
        failures |= {name: error for name, error in install.failures.items() if name not in names and name not in failures}
    unlocked = {}
    for install in installs:
        known = unlocked | failures
        unlocked |= {name: error for name, error in install.unlocked.items() if name not in names and name not in known}
    return struct(
        first = installs[0],
        is_single = len(installs) == 1,
        holders = chosen,
        failures = failures,
        unlocked = unlocked,
        visible_to = visible_to,
        warning = _warning(extension, repo, installs[0], differing.values()) if differing else "",
    )

def names_of_all(install, repository):
    """The names of the target that is all of a repository: `@wheels` is `@wheels//:wheels`, `@app_wheels` `@app_wheels//:app_wheels`.

    Args:
      install: string, the name of the install.
      repository: string, the name of the repository.

    Returns:
      A list of strings, the install's name first.
    """
    return [install] + ([repository] if repository != install else [])

def visibility_of(visible_to, name):
    """The visibility of an entry.

    Args:
      visible_to: as `merge` returns it.
      name: string, the entry.

    Returns:
      A list of strings.
    """
    if name not in visible_to:
        return ["//visibility:public"]
    return ["@@%s//:__subpackages__" % repository for repository in visible_to[name]]

installs = struct(
    merge = _merge,
    name_repositories = _name_repositories,
)
