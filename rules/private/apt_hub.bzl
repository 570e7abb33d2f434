"""The macro of an install's repository: it declares `@bookworm//:app`, `@bookworm//:libc6_amd64` and so on."""

load(":apt_lock_command.bzl", "apt_lock_command")
load(":failing_target.bzl", "failing_target")
load(":package_set.bzl", "package_set")
load(":platforms.bzl", "missing_architecture", "platform_label", "select_architecture")

# Generated repositories load it.
visibility("public")

_PUBLIC = ["//visibility:public"]

def not_locked(name, architectures):
    """The error of a label that follows the platform, for a platform that the lock does not have.

    Args:
      name: string, what the label stands for.
      architectures: iterable of OCI's names of the architectures that have it.

    Returns:
      A string.
    """
    return missing_architecture(
        name + " is locked",
        architectures,
        "add the architecture to `architectures` and lock again",
    )

def alias_by_platform(name, targets, error, visibility):
    """Declares an alias that follows the target platform.

    Args:
      name: string, name of the alias.
      targets: dict from an OCI architecture to a label.
      error: string, the error for other architectures.
      visibility: list of labels, of the alias.
    """
    if [each for each in targets if platform_label(each)]:
        native.alias(name = name, actual = select_architecture(targets, error), visibility = visibility)
    else:
        failing_target(
            name = name,
            message = "there is no platform for %s (hint: name the target for the architecture)" % ", ".join(sorted(targets)),
            tags = ["manual"],
            visibility = visibility,
        )

def _declare_package(name, by_architecture, visibility):
    for architecture, repository in by_architecture.items():
        native.alias(
            name = "%s_%s" % (name, architecture),
            actual = "@%s//:part" % repository,
            visibility = visibility,
        )
        native.alias(
            name = "%s_%s.deb" % (name, architecture),
            actual = "@%s//:deb" % repository,
            visibility = visibility,
        )

def _declare_set(name, by_architecture, visibility):
    for architecture, repositories in by_architecture.items():
        package_set(
            name = "%s.%s" % (name, architecture),
            parts = ["@%s//:part" % repository for repository in repositories],
            visibility = visibility,
        )
        native.filegroup(
            name = "%s.%s.debs" % (name, architecture),
            srcs = ["@%s//:deb" % repository for repository in repositories],
            visibility = visibility,
        )
    error = not_locked("set '%s'" % name, by_architecture)
    alias_by_platform(name, {each: ":%s.%s" % (name, each) for each in by_architecture}, error, visibility)
    alias_by_platform(name + ".debs", {each: ":%s.%s.debs" % (name, each) for each in by_architecture}, error, visibility)

def _package_targets(name, architectures):
    """The targets of a package, by architecture."""
    return [template % (name, each) for each in architectures for template in ["%s_%s", "%s_%s.deb"]]

def _set_targets(name, architectures):
    """The targets of a set."""
    return [name, name + ".debs"] + [
        template % (name, each)
        for each in architectures
        for template in ["%s.%s", "%s.%s.debs"]
    ]

# buildifier: disable=unnamed-macro
def apt_hub(repo, packages, sets, failures, unlocked, architectures, lock, visibility):
    """Declares the names of an install.

    For each set `<set>`, by the target platform, and `<set>.<architecture>`: all its parts. `<set>.debs` and
    `<set>.<architecture>.debs`: their files. For each package and architecture `<package>_<architecture>`, the part, and
    `<package>_<architecture>.deb`, the file. Architectures have OCI's names. `lock` writes the lock.

    Args:
      repo: string, the install's name.
      packages: dict from the name of a package to a dict from an architecture to the package's repository.
      sets: dict from the name of a set to a dict from an architecture to a list of repositories.
      failures: dict from the name of a package or set to the error of all its targets.
      unlocked: dict from the name of a package that is not locked to the error of all its targets.
      architectures: list of the architectures that `failures` and `unlocked` have labels for.
      lock: dict, attributes of apt_lock_command.
      visibility: dict from the name of a package or set to the visibility of its targets.
    """
    for name, by_architecture in packages.items():
        _declare_package(name, by_architecture, visibility[name])
    for name, by_architecture in sets.items():
        _declare_set(name, by_architecture, visibility[name])
    declared = {"lock": None}
    for name, by_architecture in packages.items():
        declared |= {target: None for target in _package_targets(name, by_architecture)}
    for name, by_architecture in sets.items():
        declared |= {target: None for target in _set_targets(name, by_architecture)}
    failing = {name: "'%s' is a package, not a set (hint: write @%s//%s)" % (name, repo, name) for name in packages}
    for name, message in failures.items():
        failing |= {target: message for target in _package_targets(name, architectures) + _set_targets(name, architectures)}
    for name, message in unlocked.items():
        failing |= {target: message for target in [name] + _package_targets(name, architectures)}
    for name, message in failing.items():
        if name not in declared:
            failing_target(name = name, message = message, tags = ["manual"], visibility = _PUBLIC)
    apt_lock_command(name = "lock", visibility = _PUBLIC, **lock)
