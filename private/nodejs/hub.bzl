"""What stands in the repository of all releases: `@nodejs//:node24_amd64` and so on."""

# buildifier: disable=unnamed-macro
def nodejs_hub(archives):
    """Declares a name a release, the part of a layer that it is.

    Args:
      archives: names of their repositories.
    """
    for archive in archives:
        native.alias(
            name = archive,
            actual = "@%s//:layer" % archive,
            visibility = ["//visibility:public"],
        )
