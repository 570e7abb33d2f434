"""What stands in the repository of one package file."""

load(":deb_layer.bzl", "deb_layer")

# buildifier: disable=unnamed-macro
def deb_package(deb, exclude, include, merged_usr, own_layer):
    """Declares `:deb`, the file, and `:layer`, the part that is made of it.

    Args:
      deb: the file's name.
      exclude: as for deb_layer.
      include: as for deb_layer.
      merged_usr: as for deb_layer.
      own_layer: as for deb_layer.
    """
    native.filegroup(
        name = "deb",
        srcs = [deb],
        visibility = ["//visibility:public"],
    )
    deb_layer(
        name = "layer",
        deb = deb,
        exclude = exclude,
        include = include,
        merged_usr = merged_usr,
        own_layer = own_layer,
        visibility = ["//visibility:public"],
    )
