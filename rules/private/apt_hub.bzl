"""What stands in the repository of a lock: `@debian12//:libc6_amd64`, `@debian12//:cc.amd64` and so on."""

load(":package_set.bzl", "package_set")

# buildifier: disable=unnamed-macro
def apt_hub(packages, sets):
    """Declares a lock's names.

    For each package and architecture `<package>_<architecture>`, the part, and `<package>_<architecture>.deb`, the
    file; for each set and architecture `<set>.<architecture>`, all parts of it, and `<set>.<architecture>.debs`.

    Args:
      packages: dict from a package's name to a dict from an architecture to its repository.
      sets: dict from a set's name to a dict from an architecture to a list of repositories.
    """
    for package, repositories in packages.items():
        for architecture, repository in repositories.items():
            native.alias(
                name = "%s_%s" % (package, architecture),
                actual = "@%s//:layer" % repository,
                visibility = ["//visibility:public"],
            )
            native.alias(
                name = "%s_%s.deb" % (package, architecture),
                actual = "@%s//:deb" % repository,
                visibility = ["//visibility:public"],
            )
    for name, by_architecture in sets.items():
        for architecture, repositories in by_architecture.items():
            package_set(
                name = "%s.%s" % (name, architecture),
                parts = ["@%s//:layer" % repository for repository in repositories],
                visibility = ["//visibility:public"],
            )
            native.filegroup(
                name = "%s.%s.debs" % (name, architecture),
                srcs = ["@%s//:deb" % repository for repository in repositories],
                visibility = ["//visibility:public"],
            )
