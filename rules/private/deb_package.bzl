"""The macro of a package's repository."""

load(":deb.bzl", "deb")

# Generated repositories load it.
visibility("public")

# buildifier: disable=unnamed-macro
def deb_package(file, exclude, include, max_size_mib, merged_usr, optional_exclude, separate_layer):
    """Declares `:deb`, the package file, and `:part`, the part that is made of it.

    Args:
      file: string, name of the package file in the repository.
      exclude: list of strings, as for the rule `deb`.
      include: list of strings, as for the rule `deb`.
      max_size_mib: int, as for the rule `deb`.
      merged_usr: bool, as for the rule `deb`.
      optional_exclude: list of strings, as for the rule `deb`.
      separate_layer: bool, as for the rule `deb`.
    """
    native.filegroup(
        name = "deb",
        srcs = [file],
        visibility = ["//visibility:public"],
    )
    deb(
        name = "part",
        deb = file,
        exclude = exclude,
        include = include,
        max_size_mib = max_size_mib,
        merged_usr = merged_usr,
        optional_exclude = optional_exclude,
        separate_layer = separate_layer,
        visibility = ["//visibility:public"],
    )
