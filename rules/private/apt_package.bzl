"""The macro of a package's directory in an install's repository: `@bookworm//libpq5` and so on."""

load(":apt_hub.bzl", "alias_by_platform", "not_locked")
load(":deb_cc_library.bzl", "deb_cc_library")
load(":failing_target.bzl", "failing_target")
load(":package_set.bzl", "package_set")

# Generated repositories load it.
visibility("public")

_PUBLIC = ["//visibility:public"]

# Targets beside the one that has the package's name.
_VIEWS = ["deb", "data", "control"]

# buildifier: disable=unnamed-macro
def apt_package(name, visibility, architectures):
    """Declares the targets of a package. They follow the target platform.

    `<name>`: the package and its locked dependencies. `deb`: the package file. `data` and `control`: its files, and its control
    files, as directories. `cc`: a C library. For one architecture, by OCI's name, `<architecture>` is as `<name>` and
    `cc.<architecture>` as `cc`.

    Args:
      name: string, name of the package.
      visibility: list of labels, of all targets.
      architectures: dict from an OCI architecture to a dict with `repository`, the package's, `triplet`, of its
        libraries, and `closure`, a list of repositories: of the package and of its locked dependencies.
    """
    error = not_locked("package '%s'" % name, architectures)
    for architecture, package in architectures.items():
        package_set(
            name = architecture,
            parts = ["@%s//:part" % repository for repository in package["closure"]],
            visibility = visibility,
        )
        deb_cc_library(
            name = "cc." + architecture,
            debs = ["@%s//:deb" % repository for repository in package["closure"]],
            triplet = package["triplet"],
            visibility = visibility,
        )
    alias_by_platform(name, {each: ":" + each for each in architectures}, error, visibility)
    alias_by_platform("cc", {each: ":cc." + each for each in architectures}, error, visibility)
    for view in _VIEWS:
        views = {each: "@%s//:%s" % (package["repository"], view) for each, package in architectures.items()}
        alias_by_platform(view, views, error, visibility)

# buildifier: disable=unnamed-macro
def apt_package_failure(name, architectures, message):
    """Declares the same targets as `apt_package`; the analysis of each fails.

    Args:
      name: string, name of the package.
      architectures: list of OCI's names of architectures.
      message: string, the error.
    """
    for target in {each: None for each in [name] + _VIEWS + ["cc"] + architectures}:
        failing_target(name = target, message = message, tags = ["manual"], visibility = _PUBLIC)
