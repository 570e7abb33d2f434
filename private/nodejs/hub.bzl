"""The macro of the repository @nodejs: it declares `@nodejs//:node24_amd64` and so on."""

# Generated repositories load it.
visibility("public")

# buildifier: disable=unnamed-macro
def nodejs_hub(archives):
    """Declares an alias for the part of each archive.

    Args:
      archives: list of strings, names of the archives' repositories.
    """
    for archive in archives:
        native.alias(
            name = archive,
            actual = "@%s//:part" % archive,
            visibility = ["//visibility:public"],
        )
