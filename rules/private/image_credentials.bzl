"""Refuses credentials in names of images: attributes are in the arguments of actions, and in what `bazel query` prints."""

load(":labels.bzl", "display_label")

visibility(["//rules/...", "//tests/rules/..."])

def credentials_error(image):
    """What is wrong with the name of an image that has credentials, `user:password@host/...`. They are not in the error.

    Args:
      image: string, the name.

    Returns:
      A string that follows the name of an attribute, or None.
    """
    name, at, rest = image.rpartition("@")
    if rest.startswith(("sha256:", "sha512:")) and "/" not in rest:
        name, at, rest = name.rpartition("@")
    if not at:
        return None
    host = rest.partition("/")[0]
    return "must not have credentials (hint: remove what is before @%s, and run docker login %s, or podman login %s)" % (host, host, host)

def refuse_credentials(ctx, attribute, names):
    """Fails if a name has credentials.

    Args:
      ctx: the rule's context.
      attribute: string, name of the attribute that has the names.
      names: list of strings.
    """
    for name in names:
        error = credentials_error(name)
        if error:
            fail("%s: `%s` %s" % (display_label(ctx.label), attribute, error))
