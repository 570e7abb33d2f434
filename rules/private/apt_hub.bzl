"""The macro of a lock's repository: it declares `@debian12//:libc6_amd64`, `@debian12//:cc.amd64` and so on."""

load(":package_set.bzl", "package_set")

# Generated repositories load it.
visibility("public")

# buildifier: disable=unnamed-macro
def apt_hub(packages, sets):
    """Declares the names of a lock.

    For each package and architecture `<package>_<architecture>`, the part, and `<package>_<architecture>.deb`, the file.
    For each set and architecture `<set>.<architecture>`, all its parts, and `<set>.<architecture>.debs`, the files.
    Architectures have OCI's names.

    Args:
      packages: dict from the name of a package to a dict from an architecture to the package's repository.
      sets: dict from the name of a set to a dict from an architecture to a list of repositories.
    """
    for package, repositories in packages.items():
        for architecture, repository in repositories.items():
            native.alias(
                name = "%s_%s" % (package, architecture),
                actual = "@%s//:part" % repository,
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
                parts = ["@%s//:part" % repository for repository in repositories],
                visibility = ["//visibility:public"],
            )
            native.filegroup(
                name = "%s.%s.debs" % (name, architecture),
                srcs = ["@%s//:deb" % repository for repository in repositories],
                visibility = ["//visibility:public"],
            )
