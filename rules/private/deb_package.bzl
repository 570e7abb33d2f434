"""The macro of a package's repository."""

load(":deb.bzl", "deb")
load(":deb_file.bzl", "deb_file")
load(":deb_files.bzl", "deb_files")

# Generated repositories load it.
visibility("public")

_PUBLIC = ["//visibility:public"]

# buildifier: disable=unnamed-macro
def deb_package(file, url, sha256, exclude, include, max_size_mib, merged_usr, optional_exclude, separate_layer, size):
    """Declares `:deb`, the package file, `:part`, the part that is made of it, and `:data` and `:control`, its files.

    Args:
      file: string, name of the package file in the repository.
      url: string, its URL in the lock.
      sha256: string, its hash, in hex.
      exclude: list of strings, as for the rule `deb`.
      include: list of strings, as for the rule `deb`.
      max_size_mib: int, as for the rule `deb`.
      merged_usr: bool, as for the rule `deb`.
      optional_exclude: list of strings, as for the rule `deb`.
      separate_layer: bool, as for the rule `deb`.
      size: int, bytes of the file, 0 if the lock does not say.
    """
    deb_file(
        name = "deb",
        deb = file,
        max_size_mib = max_size_mib,
        sha256 = sha256,
        size = size,
        url = url,
        visibility = _PUBLIC,
    )
    deb(
        name = "part",
        deb = ":deb",
        exclude = exclude,
        include = include,
        max_size_mib = max_size_mib,
        merged_usr = merged_usr,
        optional_exclude = optional_exclude,
        separate_layer = separate_layer,
        visibility = _PUBLIC,
    )
    for content in ["control", "data"]:
        deb_files(
            name = content,
            content = content,
            deb = file,
            max_size_mib = max_size_mib,
            visibility = _PUBLIC,
        )
