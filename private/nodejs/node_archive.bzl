"""What stands in the repository of one release."""

load("//rules:nodejs.bzl", "node_layer")

# buildifier: disable=unnamed-macro
def node_archive(**kwargs):
    """Declares `:layer`, the part that is made of the archive.

    Args:
      **kwargs: as for node_layer.
    """
    node_layer(
        name = "layer",
        visibility = ["//visibility:public"],
        **kwargs
    )
