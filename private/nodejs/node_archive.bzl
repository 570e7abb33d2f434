"""The macro of the repository of one archive."""

load("//rules:nodejs.bzl", "node")

# Generated repositories load it.
visibility("public")

# buildifier: disable=unnamed-macro
def node_archive(**kwargs):
    """Declares `:part`, the part that is made of the archive.

    Args:
      **kwargs: attributes of the rule `node`.
    """
    node(
        name = "part",
        visibility = ["//visibility:public"],
        **kwargs
    )
